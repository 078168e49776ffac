"""The questions behind the common rules: plain functions from a value to yes or no.

``None`` passes every one but :func:`not_empty`: whether a value may be missing is a question of its own. A value of
the wrong type is simply not good. None of them raises, whatever the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Hashable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_STATE_CODES = """
AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC
SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI FM MH PW AA AE AP
"""
US_STATES = frozenset(_STATE_CODES.split())
"""USPS codes: the states, the district, territories, freely associated states and military addresses."""

# local part and labels as in the WHATWG's definition of a valid e-mail address, and a dot in the domain besides;
# possessive quantifiers, because nothing here is ever worth trying a second way
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}+(?<!-)"
_email = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}+@{_LABEL}(?:\.{_LABEL})++").fullmatch
URL = r"(?i:https?://(?:[^\s/?#@]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]{1,5})?(?:[/?#]\S*)?)"
"""The pattern of an absolute URL; no line end is in it."""
_url = re.compile(URL).fullmatch
_phone = re.compile(r"\+?[0-9 ().\-/]{7,25}(?:\s*(?:x|ext\.?|#)\s*[0-9]{1,6})?", re.IGNORECASE).fullmatch
_phone_extension = re.compile(r"(?:x|ext\.?|#)\s*[0-9]+$", re.IGNORECASE)
_zip = re.compile(r"[0-9]{5}(?:-[0-9]{4})?").fullmatch

_EMAIL_LENGTH = 254
_ZIP_LENGTH = 5
_PHONE_DIGITS = range(7, 16)
_LATITUDE = 90
_LONGITUDE = 180


def not_empty(value: object) -> bool:
    """Whether there is something: not ``None``, not blank text, not an empty collection. ``0`` and ``False`` are."""
    if isinstance(value, str):
        return value != "" and not value.isspace()
    if value is None:
        return False
    return isinstance(value, int | float) or not isinstance(value, Collection) or len(value) > 0


def valid_email(value: object) -> bool:
    """Whether it looks like an e-mail address on the internet."""
    if isinstance(value, str):
        return len(value) <= _EMAIL_LENGTH and _email(value) is not None
    return value is None


def valid_url(value: object) -> bool:
    """Whether it is an absolute ``http`` or ``https`` URL."""
    if isinstance(value, str):
        return _url(value) is not None
    return value is None


def valid_phone(value: object) -> bool:
    """Whether it is a phone number of 7 to 15 digits, however it is spaced, with or without an extension."""
    if value is None:
        return True
    if not isinstance(value, str) or _phone(value) is None:
        return False
    return sum(character.isdigit() for character in _phone_extension.sub("", value)) in _PHONE_DIGITS


def us_state(value: object) -> bool:
    """Whether it is a USPS code of a state or territory, in capitals."""
    try:
        return value in US_STATES or value is None
    except TypeError:  # a list or an object
        return False


def zip_code(value: object) -> bool:
    """Whether it is a ZIP or ZIP+4 code, as text (a number has lost its leading zeros)."""
    if isinstance(value, str):
        return (len(value) == _ZIP_LENGTH and value.isdecimal() and value.isascii()) or _zip(value) is not None
    return value is None


def is_number(value: object) -> bool:
    """Whether it is a finite number; ``True`` and numbers as strings are none."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    return (isinstance(value, float) and math.isfinite(value)) or (isinstance(value, Decimal) and value.is_finite())


def positive_number(value: Any) -> bool:
    """Whether it is a finite number above zero."""
    if type(value) is int:
        return value > 0
    return value is None or (is_number(value) and value > 0)


def non_negative_number(value: Any) -> bool:
    """Whether it is a finite number, zero or above."""
    return value is None or (is_number(value) and value >= 0)


def latitude(value: Any) -> bool:
    """Whether it is a number of degrees from -90 to 90."""
    return value is None or (is_number(value) and -_LATITUDE <= value <= _LATITUDE)


def longitude(value: Any) -> bool:
    """Whether it is a number of degrees from -180 to 180."""
    return value is None or (is_number(value) and -_LONGITUDE <= value <= _LONGITUDE)


def trimmed(value: object) -> bool:
    """Whether text has no blank at either end."""
    return not isinstance(value, str) or value == value.strip()


def as_date(value: object) -> date | None:
    """Return the day of a date, a time or an ISO 8601 text; ``None`` if it is none of them."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            return None
    return None


def valid_date(value: object) -> bool:
    """Whether it is a date or time, or ISO 8601 text of one (years 1 to 9999)."""
    return value is None or as_date(value) is not None


def one_of(allowed: Collection[Hashable]) -> Callable[[object], bool]:
    """Return the question whether a value is one of those allowed."""
    members = frozenset(allowed)

    def check(value: object) -> bool:
        try:
            return value is None or value in members
        except TypeError:  # a list or an object cannot be a member
            return False

    return check


def matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    """Return the question whether the whole text matches."""
    fullmatch = pattern.fullmatch

    def check(value: object) -> bool:
        return value is None or (isinstance(value, str) and fullmatch(value) is not None)

    return check


def length(least: int, most: float) -> Callable[[object], bool]:
    """Return the question whether a text or collection has between ``least`` and ``most`` elements."""

    def check(value: object) -> bool:
        return value is None or (isinstance(value, Collection) and least <= len(value) <= most)

    return check


def between(low: float, high: float) -> Callable[[Any], bool]:
    """Return the question whether a finite number lies between two, both included."""

    def check(value: Any) -> bool:
        return value is None or (is_number(value) and low <= value <= high)

    return check


def date_between(earliest: date, latest: date) -> Callable[[object], bool]:
    """Return the question whether a date, a time or ISO 8601 text lies between two days, both included."""

    def check(value: object) -> bool:
        if value is None:
            return True
        day = as_date(value)
        return day is not None and earliest <= day <= latest

    return check
