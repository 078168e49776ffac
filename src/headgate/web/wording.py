"""Values as a person reads them. Whatever comes from an upstream is shortened, made harmless and set apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from markupsafe import Markup

SHORT = 160
"""Characters of a value in a table."""

LONG = 2_000
"""Characters of a value on a page of its own."""

_UNITS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HARMLESS = frozenset("\n\t\u200c\u200d")  # joiners shape words of Persian and Hindi, and emoji
_KILO = 1024


def visible(text: str) -> str:
    """Return a text in which what is invisible or turns the direction of writing around is written out."""
    if text.isprintable():
        return text
    return "".join(_written_out(letter) for letter in text)


def _written_out(letter: str) -> str:
    harmless = letter in _HARMLESS or unicodedata.category(letter) not in _INVISIBLE
    return letter if harmless else f"⟨U+{ord(letter):04X}⟩"


def shown(value: Any, longest: int = SHORT) -> str:
    """Return a value as text: JSON for what is not text, and cut to a length."""
    if value is None:
        return ""
    if isinstance(value, str):
        text = value[: longest + 1]
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | float):
        text = str(value)
    else:
        text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    text = visible(text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"


def data(value: Any, longest: int = SHORT) -> Markup:
    """Return a value of an upstream for a page: escaped, and its direction of writing kept inside of it."""
    if value is None:
        return Markup('<span class="none">none</span>')
    text = shown(value, longest)
    return Markup("<bdi>{}</bdi>").format(text) if text else Markup('<span class="none">empty</span>')


def key(values: Sequence[Any] | None) -> str:
    """Return the values of a key as one text."""
    return "?" if values is None else ", ".join(shown(value) for value in values)


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with its thousands apart; a dash where there is none."""
    return "—" if value is None else f"{value:,.{digits}f}"


def plainly(value: float) -> str:
    """Return a number with as many digits as it needs, at the most three behind the point."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def share(part: float, whole: float) -> str:
    """Return a part of a whole in per cent; a dash where there is no whole."""
    return f"{100 * part / whole:.1f} %" if whole else "—"


def duration(seconds: float | None) -> str:
    """Return a length of time in the unit that suits it; none where a clock was set back."""
    if seconds is None:
        return "—"
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    seconds = (now - moment).total_seconds()
    for length, name in _UNITS:
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def time(moment: datetime | None) -> Markup:
    """Return a moment for a page: in UTC, for a script to show it in the zone of the reader."""
    if moment is None:
        return Markup('<span class="none">—</span>')
    moment = moment.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        moment.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{moment:%Y-%m-%d %H:%M:%S}"
    )


def size(count: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit in ("bytes", "KiB", "MiB"):
        if count < _KILO:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= _KILO
    return f"{count:,.1f} GiB"


def rows(count: int) -> str:
    """Return a number of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"
