"""The vocabulary of street lines, and questions about them."""

from __future__ import annotations

import re
from functools import partial

_TYPES = (
    "ALY|ALLEY|AVE?|AVENUE|AVENIDA|BLVD|BOULEVARD|BYP|BYPASS|CALLE|CARR|CARRETERA|CIR|CIRCLE|COURT|CT|CTR|CRESCENT|CV|"
    "COVE|DR|DRIVE|EXPY|EXPRESSWAY|EXT|FREEWAY|FWY|GREEN|GROVE|HWY|HIGHWAY|HILL|LANE|LN|LOOP|MALL|PARADE|PARKWAY|PATH|"
    "PIKE|PKWY|PKY|PL|PLACE|PLAZA|PLZ|POINT|PT|RD|ROAD|ROUTE|ROW|RTE|RT|SQ|SQUARE|ST|STREET|STS|STREETS|TER|TERRACE|"
    "TPKE|TRAIL|TRL|TURNPIKE|WALK|WAY|KM|QUAD|BROADWAY|OVAL"
)
_NUMBERS = "ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN"
_UNITS = "SUITES?|STE|UNIT|APT|APARTMENT|ROOM|RM|FLOOR|FLR?|BLDG|BUILDING|BOX|LOT|SPACE|MAIL\\s+STOP|MS|STOP"
_PLACES = (
    "CAMPUS|UNIVERSITY|COLLEGE|SCHOOL|HALL|BUILDING|BLDG|CENTER|CENTRE|OFFICE|DEPARTMENT|DEPT|ATHLETICS?|INSTITUTE|"
    "ACADEMY|SEMINARY|LIBRARY|HOUSE|TOWER|STADIUM|GYMNASIUM|ARENA|COMPLEX|PARK|UNIVERSIDAD|COLEGIO|CONSERVATORY"
)

_LONGEST_LINE = 200

BOX = re.compile(
    r"(?:P\.?\s*O\.?\s*|POST\s+OFFICE\s+|CALL\s+|CAMPUS\s+|CAIXA\s+)?(?:BOX|DRAWER)\s*#?\s*[\w-]+|(?:PSC|UNIT|CMR)\s+\d+",
    re.IGNORECASE,
).match
"""A line that begins with a post-office box, or a unit of military mail."""

STREET_END = re.compile(
    rf"^(.*\S\s+(?:{_TYPES})\.?(?:\s+(?:N|S|E|W|NE|NW|SE|SW|NORTH|SOUTH|EAST|WEST)\.?)?"
    rf"(?:[,\s]+(?:(?:{_UNITS})\.?\s*#?|#)\s*[\w-]+)?)\s+(\D+)$",
    re.IGNORECASE,
).match
"""Splits a line behind its last word for a kind of street, and a unit, if one follows."""

_numbered = re.compile(rf"(?:#\s*)?\d|(?:{_NUMBERS})\b|[NSEWG]\d", re.IGNORECASE).match
_typed = re.compile(rf"\b(?:{_TYPES})\b", re.IGNORECASE).search
_corner = re.compile(r"\s(?:AND|AT|&|@)\s", re.IGNORECASE).search
_campus = re.compile(r"\bCAMPUS\b", re.IGNORECASE).search
_place = re.compile(rf"\b(?:{_PLACES})\b", re.IGNORECASE).search
_institution = re.compile(
    r"\b(?:UNIVERSITY|COLLEGE|INSTITUTE|SCHOOL|ACADEMY|SEMINARY|CONSERVATORY|UNIVERSIDAD|COLEGIO)\b", re.IGNORECASE
).search
_office = re.compile(r"\b(?:OFFICE|DEPARTMENT|DEPT|ADMISSIONS|ATHLETICS?|ATTN|REGISTRAR)\b", re.IGNORECASE).search
_ends_typed = re.compile(
    rf"\b(?:{_TYPES})\b\.?(?:\s+(?:[NS]?[EW]|[NS]|NORTH|SOUTH|EAST|WEST)\.?)?$", re.IGNORECASE
).search
# behind the word campus: what shows that it belongs to the name of a street or a house (CAMPUS DRIVE, CAMPUS CENTER)
_street_of_campus = rf"(?:{_TYPES}|{_PLACES}|{_UNITS}|VIEW|AND)\b|&"
_street_of_main_campus = rf"(?:{_TYPES})\b\.?\s*(?:$|[,&]|(?:AND|AT|{_UNITS})\b)|CENTER\b|AND\b|&"
_leading_campus = re.compile(
    r"([^,\d]{0,60}\bCAMPUS)(?:\s*[,:]\s*(?=\S)|\s+-\s+(?=\S)"
    rf"|(?<=MAIN CAMPUS)\s+(?!{_street_of_main_campus})(?=\S)|\s+(?!{_street_of_campus})(?=\S))",
    re.IGNORECASE,
).match
_ends_with_unit = re.compile(
    rf"(?P<street>\S.*?)[,;\s-]+(?P<unit>(?:(?:{_UNITS})\b\.?\s*(?:NO\.?\s*)?#?\s*|#\s*)[\w-]{{1,8}}"
    r"|\d{1,2}(?:ST|ND|RD|TH)\s+(?:FLOOR|FLR?)|(?:FIRST|SECOND|THIRD|FOURTH|FIFTH)\s+FLOOR)",
    re.IGNORECASE,
).fullmatch
_box_behind = re.compile(
    r"(?P<street>\S.*?)[,;\s-]+(?P<box>(?:P\.?\s*O\.?|POST\s+OFFICE)\s*(?:BOX|DRAWER)\s*#?\s*[\w-]{1,10})",
    re.IGNORECASE,
).fullmatch
_unit_before = re.compile(
    r"(?P<unit>(?:(?:SUITES?|STE|UNIT|APT|APARTMENT|ROOM|RM|FLOOR|FLR?)\.?\s*#?\s*|#\s*)[\w-]{1,8}"
    r"|\d{1,2}(?:ST|ND|RD|TH)\s+(?:FLOOR|FLR?)|(?:FIRST|SECOND|THIRD|FOURTH|FIFTH)\s+FLOOR)\s*,\s*(?P<street>\d.*\D.*)",
    re.IGNORECASE,
).fullmatch
_numbered_by_sign = re.compile(
    r"(?:HWY|HIGHWAY|ROUTE|RTE?|ROAD|RD|CARR\.?|CARRETERA|PR|CALLE|AVE\.?|AVENIDA)\s*$", re.IGNORECASE
).search


is_contact = re.compile(
    r"(?:tel|telephone|phone|ph|fax|e-?mail)\b.*|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|[^\s@]+@[^\s@]+|(?:https?://|www\.)\S+",
    re.IGNORECASE,
).fullmatch
"""A line with a telephone number, a mail address or a web site."""


without_labels = partial(
    re.compile(
        r"(?:^|(?<=,\s))(?:(?:[a-z]+\s+){0,2}(?:address|location)|street|city|state|zip(?:\s*code)?|postal\s+code)\s*:\s*",
        re.IGNORECASE,
    ).sub,
    "",
)
"""Takes labels off a line: ``Mailing address:``, ``City:``."""


def is_numbered(line: str) -> bool:
    """Say whether a line begins with a house number."""
    return _numbered(line) is not None


def is_street(line: str) -> bool:
    """Say whether a line can be what mail is delivered to: a numbered street, a box, a corner, a road."""
    return is_numbered(line) or bool(BOX(line)) or bool(_typed(line) or _corner(line))


def is_before_street(line: str, following: str) -> bool:
    """Say whether a line names a campus, a building or an institution, and the following one has the street.

    Of two lines that could both be names, the first one is: the street comes last.
    """
    if line[:1].isdigit() or BOX(line) or _unit_before(f"{line}, {following}"):
        return False
    names_place = not _ends_typed(line) and _place(line) is not None
    if names_place and _institution(line):
        return is_street(following) or not _is_part(following)
    if is_numbered(line) and not names_place:
        return False
    if _campus(line) or is_numbered(following):
        return True
    return not is_street(line) and not _is_part(following)


def is_campus(line: str) -> bool:
    """Say whether a line names a campus and nothing that mail is delivered to."""
    return _campus(line) is not None and not is_numbered(line) and not BOX(line) and not _ends_typed(line)


def leading_campus(line: str) -> tuple[str, str] | None:
    """Split ``MAIN CAMPUS, UNIVERSITY AVE`` and ``MAIN CAMPUS 100 COLLEGE DR``, but not ``CAMPUS DRIVE``.

    Institutions and offices are split off only before a house number: ``Office of Admissions, 100 College Dr``.
    """
    if line[:1].isdigit() or (is_numbered(line) and not _institution(line)):
        return None
    match = _leading_campus(line)
    if match:
        return match[1], line[match.end() :]
    first, comma, rest = line.partition(",")
    rest = rest.lstrip()
    if comma and (_institution(first) or _office(first)) and not _ends_typed(first) and is_numbered(rest):
        return None if _is_part(rest) else (first, rest)
    return None


def _unit(line: str) -> re.Match[str] | None:
    # the pattern tries every place for the unit to begin; in a text that is no street line any more that takes long
    return _ends_with_unit(line) if len(line) <= _LONGEST_LINE else None


def split_unit(line: str) -> tuple[str, str | None]:
    """Split a unit off a street line that has a house number: off its end, or off its beginning before a comma."""
    if len(line) <= _LONGEST_LINE and (first := _unit_before(line)):
        return first["street"], first["unit"]
    if is_numbered(line) and len(line) <= _LONGEST_LINE and (box := _box_behind(line)):
        return box["street"], box["box"]
    if not is_numbered(line) or line.startswith("#"):
        return line, None
    match = _unit(line)
    if match is None or len(match["street"].split()) < 2:  # noqa: PLR2004 - a number and a name
        return line, None
    if match["unit"].startswith("#") and _numbered_by_sign(match["street"]):
        return line, None
    return match["street"], match["unit"]


def _is_part(line: str) -> bool:
    """Say whether a line only adds to the one before it: a box, a floor, a suite."""
    match = _unit(f"1 X {line}")
    return bool(BOX(line)) or (match is not None and match["street"] == "1 X")
