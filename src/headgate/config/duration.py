"""Durations in settings: seconds as a number, or a :class:`~datetime.timedelta`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field


def to_seconds(value: object) -> object:
    """Turn a ``timedelta`` into seconds and leave everything else to Pydantic."""
    return value.total_seconds() if isinstance(value, timedelta) else value


Seconds = Annotated[float, BeforeValidator(to_seconds), Field(ge=0, allow_inf_nan=False)]
"""A duration in seconds, zero allowed."""

PositiveSeconds = Annotated[float, BeforeValidator(to_seconds), Field(gt=0, allow_inf_nan=False)]
"""A duration in seconds, greater than zero."""
