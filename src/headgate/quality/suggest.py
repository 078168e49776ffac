"""Did you mean: the nearest known name for one that is unknown."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'? "``, or the empty string if nothing known is close."""
    close = difflib.get_close_matches(name, [str(candidate) for candidate in known], n=1)
    return f"Did you mean '{close[0]}'? " if close else ""
