"""Any value whatever as text: for people, shortened; for the quarantine, whole."""

from __future__ import annotations

import json
from typing import Any

_DEPTH = 64
"""Levels of nesting that are written out when a value is nested deeper than the machine can follow."""


def to_json(value: object) -> str:
    """Return a value as ASCII JSON text; never raises.

    NaN and infinities are written as Python's ``json`` reads them, lone surrogates as escapes. What JSON has no word
    for is written as text, and nesting deeper than the interpreter can follow is cut with a mark.
    """
    try:
        return json.dumps(value, default=_text, skipkeys=False)
    except (RecursionError, ValueError, TypeError):
        return json.dumps(_clip(value, _DEPTH), default=_text)


def shorten(value: object, limit: int = 120) -> str:
    """Return a value as printable text of at most ``limit`` characters; never raises."""
    text = to_json(value[: limit + 1] if isinstance(value, str) else value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a foreign __str__ may raise anything
        return f"<{type(value).__name__}>"


def _clip(value: Any, depth: int) -> Any:
    """Copy a value in JSON's own types, cutting what is nested deeper than ``depth``."""
    if isinstance(value, dict):
        if depth == 0:
            return "… (nested deeper)"
        return {_text(key): _clip(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if depth == 0:
            return "… (nested deeper)"
        return [_clip(item, depth - 1) for item in value]
    if isinstance(value, int) and value.bit_length() > _PRINTABLE_BITS:
        return f"an integer of {value.bit_length()} bits"
    return value


_PRINTABLE_BITS = 14_000
"""Python refuses to print integers of more than 4,300 digits, which is a little over 14,000 bits."""
