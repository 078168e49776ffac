"""What is said about the delivery of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headgate.store import SinkStatus
from headgate.web.delivery import sentences

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUIET: dict[str, Any] = {
    "name": "hook",
    "pending": 0,
    "waiting": 0,
    "dead": 0,
    "oldest_at": None,
    "delivered": 0,
    "failures": 0,
    "retry_at": None,
    "error": None,
    "last_success_at": None,
}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ["Nothing was sent yet, and nothing waits."]),
        ({"last_success_at": NOW - timedelta(minutes=3)}, ["Has everything; took the last event 3 minutes ago."]),
        ({"pending": 1, "oldest_at": NOW - timedelta(seconds=90)}, ["1 event waits, the oldest for 1 min 30 s."]),
        (
            {"pending": 3_398, "waiting": 12, "oldest_at": NOW - timedelta(hours=2)},
            [
                "3,398 events wait, the oldest for 2 h 00 min.",
                "12 of them: refused, or behind one of the same row that was; tried again later.",
            ],
        ),
        (
            {"failures": 4, "retry_at": NOW + timedelta(seconds=13)},
            [
                "Nothing was sent yet, and nothing waits.",
                "Nothing could be delivered 4 times in a row; the next attempt is due in 13.0 s.",
            ],
        ),
        (
            {"failures": 1, "retry_at": NOW - timedelta(seconds=13), "dead": 1},
            [
                "Nothing was sent yet, and nothing waits.",
                "Nothing could be delivered the last time; the next run tries again.",
                "1 dead letter: refused too often, and not tried again until you say so.",
            ],
        ),
    ],
)
def test_state_of_a_sink_is_told_in_sentences(facts: dict[str, Any], expected: list[str]) -> None:
    """What waits and for how long, what failed and when it is tried again, and what is given up."""
    assert sentences(SinkStatus(**{**QUIET, **facts}), NOW) == expected
