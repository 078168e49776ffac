"""Questions to a whole column at once: in C, and much faster than value by value where all values are good.

Each is true only if the rule's own question is true of every value. It may be false or raise all the same: then the
values are asked one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import countOf
from typing import Any

from headgate.quality import checks

ShortCut = Callable[[Sequence[Any]], bool]

# short, without hyphens, at most three labels: most addresses, and a subset of what valid_email takes
_USUAL_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~]{1,62}+@(?:[A-Za-z0-9]{1,63}+\.){1,2}+[A-Za-z0-9]{1,63}+"


def _texts(values: Sequence[Any]) -> bool:
    return all(map(str.strip, values))


def _lines(pattern: str) -> ShortCut:
    """Return the question whether every text matches a pattern that has no line end in it."""
    matches = re.compile(rf"(?:{pattern}\n)*+").fullmatch

    def check(values: Sequence[Any]) -> bool:
        text = "\n".join((*values, ""))
        return text.count("\n") == len(values) and matches(text) is not None

    return check


def _positive_integers(values: Sequence[Any]) -> bool:
    return countOf(map(type, values), int) == len(values) and min(values) > 0


def _or_missing(check: ShortCut) -> ShortCut:
    """Return the question whether every value passes or is missing."""

    def check_others(values: Sequence[Any]) -> bool:
        try:
            if check(values):
                return True
        except TypeError:
            pass
        there = [value for value in values if value is not None]
        return len(there) < len(values) and (not there or check(there))

    return check_others


SHORT_CUTS: Mapping[Callable[..., object], ShortCut] = {
    checks.not_empty: _texts,
    checks.valid_email: _or_missing(_lines(_USUAL_EMAIL)),
    checks.valid_url: _or_missing(_lines(checks.URL)),
    checks.zip_code: _or_missing(_lines("[0-9]{5}")),
    checks.us_state: _or_missing(checks.US_STATES.issuperset),
    checks.positive_number: _or_missing(_positive_integers),
}
"""The quick questions, by the question to one value."""
