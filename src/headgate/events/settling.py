"""What follows when an event was not taken: another attempt, or a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.config.events import EventsConfig
from headgate.events.carrying import Outcome, Result


@dataclass(frozen=True, slots=True)
class Settlement:
    """What follows for an event that the sink did not take.

    Args:
        dead: Whether it is not tried any more.
        attempts: How often delivery was tried and failed.
        delay: Seconds until the next attempt.
        error: What it failed with.
    """

    dead: bool = False
    attempts: int = 0
    delay: float = 0.0
    error: str | None = None


def settle(outcome: Outcome, attempts: int, *, took_any: bool, config: EventsConfig) -> Settlement:
    """Return what follows when an event was not taken.

    A failure counts against the event only if there is evidence that it is the event's fault: the sink said so, or took
    other events in the same session. While a sink is down nothing counts, so that no outage, however long, makes dead
    letters.

    Args:
        outcome: How the delivery went.
        attempts: How often it failed before.
        took_any: Whether the sink took any event in this session.
        config: Attempts and delays.
    """
    counts = outcome.result is Result.REFUSED or (outcome.result is Result.FAILED and took_any)
    if not counts:
        return Settlement(attempts=attempts)
    dead = attempts + 1 >= config.max_attempts
    return Settlement(
        dead=dead, attempts=attempts + 1, delay=0.0 if dead else backoff(attempts, config), error=outcome.error
    )


def may_move_on(outcomes: Sequence[Outcome], *, took_any: bool) -> bool:
    """Tell whether a sink may go on behind events of which some were not taken: they are put aside then.

    It may not while it seems to be down, which is when it took nothing and refused nothing: everything stays in line.
    """
    return took_any or not outcomes or any(outcome.result is Result.REFUSED for outcome in outcomes)


def backoff(failures: int, config: EventsConfig) -> float:
    """Return the seconds before the next attempt, after so many failures before the last one."""
    return float(min(config.base_delay * 2.0 ** min(failures, 60), config.max_delay))
