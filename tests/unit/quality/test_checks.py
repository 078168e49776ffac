"""The questions behind the common rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from headgate.errors import ConfigError
from headgate.quality import Between, DateRange, Length, Matches, OneOf, checks

GOOD: list[tuple[Callable[[object], bool], object]] = [
    *((checks.not_empty, value) for value in ("a", 0, 0.0, False, [0], {"a": 1}, " a ")),
    *((checks.valid_email, value) for value in ("a@b.org", "x.y+z@mail.school-1.edu", "o'neil@a-b.c.d", None)),
    *((checks.valid_url, value) for value in ("http://a.org", "HTTPS://a.org:8080/x?y#z", "https://[::1]/", None)),
    *((checks.valid_phone, value) for value in ("201-555-0100", "+1 (201) 555.0100 x12", "5550100", None)),
    *((checks.valid_date, value) for value in ("2026-08-31", date(2026, 8, 31), datetime(1, 1, 1, tzinfo=UTC), None)),
    *((checks.positive_number, value) for value in (1, 0.5, Decimal("0.1"), 10**400, None)),
    *((checks.non_negative_number, value) for value in (0, 0.0, 7, None)),
    *((checks.us_state, value) for value in ("NJ", "PR", "DC", None)),
    *((checks.zip_code, value) for value in ("07666", "07666-1914", None)),
    *((checks.latitude, value) for value in (90, -90.0, Decimal("40.7"), None)),
    *((checks.longitude, value) for value in (180, -74.0, None)),
    *((checks.trimmed, value) for value in ("a", "", 5, None)),
]

BAD: list[tuple[Callable[[object], bool], object]] = [
    *((checks.not_empty, value) for value in (None, "", " \t\u00a0", [], {}, ())),
    *((checks.valid_email, value) for value in ("a@b", "a b@c.org", "@c.org", "a@-b.org", "a@b-.org", "a@b..org", "")),
    *(
        (checks.valid_email, value)
        for value in ("a" * 65 + "@b.org", "a@" + "b" * 64 + ".org", "é@b.org", 5, ["a@b.c"])
    ),
    *((checks.valid_url, value) for value in ("a.org", "ftp://a.org", "http://", "http:// a.org", "//a.org", "", 5)),
    *(
        (checks.valid_phone, value)
        for value in ("555", "201-555-0100-555-0100-555", "call me", "٢٠١٥٥٥٠١٠٠", 2015550100)
    ),
    *((checks.valid_date, value) for value in ("0000-01-01", "10000-01-01", "31.08.2026", "", 20260831, [])),
    *((checks.positive_number, value) for value in (0, -1, float("nan"), float("inf"), True, "5", Decimal("sNaN"))),
    *((checks.non_negative_number, value) for value in (-1, False, "0", float("-inf"))),
    *((checks.us_state, value) for value in ("nj", "New Jersey", "XX", "", [], {}, 5)),
    *((checks.zip_code, value) for value in ("7666", "07666-19", "٠٧٦٦٦", 7666, "07666\n", "07666-1914 ")),
    *((checks.latitude, value) for value in (90.1, -91, float("nan"), "40")),
    *((checks.longitude, value) for value in (180.01, True, "74")),
    *((checks.trimmed, value) for value in (" a", "a\n")),
]


@pytest.mark.parametrize(("check", "value"), GOOD)
def test_good_values_pass(check: Callable[[object], bool], value: object) -> None:
    """What is good passes, and so does what is missing, except where presence is the question."""
    assert check(value) is True


@pytest.mark.parametrize(("check", "value"), BAD)
def test_bad_values_do_not_pass(check: Callable[[object], bool], value: object) -> None:
    """What is bad, or of the wrong type, does not pass and does not raise."""
    assert check(value) is False


def test_rules_with_arguments_include_their_bounds() -> None:
    """Ranges are closed at both ends, and a value of the wrong type lies in none."""
    between, length = Between(0, 10).validator, Length(1, 3).validator
    assert [between(value) for value in (0, 10, 10.1, "5", None)] == [True, True, False, False, True]
    assert [length(value) for value in ("a", "abc", "abcd", "", [1], 5)] == [True, True, False, False, True, False]
    dates = DateRange(date(2020, 1, 1), date(2020, 12, 31)).validator
    assert [dates(value) for value in ("2020-01-01", date(2020, 12, 31), "2021-01-01", "soon")] == [
        True,
        True,
        False,
        False,
    ]


def test_one_of_and_matches_take_any_value() -> None:
    """A list is no member, and a part of a text is no match."""
    one_of, matches = OneOf(["I", "II"]).validator, Matches(r"[MWX][A-Z]+").validator
    assert [one_of(value) for value in ("I", "III", [], None)] == [True, False, False, True]
    assert [matches(value) for value in ("MBA", "MBA ", 5, None)] == [True, False, False, True]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Between(10, 0),
        lambda: Length(3, 2),
        lambda: DateRange(date(2021, 1, 1), date(2020, 1, 1)),
        lambda: OneOf("abc"),
        lambda: OneOf([]),
        lambda: Matches("("),
    ],
)
def test_a_rule_that_could_pass_nothing_is_refused(make: Callable[[], object]) -> None:
    """Bounds the wrong way round, no values and a broken pattern are errors where they are written."""
    with pytest.raises(ConfigError):
        make()
