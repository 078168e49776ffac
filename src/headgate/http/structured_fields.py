"""Lists of structured fields (RFC 9651), as far as rate-limit headers need them: items with parameters.

Anything that does not follow the grammar makes the whole field count as absent, as the RFC asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,3})?")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_BOOLEAN = re.compile(r"\?([01])")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_PARAMETER = re.compile(r";[ ]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


@dataclass(frozen=True, slots=True)
class Item:
    """One member of a list: its bare value, as text, number or truth, and its parameters."""

    value: str | float | bool
    parameters: dict[str, str | float | bool] = field(default_factory=dict)


class _Malformed(Exception):  # noqa: N818 - a signal inside this module, never raised to a caller
    """The text does not follow the grammar."""


def _bare(text: str, at: int) -> tuple[str | float | bool, int]:
    """Read a bare item at a position; return it and the position behind it."""
    if match := _STRING.match(text, at):
        return re.sub(r'\\(["\\])', r"\1", match[1]), match.end()
    if match := _NUMBER.match(text, at):
        number = match[0]
        return (float(number) if "." in number else int(number)), match.end()
    if match := _BOOLEAN.match(text, at):
        return match[1] == "1", match.end()
    if match := _BYTES.match(text, at):
        return match[1], match.end()
    if match := _TOKEN.match(text, at):
        return match[0], match.end()
    raise _Malformed


def _parameters(text: str, at: int) -> tuple[dict[str, str | float | bool], int]:
    """Read the parameters behind an item; the last of several equal names counts."""
    found: dict[str, str | float | bool] = {}
    while start := _PARAMETER.match(text, at):
        key = _KEY.match(text, start.end())
        if not key:
            raise _Malformed
        at = key.end()
        value: str | float | bool = True
        if at < len(text) and text[at] == "=":
            value, at = _bare(text, at + 1)
        found[key[0]] = value
    return found, at


def parse_list(text: str) -> list[Item]:
    """Return the items of a list field; an empty list if the text is empty or malformed."""
    text = text.strip(" ")
    items: list[Item] = []
    at = 0
    try:
        while at < len(text):
            value, at = _bare(text, at)
            parameters, at = _parameters(text, at)
            items.append(Item(value, parameters))
            if at == len(text):
                return items
            comma = _COMMA.match(text, at)
            if not comma or comma.end() == len(text):
                return []
            at = comma.end()
    except _Malformed:
        return []
    return items
