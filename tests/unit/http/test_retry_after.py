"""``Retry-After`` in all its forms."""

from __future__ import annotations

import pytest

from headgate.http.retry_after import LONGEST, parse_http_date, parse_retry_after, retry_after

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5)])
def test_seconds_are_seconds(value: str, seconds: float) -> None:
    """The plain form, with blanks around it, and with the fraction that some hosts send."""
    assert parse_retry_after(value, now=NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:50:37 GMT",
        "Sunday, 06-Nov-94 08:50:37 GMT",
        "Sun Nov  6 08:50:37 1994",
        "Sun, 06 Nov 1994 08:50:37",
        "Sun, 06 Nov 1994 08:50:37 -0000",
        "Sun, 06 Nov 1994 10:50:37 +0200",
    ],
)
def test_a_date_in_any_form_is_a_moment(value: str) -> None:
    """The three forms of HTTP, and a date without a zone, which is GMT wherever this runs."""
    assert parse_retry_after(value, now=NOW) == 60.0


def test_a_date_in_the_past_asks_for_no_wait() -> None:
    """A host whose moment is over is not waited for, and no wait is negative."""
    assert parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now=NOW) == 0.0


@pytest.mark.parametrize("value", ["9" * 30, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_absurd_wait_is_finite(value: str) -> None:
    """However far it lies, arithmetic with it stays possible."""
    assert parse_retry_after(value, now=NOW) == LONGEST


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "-5", "1e3", "inf", "nan", "0x10", "12 seconds", "Sun, 99 Nov 1994 08:49:37 GMT", "٣"],
)
def test_what_is_malformed_is_ignored(value: str | None) -> None:
    """Nothing is guessed: it is as if the header were not there."""
    assert parse_retry_after(value, now=NOW) is None


def test_a_date_is_measured_from_the_date_of_the_response() -> None:
    """The clock of the host counts for its own dates, however wrong ours is."""
    headers = {"Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    assert retry_after(headers, now=NOW + 86_400) == 60.0
    assert retry_after({"Retry-After": headers["Retry-After"]}, now=NOW) == 60.0
    assert retry_after({}, now=NOW) is None


def test_a_malformed_date_of_the_response_falls_back_to_our_clock() -> None:
    """A host that does not know the time does not keep us from knowing it."""
    headers = {"Retry-After": "Sun, 06 Nov 1994 08:50:37 GMT", "Date": "yesterday"}
    assert retry_after(headers, now=NOW) == 60.0
    assert parse_http_date("yesterday") is None
