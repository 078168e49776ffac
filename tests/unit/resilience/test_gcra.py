"""The token bucket as one number."""

from __future__ import annotations

import math

import pytest

from headgate.resilience.gcra import Gcra


def test_a_full_bucket_grants_its_burst_and_then_waits_for_the_rate() -> None:
    """Twenty at once, the next after a tenth of a second."""
    bucket = Gcra(10.0, 20, now=0.0)
    assert [bucket.take(0.0) for _ in range(21)] == [True] * 20 + [False]
    assert bucket.due(0.0) == pytest.approx(0.1)
    assert not bucket.take(0.099)
    assert bucket.take(0.1)


@pytest.mark.parametrize("now", [0.0, 1e3, 1e7])
def test_rounding_takes_no_token_away_whatever_the_time_is(now: float) -> None:
    """A host that has been up for months still gets the whole burst."""
    bucket = Gcra(3.0, 100, now=now)
    assert sum(bucket.take(now) for _ in range(200)) == 100


def test_several_tokens_wait_until_all_of_them_are_there() -> None:
    """Five tokens at ten per second take half a second."""
    bucket = Gcra(10.0, 5, now=0.0)
    assert bucket.take(0.0, 5)
    assert not bucket.take(0.4, 5)
    assert bucket.due(0.4, 5) == pytest.approx(0.5)
    assert bucket.take(0.5, 5)


def test_tokens_given_back_can_be_taken_again() -> None:
    """As if they had never been taken."""
    bucket = Gcra(1.0, 3, now=0.0)
    assert bucket.take(0.0, 3)
    bucket.give_back(2)
    assert bucket.available(0.0) == pytest.approx(2.0)
    assert bucket.take(0.0, 2)
    assert not bucket.take(0.0)


def test_tokens_given_back_never_overfill_it() -> None:
    """It holds its burst at the most."""
    bucket = Gcra(1.0, 3, now=0.0)
    bucket.give_back(100)
    assert sum(bucket.take(0.0) for _ in range(10)) == 3


def test_a_change_of_rate_keeps_the_tokens() -> None:
    """Only the filling changes."""
    bucket = Gcra(10.0, 20, now=0.0)
    bucket.take(0.0, 15)
    bucket.set_rate(1.0, 0.0)
    assert bucket.available(0.0) == pytest.approx(5.0)
    assert bucket.available(2.0) == pytest.approx(7.0)


def test_an_infinite_rate_always_grants() -> None:
    """And can become finite later."""
    bucket = Gcra(math.inf, 5, now=0.0)
    assert all(bucket.take(0.0) for _ in range(1000))
    assert bucket.available(0.0) == math.inf
    bucket.set_rate(1.0, 0.0)
    bucket.keep_at_most(0.0, 0.0)
    assert bucket.due(0.0) == pytest.approx(1.0, abs=1e-5)
