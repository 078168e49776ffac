"""Whether what a provider said is what it promised: one wrong value must not cost a row."""

from __future__ import annotations

import math

from headgate.enrich.providers.provider import Figure

_BIGINT = 1 << 63


def fitting(value: object, kind: type | None) -> Figure | None:
    """Return a value as its column can hold it; None if it cannot.

    A whole number may stand for a fraction, and the other way round if nothing is lost.

    Args:
        value: The value.
        kind: The type that the provider declared; None: any figure.
    """
    if isinstance(value, bool):
        return value if kind in {None, bool} else None
    if isinstance(value, str):
        return value if kind in {None, str} and _is_text(value) else None
    if isinstance(value, float):
        if not math.isfinite(value) or kind not in {None, int, float}:
            return None
        if kind is not int:
            return value
        value = int(value) if value.is_integer() else None
    if isinstance(value, int) and kind in {None, int, float}:
        return value if -_BIGINT <= value < _BIGINT else None
    return None


def _is_text(value: str) -> bool:
    """Say whether a text can be written as UTF-8 and kept by a database: no half characters, no NUL."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
