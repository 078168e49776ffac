"""Dates and times as databases keep them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_SPECIAL_DAYS = {"infinity", "-infinity", "epoch", "now", "today", "tomorrow", "yesterday"}
_DATE = re.compile(r"(\d{4,7})-(\d{1,2})-(\d{1,2})(?: (BC|AD))?", re.ASCII | re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?(?: ?([AP]M))?", re.ASCII | re.IGNORECASE)
_ZONE = re.compile(r" ?(?:Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)", re.ASCII | re.IGNORECASE)
_DAYS = {4: 30, 6: 30, 9: 30, 11: 30}
_FIRST_YEAR_BC = 4713
_LAST_YEAR = 294276
_LAST_DATE_YEAR = 5874897


def _no_numbers(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError("a number is no date or time")  # noqa: TRY004 - validators raise ValueError
    return value


def _naive(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError("the column keeps no time zone: give a time without one")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("the column keeps an instant: give a time with its zone")
    return value


def _not_a_day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _no_numbers(value)


Timestamp = Annotated[datetime, AfterValidator(_naive), BeforeValidator(_no_numbers)]
TimestampTz = Annotated[datetime, AfterValidator(_aware), BeforeValidator(_no_numbers)]
Date = Annotated[date, BeforeValidator(_no_numbers)]


def _instant(value: object) -> object:
    """Read what SQLite keeps as a number of seconds or milliseconds through drizzle-orm: an instant."""
    return _no_numbers(value)


Instant = Annotated[datetime, AfterValidator(_aware), BeforeValidator(_instant)]
"""An instant that the database keeps as a number."""


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _check_date(text: str, last_year: int) -> None:
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        raise ValueError("not a date")
    year, month, day = (int(part) for part in match.groups()[:3])
    if text.upper().endswith("BC"):
        last_year = _FIRST_YEAR_BC
    limit = 29 if month == 2 and _leap(year) else 28 if month == 2 else _DAYS.get(month, 31)  # noqa: PLR2004 - February
    if not (1 <= month <= 12 and 1 <= day <= limit and 1 <= year <= last_year):  # noqa: PLR2004 - months
        raise ValueError("no day of the calendar")


def _check_time(text: str) -> None:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a time")
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = match.group(4)
    midnight = hour == 24 and minute == second == 0  # noqa: PLR2004 - PostgreSQL knows 24:00:00
    if not ((hour <= 23 or midnight) and minute <= 59 and second <= 60):  # noqa: PLR2004 - hours, minutes, a leap second
        raise ValueError("no time of day")
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 - hours before and after noon
        raise ValueError("no time of day")


def _split_zone(text: str) -> tuple[str, str]:
    """Return a time and its zone."""
    for i in range(len(text)):
        if i and _ZONE.fullmatch(text[i:]):
            return text[:i], text[i:]
    return text, ""


def _written(value: object, kind: type) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, kind) and isinstance(value, date | datetime | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    raise ValueError("neither text nor a date or time")


def check_timestamp(value: object) -> str:
    """Return a timestamp as text.

    Raises:
        ValueError: If PostgreSQL would not read it.
    """
    written = _written(value, date)
    text = written.strip()
    if text.lower() in _SPECIAL_DAYS:
        return written
    day, _, rest = text.replace("T", " ", 1).replace("t", " ", 1).partition(" ")
    if rest.upper() in {"BC", "AD"}:
        day, rest = f"{day} {rest}", ""
    day, glued = _split_zone(day) if not rest and ":" not in day and day.upper().endswith("Z") else (day, "")
    _check_date(day, _LAST_YEAR)
    if rest and not glued:
        clock, _zone = _split_zone(rest.strip())
        _check_time(clock)
    return written


def check_date(value: object) -> str:
    """Return a date as text.

    Raises:
        ValueError: If PostgreSQL would not read it.
    """
    written = _written(value, date)
    text = written.strip()
    if text.lower() in _SPECIAL_DAYS:
        return written
    try:
        _check_date(text, _LAST_DATE_YEAR)
    except ValueError:
        check_timestamp(text)
    return written


def _time_text(value: object) -> str:
    written = _written(value, time)
    text = written.strip()
    if text.lower() in {"now", "allballs"}:
        return written
    clock, _zone = _split_zone(text)
    _check_time(clock)
    return written


TimestampText = Annotated[str, BeforeValidator(check_timestamp)]
DateText = Annotated[str, BeforeValidator(check_date)]
TimeText = Annotated[str, BeforeValidator(_time_text)]

_UNIT = (
    r"(?:microseconds?|us|usecs?|useconds?|milliseconds?|ms|msecs?|mseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h"
    r"|days?|d|weeks?|w|months?|mons?|mon|years?|yrs?|yr|y|decades?|decs?|centuries|century|cent|c|millenniums?|millennia|mils?)"
)
_QUANTITY = rf"[+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)\s*{_UNIT}"
_CLOCK = r"[+-]?\d+:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?"
_INTERVAL = re.compile(
    rf"@?\s*(?:(?:{_QUANTITY}|{_CLOCK}|[+-]?\d+-\d+|[+-]?\d+(?:\.\d+)?)\s*,?\s*)+(?:ago)?", re.ASCII | re.IGNORECASE
)
_ISO = re.compile(
    r"P(?=.)(?:-?\d+(?:\.\d+)?Y)?(?:-?\d+(?:\.\d+)?M)?(?:-?\d+(?:\.\d+)?W)?(?:-?\d+(?:\.\d+)?D)?"
    r"(?:T(?:-?\d+(?:\.\d+)?H)?(?:-?\d+(?:\.\d+)?M)?(?:-?\d+(?:\.\d+)?S)?)?",
    re.ASCII,
)


def _interval(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    if not isinstance(value, str):
        raise ValueError("neither text nor a timedelta")  # noqa: TRY004 - validators raise ValueError
    text = value.strip()
    if not (_INTERVAL.fullmatch(text) or _ISO.fullmatch(text)):
        raise ValueError("not an interval")
    return value


Interval = Annotated[str, BeforeValidator(_interval)]

# --- MySQL ---------------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
_END = datetime(2038, 1, 19, 3, 14, 7, 999999, tzinfo=UTC)
_MYSQL_TIME = re.compile(r"-?(?:(\d{1,3}):)?(\d{1,2}):(\d{2})(?:\.\d+)?|-?(\d{1,3}):(\d{2})", re.ASCII)
_MYSQL_HOURS = 838


def _in_epoch(value: datetime) -> datetime:
    instant = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if not _EPOCH <= instant <= _END:
        raise ValueError("MySQL's TIMESTAMP holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07 UTC")
    return value


def _mysql_datetime_text(value: object) -> str:
    written = _written(value, date)
    try:
        datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise ValueError("not a date and time of the calendar") from error
    return written


def _mysql_timestamp_text(value: object) -> str:
    written = _mysql_datetime_text(value)
    _in_epoch(datetime.fromisoformat(written.strip()))
    return written


def _mysql_date_text(value: object) -> str:
    written = _written(value, date)
    try:
        date.fromisoformat(written.strip())
    except ValueError as error:
        raise ValueError("not a day of the calendar") from error
    return written


def _mysql_time(value: object) -> str:
    written = _written(value, time)
    match = _MYSQL_TIME.fullmatch(written.strip())
    if match is None:
        raise ValueError("not a time")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    if match.group(4) is not None:
        hours, minutes, seconds = int(match.group(4)), int(match.group(5)), 0
    sixty = 60
    if hours > _MYSQL_HOURS or minutes >= sixty or seconds >= sixty:
        raise ValueError("MySQL's TIME holds -838:59:59 to 838:59:59")
    return written


MySqlDateTime = Annotated[datetime, BeforeValidator(_no_numbers)]
MySqlTimestamp = Annotated[datetime, AfterValidator(_in_epoch), BeforeValidator(_no_numbers)]
MySqlDateTimeText = Annotated[str, BeforeValidator(_mysql_datetime_text)]
MySqlTimestampText = Annotated[str, BeforeValidator(_mysql_timestamp_text)]
MySqlDateText = Annotated[str, BeforeValidator(_mysql_date_text)]
MySqlTime = Annotated[str, BeforeValidator(_mysql_time)]
