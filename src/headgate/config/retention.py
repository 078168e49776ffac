"""The settings of retention: how long the past stays known."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.config.policies import PolicyConfig


class RetentionConfig(PolicyConfig):
    """How long what ended is kept. Nothing is removed by itself: ``headgate prune`` does it."""

    keep_days: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Days of the past that 'headgate prune' keeps if it is not told; none: it has to be told."
    )
