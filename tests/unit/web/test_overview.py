"""What the first page says of numbers beyond their limits."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.config.operation import AlertRule
from headgate.observe.alerts import Alert
from headgate.web.pages.overview import in_words


@pytest.mark.parametrize(
    ("rule", "value", "limit", "expected"),
    [
        ({"metric": "outbox_lag_seconds", "above": 3600}, 4366.473, 3600, ("1 h 12 min", "1 h 00 min")),
        (
            {"metric": "last_run_rows", "labels": {"fate": "deleted"}, "above": 0.05, "share": True},
            0.6852,
            0.05,
            ("68.5 %", "5.0 %"),
        ),
        ({"metric": "quarantined_rows", "above": 1000}, 12_000, 1000, ("12,000", "1,000")),
        ({"metric": "quality_score", "below": 80}, 79.256, 80, ("79.256", "80")),
    ],
)
def test_numbers_are_told_in_their_unit(
    rule: dict[str, Any], value: float, limit: float, expected: tuple[str, str]
) -> None:
    """Seconds are a length of time, shares are per cent, and everything else is a number."""
    assert in_words(Alert("rule", {}, value, limit, "warning", ""), AlertRule(**rule)) == expected
