"""Types of fields: how the directory writes a value, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from headgate.sources.ncaa.enums import Division, MembershipStatus, Subdivision
from headgate.sources.ncaa.states import State
from headgate.sources.ncaa.urls import normalise_url

_FIRST_CALENDAR_YEAR = 1900
_LAST_CALENDAR_YEAR = 2999
_LAST_YEAR_OF_PROCESS = 99
_YES = {"Y": True, "N": False, "YES": True, "NO": False}


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a reader that takes nothing and blank text as nothing."""
    return lambda value: None if value is None or (isinstance(value, str) and not value.strip()) else read(value)


def _text(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().upper() in _YES:
        return _YES[value.strip().upper()]
    msg = f"must be Y or N, not {value!r}"
    raise ValueError(msg)


def _url(value: object) -> object:
    return normalise_url(value) if isinstance(value, str) else value


def _state(value: object) -> object:
    """Take the state out of the address object, in which nothing else is filled."""
    return _text(value.get("state") if isinstance(value, Mapping) else value) or None


def _year(value: object) -> int:
    year = value if isinstance(value, int) and not isinstance(value, bool) else -1
    if 0 <= year <= _LAST_YEAR_OF_PROCESS or _FIRST_CALENDAR_YEAR <= year <= _LAST_CALENDAR_YEAR:
        return year
    msg = f"must be a year of the process (0 to {_LAST_YEAR_OF_PROCESS}) or a calendar year, not {value!r}"
    raise ValueError(msg)


def _year_of_process(value: object) -> int | None:
    year = _year(value)
    return year if year <= _LAST_YEAR_OF_PROCESS else None


def _calendar_year(value: object) -> int | None:
    year = _year(value)
    return year if year >= _FIRST_CALENDAR_YEAR else None


def _private(value: object) -> object:
    words = {"private": True, "public": False}
    return words.get(value.strip().lower(), value) if isinstance(value, str) else value


def _status(value: object) -> object:
    return MembershipStatus.from_text(value) if isinstance(value, str) else value


OrgId = Annotated[int, Field(strict=True, ge=1)]
ConferenceId = Annotated[int, Field(strict=True, ge=0)]
Name = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
OptionalText = Annotated[str | None, BeforeValidator(_or_none(_text))]
OptionalYesNo = Annotated[bool | None, BeforeValidator(_or_none(_yes_or_no))]
SportCode = Annotated[str, BeforeValidator(_text), Field(pattern="^[MWX][A-Z]{2}$")]
Private = Annotated[bool | None, BeforeValidator(_or_none(_private))]
Url = Annotated[str | None, BeforeValidator(_or_none(_url))]
StateCode = Annotated[State | None, BeforeValidator(_state)]
DivisionCode = Annotated[Division, BeforeValidator(Division.from_code)]
OptionalDivision = Annotated[Division | None, BeforeValidator(_or_none(Division.from_code))]
OptionalSubdivision = Annotated[Subdivision | None, BeforeValidator(_or_none(Subdivision.from_code))]
YearOfProcess = Annotated[int | None, BeforeValidator(_or_none(_year_of_process))]
CalendarYear = Annotated[int | None, BeforeValidator(_or_none(_calendar_year))]
Status = Annotated[MembershipStatus | None, BeforeValidator(_or_none(_status))]
