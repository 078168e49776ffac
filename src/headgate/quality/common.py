"""The rules people expect: one function each, usable in code and as an annotation (``Annotated[str, NotEmpty()]``)."""
# ruff: noqa: N802 - they read as types inside an annotation

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import date

from headgate.errors import ConfigError
from headgate.quality import checks
from headgate.quality.rule import Severity, ValidationRule

_ERROR = Severity.ERROR


def _rule(name: str, check: Callable[..., bool], message: str, severity: Severity | str) -> ValidationRule:
    return ValidationRule(name, check, message, severity)


def _refuse_empty_range(rule: str, low: date | float, high: date | float) -> None:
    if low > high:  # type: ignore[operator]  # both are dates or both are numbers
        raise ConfigError(
            f"Rule {rule} was given {low} as its lower and {high} as its upper bound.", hint="Swap the two."
        )


def NotEmpty(severity: Severity | str = _ERROR) -> ValidationRule:
    """``not_empty``: something is there; not ``None``, blank text or an empty collection."""
    return _rule("not_empty", checks.not_empty, "must not be empty", severity)


def ValidEmail(severity: Severity | str = _ERROR) -> ValidationRule:
    """``valid_email``: an e-mail address."""
    return _rule("valid_email", checks.valid_email, "must be an e-mail address, such as info@example.org", severity)


def ValidURL(severity: Severity | str = _ERROR) -> ValidationRule:
    """``valid_url``: an absolute HTTP URL."""
    return _rule("valid_url", checks.valid_url, "must be a URL that starts with http:// or https://", severity)


def ValidPhone(severity: Severity | str = _ERROR) -> ValidationRule:
    """``valid_phone``: a phone number of 7 to 15 digits."""
    return _rule("valid_phone", checks.valid_phone, "must be a phone number of 7 to 15 digits", severity)


def ValidDate(severity: Severity | str = _ERROR) -> ValidationRule:
    """``valid_date``: a date, or ISO 8601 text of one."""
    return _rule("valid_date", checks.valid_date, "must be a date, such as 2026-08-31", severity)


def PositiveNumber(severity: Severity | str = _ERROR) -> ValidationRule:
    """``positive_number``: a finite number above zero."""
    return _rule("positive_number", checks.positive_number, "must be a number above zero", severity)


def NonNegativeNumber(severity: Severity | str = _ERROR) -> ValidationRule:
    """``non_negative_number``: a finite number, zero or above."""
    return _rule("non_negative_number", checks.non_negative_number, "must be a number, zero or above", severity)


def USState(severity: Severity | str = _ERROR) -> ValidationRule:
    """``us_state``: a USPS code of a state or territory."""
    return _rule("us_state", checks.us_state, "must be the two-letter code of a US state or territory", severity)


def ZipCode(severity: Severity | str = _ERROR) -> ValidationRule:
    """``zip_code``: a US ZIP or ZIP+4 code, as text."""
    return _rule("zip_code", checks.zip_code, "must be a ZIP code as text, such as 07666 or 07666-1914", severity)


def Latitude(severity: Severity | str = _ERROR) -> ValidationRule:
    """``latitude``: degrees from -90 to 90."""
    return _rule("latitude", checks.latitude, "must be a number of degrees from -90 to 90", severity)


def Longitude(severity: Severity | str = _ERROR) -> ValidationRule:
    """``longitude``: degrees from -180 to 180."""
    return _rule("longitude", checks.longitude, "must be a number of degrees from -180 to 180", severity)


def Trimmed(severity: Severity | str = Severity.WARNING) -> ValidationRule:
    """``trimmed``: no blank at either end of a text; a warning unless asked otherwise."""
    return _rule("trimmed", checks.trimmed, "must not begin or end with a blank", severity)


def OneOf(allowed: Collection[Hashable], severity: Severity | str = _ERROR) -> ValidationRule:
    """``one_of``: one of the values allowed."""
    if isinstance(allowed, str) or not allowed:
        raise ConfigError(f"Rule one_of was given {allowed!r} as its values.", hint="Give it a list of them.")
    listed = ", ".join(sorted(map(str, allowed)))
    return _rule("one_of", checks.one_of(allowed), f"must be one of: {listed}", severity)


def Matches(pattern: str, severity: Severity | str = _ERROR) -> ValidationRule:
    """``matches``: text that matches a regular expression as a whole."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"Rule matches was given the pattern {pattern!r}, which is no regular expression: {error}.",
            hint="The syntax is that of Python's re module.",
        ) from None
    return _rule("matches", checks.matches(compiled), f"must match {pattern}", severity)


def Length(least: int = 0, most: int | None = None, severity: Severity | str = _ERROR) -> ValidationRule:
    """``length``: text or a collection with at least ``least`` and at most ``most`` elements."""
    upper = math.inf if most is None else most
    _refuse_empty_range("length", least, upper)
    text = f"must have a length of at least {least}" if most is None else f"must have a length of {least} to {most}"
    return _rule("length", checks.length(least, upper), text, severity)


def Between(low: float, high: float, severity: Severity | str = _ERROR) -> ValidationRule:
    """``between``: a finite number from ``low`` to ``high``, both included."""
    _refuse_empty_range("between", low, high)
    return _rule("between", checks.between(low, high), f"must be a number from {low} to {high}", severity)


def DateRange(earliest: date = date.min, latest: date = date.max, severity: Severity | str = _ERROR) -> ValidationRule:
    """``date_range``: a date from ``earliest`` to ``latest``, both included."""
    _refuse_empty_range("date_range", earliest, latest)
    return _rule(
        "date_range", checks.date_between(earliest, latest), f"must be a date from {earliest} to {latest}", severity
    )


PLAIN_RULES: Mapping[str, Callable[..., ValidationRule]] = {
    factory().name: factory
    for factory in (
        NotEmpty, ValidEmail, ValidURL, ValidPhone, ValidDate, PositiveNumber, NonNegativeNumber, USState, ZipCode,
        Latitude, Longitude, Trimmed,
    )
}  # fmt: skip
"""The common rules that need no argument, by name."""

RULES_WITH_ARGUMENTS: Mapping[str, Callable[..., ValidationRule]] = {
    "one_of": OneOf,
    "matches": Matches,
    "length": Length,
    "between": Between,
    "date_range": DateRange,
}
"""The common rules that are made with arguments, by name."""


ALSO_NAMED: Mapping[str, str] = {
    "email": "valid_email",
    "url": "valid_url",
    "phone": "valid_phone",
    "date": "valid_date",
    "positive": "positive_number",
    "non_negative": "non_negative_number",
    "state": "us_state",
    "valid_state": "us_state",
    "valid_us_state": "us_state",
    "zip": "zip_code",
    "valid_zip": "zip_code",
    "valid_zip_code": "zip_code",
    "valid_latitude": "latitude",
    "valid_longitude": "longitude",
    "pattern": "matches",
}
"""Further names that people try, with the name of the rule that they mean."""


def common_rules() -> list[ValidationRule]:
    """Return the common rules that need no argument."""
    return [factory() for factory in PLAIN_RULES.values()]
