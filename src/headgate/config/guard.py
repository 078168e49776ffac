"""The settings of the guard: how far a run may change what is known before a person has to look."""

from __future__ import annotations

from pydantic import Field

from headgate.config.policies import PolicyConfig, Share


class GuardConfig(PolicyConfig):
    """Limits on one run, judged per entity. A run beyond one of them is held: nothing of it is applied."""

    max_delete_share: Share = Field(0.10, description="Share of the known rows that one run may delete.")
    max_quarantine_share: Share = Field(0.20, description="Share of the fetched rows that may be in quarantine.")
    max_drop_share: Share = Field(
        0.25, description="Share by which the fetched rows may fall below the median of the runs before."
    )
    allow_empty: bool = Field(False, description="Accept an upstream without any row.")
