"""The settings of the guard: how far a run may change what is known before a person has to look."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.config.policies import PolicyConfig, Share

Rows = Annotated[int, Field(ge=0)]


class GuardLimits(PolicyConfig):
    """Limits on what one run may do to one entity. A run beyond one of them is held: nothing of it is applied."""

    max_delete_share: Share = Field(0.10, description="Share of the known rows that one run may delete.")
    max_deleted: Rows | None = Field(
        10_000, description="Rows of an entity that one run may delete, whatever share that is; none: any number."
    )
    max_quarantine_share: Share = Field(0.20, description="Share of the fetched rows that may be in quarantine.")
    max_quarantined: Rows | None = Field(
        10_000, description="Rows of an entity that one run may put into quarantine; none: any number."
    )
    max_drop_share: Share = Field(
        0.25, description="Share by which the fetched rows may fall below the median of the runs before."
    )
    allow_empty: bool = Field(False, description="Accept an upstream without any row.")


class GuardConfig(GuardLimits):
    """Limits on one run, judged per entity; an entity may have limits of its own."""

    entities: dict[str, GuardLimits] = Field(
        default_factory=dict, description="By entity: limits of its own; what is not set there is as for all."
    )

    def of(self, entity: str) -> GuardLimits:
        """Return the limits of an entity."""
        own = self.entities.get(entity)
        if own is None:
            return self
        general = {name: getattr(self, name) for name in GuardLimits.model_fields}
        return GuardLimits(**general | own.model_dump(exclude_unset=True))
