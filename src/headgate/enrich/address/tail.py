"""The end of an address: state, ZIP code, country."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from headgate.enrich.gazetteer import city_key, load_gazetteer
from headgate.enrich.states import STATES, state_code, states_of_zip

SEPARATORS = " ,;.|\n\t"

_TWO_CAPITALS = re.compile(r"[A-Z]{2}").fullmatch
_ZIP = re.compile(r"(\d{5})(?:-?(\d{4}))?", re.ASCII).fullmatch
_FIVE_DIGITS = re.compile(r"(?<!\d)\d{5}(?!\d)", re.ASCII).findall
_PLUS_FOUR = re.compile(r"(.*\d{5})\s*[- ]\s*(\d{4})", re.DOTALL | re.ASCII).fullmatch
_STATE_ZIP = re.compile(r"(?<![A-Za-z])([A-Za-z]{2}|[A-Za-z]{4,9})[\s,.]{1,4}([0-9]{5})(?:\s?-\s?([0-9]{4}))?(?![0-9])")
_GLUED = re.compile(r"(.*[\s,])([A-Za-z]{2})([0-9]{5})((?:-?[0-9]{4})?)", re.DOTALL).fullmatch
_UNITED_STATES = re.compile(r"[\s,;|]+(?:U\.?S\.?A?|United\s+States(?:\s+of\s+America)?)\.?$", re.IGNORECASE)
_BEFORE_ZIP = re.compile(
    r"(?<=[A-Za-z.])(?:\s+[-\u2013\u2014/]|[\s,]+(?:USA?|U\.S\.(?:A\.)?|United States),?)(?=\s+\d{5}(?:-\d{4})?$)",
    re.IGNORECASE,
).sub
_CANADA = re.compile(r"[\s,;|]+Canada\.?$", re.IGNORECASE)
_CANADIAN = re.compile(
    r"(?P<head>.*?)[\s,;|.]*(?P<first>[A-Z]\d[A-Z])[\s-]?(?P<second>\d[A-Z]\d)", re.IGNORECASE | re.DOTALL | re.ASCII
)
_LONGEST_NAME = 4
_SHORTENED = 4
_QUADRANTS = frozenset({"NE", "NW", "SE", "SW"})

_PROVINCES = {
    "ALBERTA": "AB", "BRITISH COLUMBIA": "BC", "MANITOBA": "MB", "NEW BRUNSWICK": "NB", "NEWFOUNDLAND": "NL",
    "NEWFOUNDLAND AND LABRADOR": "NL", "NOVA SCOTIA": "NS", "NORTHWEST TERRITORIES": "NT", "NUNAVUT": "NU",
    "ONTARIO": "ON", "PRINCE EDWARD ISLAND": "PE", "QUEBEC": "QC", "QUÉBEC": "QC", "SASKATCHEWAN": "SK", "YUKON": "YT",
}  # fmt: skip
_PROVINCE_CODES = frozenset(_PROVINCES.values())


_ELSEWHERE = frozenset({
    "AUSTRALIA", "AUSTRIA", "BAHAMAS", "BELGIUM", "BRAZIL", "CHINA", "COLOMBIA", "COSTA RICA", "DENMARK", "ENGLAND",
    "FINLAND", "FRANCE", "GERMANY", "GREECE", "HONG KONG", "INDIA", "IRELAND", "ISRAEL", "ITALY", "JAPAN", "MEXICO",
    "NETHERLANDS", "NEW ZEALAND", "NIGERIA", "NORWAY", "POLAND", "PORTUGAL", "SCOTLAND", "SINGAPORE", "SOUTH AFRICA",
    "SOUTH KOREA", "SPAIN", "SWEDEN", "SWITZERLAND", "TAIWAN", "TURKEY", "UK", "UNITED KINGDOM", "WALES",
})  # fmt: skip


def foreign_country(text: str) -> str | None:
    """Return the country that an address ends with, as written, if it is one whose addresses are not read."""
    last = text.rpartition("\n")[2].rpartition(",")[2].strip(SEPARATORS)
    return last if last.upper() in _ELSEWHERE else None


class Tail(NamedTuple):
    """The end of an address, and what stands before and behind it."""

    head: str
    state: str | None
    zip_code: str | None
    zip4: str | None
    country: str | None
    after: str = ""
    note: str | None = None


def read_tail(text: str) -> Tail | None:
    """Find state and ZIP code; None if there are neither.

    Of several addresses in one text the first is taken; ``after`` is what stands behind it.
    """
    country = None
    if not text[-1:].isdigit():
        if shorter := _UNITED_STATES.sub("", text):
            country, text = ("US" if shorter != text else None), shorter
        text = text.rstrip(SEPARATORS)
    if (glued := _GLUED(text)) and glued[2].upper() in states_of_zip(glued[3]):
        text = f"{glued[1]}{glued[2]} {glued[3]}{glued[4]}"
    text = _BEFORE_ZIP("", text)
    if len(_FIVE_DIGITS(text)) > 1 and (tail := _first_of_several(text)):
        return tail
    return _at_end(text) or _canadian(text) or _inside(text) or _without_zip(text, country)


def _at_end(text: str) -> Tail | None:
    head, last = _last_word(text)
    zip4 = None
    match = _ZIP(last)
    if match is None and (apart := _PLUS_FOUR(text)):
        head, last = _last_word(apart[1])
        match, zip4 = _ZIP(last), apart[2]
    if match is None:
        return _shortened_zip(head, last)
    zip_code = match[1]
    head, state = _take_state(head)
    note = None
    if state is None:
        head, state, note = _state_of_zip(head, zip_code)
    return Tail(head, state, zip_code, match[2] or zip4, "US", note=note)


def _state_of_zip(head: str, zip_code: str) -> tuple[str, str | None, str]:
    """Let the ZIP code say the state, if a post office has it; two letters in the place of the state are no city."""
    cities = load_gazetteer().cities_of_zip(zip_code)
    before, last = _last_word(head)
    given = "no state was given"
    if _TWO_CAPITALS(last) and last not in _QUADRANTS and _ends_with_city(before, head, cities):
        head, given = before, f"'{last}' is no state"
    states = states_of_zip(zip_code)
    if not cities:
        return head, None, f"{given}, and no post office is known that has the ZIP code {zip_code}"
    if len(states) != 1:
        return head, None, f"{given}, and the ZIP code can lie in {' or '.join(sorted(states))}"
    return head, next(iter(states)), f"{given}; the state follows from the ZIP code"


def _ends_with_city(before: str, head: str, cities: Mapping[str, int]) -> bool:
    """Say whether what stands before the last word of a head can end with the city."""
    if before.rstrip().endswith(",") or "\n" in head[len(before.rstrip()) :]:
        return (
            bool(before.strip(SEPARATORS)) and city_key([head.rsplit(maxsplit=1)[-1].strip(SEPARATORS)]) not in cities
        )
    words = before.split()
    return any(city_key(words[-count:]) in cities for count in range(1, min(_LONGEST_NAME, len(words)) + 1))


def _last_word(text: str) -> tuple[str, str]:
    parts = text.rsplit(None, 1)
    if not parts:
        return "", ""
    head, last = parts if len(parts) > 1 else ("", parts[0])
    if "," in last:
        before, _, last = last.rpartition(",")
        head = f"{head} {before}"
    return head, last.strip(SEPARATORS)


def _take_state(text: str) -> tuple[str, str | None]:
    """Take a state off the end of a text: two letters, a name of up to four words, or an old abbreviation."""
    text = text.rstrip(SEPARATORS)
    head, last = _last_word(text)
    if (letters := last.upper().strip("()").replace(".", "")) in STATES:
        return head, letters
    words = text.split()
    for count in range(min(_LONGEST_NAME, len(words)), 0, -1):
        code = state_code(" ".join(words[-count:])) or (state_code(last) if count == 1 else None)
        if code is not None:
            # the parts before, with their line ends
            return (head if count == 1 else text.rsplit(None, count)[0] if len(words) > count else ""), code
    return text, None


def _shortened_zip(head: str, last: str) -> Tail | None:
    """Read a ZIP code whose leading zero was lost in a spreadsheet: ``Cambridge, MA 2138``."""
    if len(last) != _SHORTENED or not last.isascii() or not last.isdigit():
        return None
    head, state = _take_state(head)
    if state is None or state not in states_of_zip("0" + last):
        return None
    return Tail(head, state, "0" + last, None, "US", note="the ZIP code had lost its leading zero")


def _first_of_several(text: str) -> Tail | None:
    found = _pairs(text)
    return _from_match(text, found[0]) if len(found) > 1 else None


def _inside(text: str) -> Tail | None:
    found = _pairs(text)
    return _from_match(text, found[-1]) if found else None


def _pairs(text: str) -> list[re.Match[str]]:
    """Return where a state is followed by a ZIP code of its own: a house number behind a state's name is none."""
    return [match for match in _STATE_ZIP.finditer(text) if state_code(match[1]) in states_of_zip(match[2])]


def _from_match(text: str, match: re.Match[str]) -> Tail:
    after = text[match.end() :].strip(SEPARATORS)
    return Tail(text[: match.start()], state_code(match[1]), match[2], match[3], "US", after)


def _canadian(text: str) -> Tail | None:
    match = _CANADIAN.fullmatch(_CANADA.sub("", text)[-200:])
    if match is None:
        return None
    code = f"{match['first']} {match['second']}".upper()
    shorter = _CANADA.sub("", text)
    head = _CANADA.sub("", (shorter[:-200] + match["head"]).rstrip(SEPARATORS)).rstrip(SEPARATORS)
    words = head.split()
    for count in (4, 3, 2, 1):
        name = " ".join(words[-count:]).upper().replace(".", "").rpartition(",")[2].strip()
        province = _PROVINCES.get(name) or (name if name in _PROVINCE_CODES else None)
        if province is not None and len(words) >= count:
            before, _ = _last_word(head)
            named = len(name.split())
            return Tail(before if named == 1 else head.rsplit(None, named)[0], province, code, None, "CA")
    return Tail(head, None, code, None, "CA")


def _without_zip(text: str, country: str | None) -> Tail | None:
    """Read ``Getzville, NY``: a state at the end, behind a comma or on a line of its own."""
    head, state = _take_state(text)
    kept = head.rstrip()
    if state is None or not (kept.endswith(",") or "\n" in text[len(kept) :]):
        return None
    return Tail(head, state, None, None, country or "US")
