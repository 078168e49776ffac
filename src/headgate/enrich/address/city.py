"""Where the street ends and the city begins."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from headgate.enrich.address.tail import SEPARATORS
from headgate.enrich.address.words import STREET_END, is_street
from headgate.enrich.gazetteer import Gazetteer, city_key, joined_key, word_key
from headgate.errors import MissingExtraError

try:
    from rapidfuzz.distance import OSA
except ImportError:  # said when an address is read
    OSA = None  # type: ignore[assignment]

_LONGEST_NAME = 6
_STROKES = "-/"
_QUADRANTS = frozenset({"NE", "NW", "SE", "SW"})
_MAX_FOR_TAGGER = 300
_SHORTEST_MISSPELT = 6
_SPELLING = 0.9


class Split(NamedTuple):
    """Street lines and city."""

    lines: list[str]
    city: str | None


def split_city(head: str, state: str | None, zip_code: str | None, gazetteer: Gazetteer) -> Split:
    """Split what stands before the state into street lines and city.

    A comma or a line end before the city is believed, unless what follows it holds more than a city. Without one the
    names of the cities of the ZIP code decide, then those of its region and its state, then the last word for a kind of
    street, then usaddress.

    Raises:
        MissingExtraError: The extra ``enrich`` is not installed.
    """
    if not _is_installed():
        raise MissingExtraError("Reading addresses", "enrich")
    lines = [line for line in (line.strip(SEPARATORS) for line in head.split("\n")) if line]
    if not lines:
        return Split([], None)
    comma = ";" if lines[-1].rfind(";") > lines[-1].rfind(",") else ","
    before, comma, segment = lines[-1].rpartition(comma)
    segment = segment.strip()
    rest = [*lines[:-1], before.rstrip(SEPARATORS)] if comma else lines[:-1]
    bounded = bool(rest)
    cities = gazetteer.cities_of_zip(zip_code) if zip_code else {}
    words = segment.split()
    if len(words) <= _LONGEST_NAME and city_key(words) in cities and not any(map(str.isdigit, segment)):
        return Split(rest, segment)
    if bounded and not _holds_more(segment) and _is_one_name(words, comma, cities, state, gazetteer):
        return Split(rest, segment)
    at = _longest(words, cities) or _misspelt(words, cities)
    if at is not None:
        return _cut(rest, words, at, comma)
    for region in (zip_code[:3] if zip_code else None, state):
        at = _longest(words, gazetteer.cities_of_region(region)) if region else None
        if at is not None:
            return _cut(rest, words, at, comma)
    return _by_language(rest, segment, comma, bounded=bounded)


@cache
def _is_installed() -> bool:
    # usaddress itself is loaded when it is asked: most addresses can be read without it
    return OSA is not None and importlib.util.find_spec("usaddress") is not None


def _holds_more(segment: str) -> bool:
    return any(map(str.isdigit, segment)) or (is_street(segment) and STREET_END(segment) is not None)


def _is_one_name(
    words: Sequence[str], comma: str, cities: Mapping[str, int], state: str | None, gazetteer: Gazetteer
) -> bool:
    """Say whether a segment without digits is a city as a whole, though it may end like one: *West* Palm Beach."""
    at = _longest(words, cities)
    if at is None:
        return True
    if at > 1:
        return False
    # behind a comma a single word more can still belong to the street: 620 Michigan Avenue, NE Washington
    return not comma or (state is not None and city_key(words) in gazetteer.cities_of_region(state))


def _longest(words: Sequence[str], names: Mapping[str, int]) -> int | None:
    """Return where the longest known name at the end of the words begins, if something stands before it."""
    first = max(1, len(words) - _LONGEST_NAME)
    keys = [word_key(word) for word in words[first:]]
    for at in range(len(keys)):
        if joined_key(keys[at:]) in names:
            return first + at
    return None


def _misspelt(words: Sequence[str], names: Mapping[str, int]) -> int | None:
    """Return where a name begins that is nearly the one the USPS prefers for the ZIP code."""
    preferred = next(iter(names), "")
    for at in range(max(1, len(words) - _LONGEST_NAME), len(words)):
        key = city_key(words[at:])
        if len(key) >= _SHORTEST_MISSPELT and OSA.normalized_similarity(key, preferred) >= _SPELLING:
            return at
    return None


def _cut(rest: list[str], words: Sequence[str], at: int, comma: str) -> Split:
    street = " ".join(words[:at]).rstrip(SEPARATORS + _STROKES)
    city = " ".join(words[at:]).strip(SEPARATORS + _STROKES)
    if comma:
        # the comma stood inside the street line
        return Split([*rest[:-1], f"{rest[-1]}, {street}" if rest[-1] else street], city)
    return Split([*rest, street], city)


def _by_language(rest: list[str], segment: str, comma: str, *, bounded: bool) -> Split:
    """Split where nothing is known about the place."""
    match = STREET_END(segment)
    if match and match[2].upper() not in _QUADRANTS:
        return _cut(rest, [match[1], match[2]], 1, comma)
    if bounded:
        return Split(rest, segment)
    city = _tagged_city(segment)
    if city and segment.endswith(city) and segment != city:
        return Split([segment[: -len(city)].rstrip(SEPARATORS)], city)
    return Split([segment], None)


def _tagged_city(segment: str) -> str | None:
    """Ask usaddress, whose model has learned what addresses look like."""
    if len(segment) > _MAX_FOR_TAGGER:
        return None
    import usaddress  # noqa: PLC0415 - an extra

    # parse, not tag: tag refuses addresses in which a label is repeated
    words = [word for word, label in usaddress.parse(segment) if label == "PlaceName"]
    return " ".join(words).strip(SEPARATORS) or None
