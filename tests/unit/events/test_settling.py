"""What follows from the outcome of a delivery."""

from __future__ import annotations

import pytest

from headgate.config.events import EventsConfig
from headgate.events.carrying import UNTRIED, Outcome, Result
from headgate.events.settling import Settlement, backoff, may_move_on, settle

CONFIG = EventsConfig(max_attempts=3, base_delay=5, max_delay=60)
REFUSED = Outcome(Result.REFUSED, "no")
FAILED = Outcome(Result.FAILED, "boom")
TAKEN = Outcome(Result.TAKEN)


@pytest.mark.parametrize("took_any", [True, False])
def test_refusal_counts_always(took_any: bool) -> None:
    """What a sink refuses is tried again later, and is a dead letter after the last attempt."""
    first = settle(REFUSED, 0, took_any=took_any, config=CONFIG)
    assert first == Settlement(attempts=1, delay=5, error="no")
    second = settle(REFUSED, 1, took_any=took_any, config=CONFIG)
    assert second == Settlement(attempts=2, delay=10, error="no")
    assert settle(REFUSED, 2, took_any=took_any, config=CONFIG) == Settlement(dead=True, attempts=3, error="no")


def test_failure_counts_only_with_evidence() -> None:
    """While a sink takes nothing, a failure does not count against the event: no outage makes dead letters."""
    assert settle(FAILED, 2, took_any=False, config=CONFIG) == Settlement(attempts=2)
    assert settle(FAILED, 2, took_any=True, config=CONFIG).dead
    assert settle(UNTRIED, 2, took_any=True, config=CONFIG) == Settlement(attempts=2)


def test_nobody_moves_on_behind_a_sink_that_is_down() -> None:
    """Events are put aside only if the sink took or refused something."""
    assert not may_move_on([FAILED, UNTRIED], took_any=False)
    assert may_move_on([FAILED, REFUSED], took_any=False)
    assert may_move_on([FAILED, FAILED], took_any=True)
    assert may_move_on([], took_any=False)


def test_delays_double_up_to_the_limit() -> None:
    """The delay doubles with each failure and never exceeds the limit, however many there were."""
    assert [backoff(n, CONFIG) for n in range(6)] == [5, 10, 20, 40, 60, 60]
    assert backoff(10**6, CONFIG) == 60
