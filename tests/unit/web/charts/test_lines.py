"""The scale of a chart, and what cannot be drawn."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

import pytest

from headgate.web.charts.lines import Line, line_chart, scale

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 100, math.inf, [0, 25, 50, 75, 100]),
        (100, 100, 100, [40, 60, 80, 100]),
        (98.2, 99.8, 100, [98, 98.5, 99, 99.5, 100]),
        (0, 0, math.inf, [0, 0.2, 0.4, 0.6]),
    ],
)
def test_scale_is_round_and_holds_what_there_can_be(
    low: float, high: float, most: float, expected: list[float]
) -> None:
    """Ticks are round numbers around the range, and no score is drawn as if it could be above 100."""
    assert scale(low, high, most) == pytest.approx(expected)


def test_numbers_of_the_scale_are_short() -> None:
    """Whatever its size, a number beside a chart has room there."""
    for size in (1e-7, 1, 9_999, 12_500, 3.2e6, 7.5e9, 1.2e12, 1.1529e18, 8e250):
        chart = line_chart([Line("a", [(NOON, size), (NOON, 1.31 * size)])], title="Numbers")
        ticks = re.findall(r'text-anchor="end" class="tick">([^<]+)<', chart)
        assert len(ticks) > 2
        assert max(map(len, ticks)) < 10, ticks


def test_numbers_too_large_for_a_picture_are_gaps() -> None:
    """One absurd number does not keep the others from being drawn."""
    chart = line_chart([Line("a", [(NOON, 1.0), (NOON, math.inf), (NOON, -1.7e308), (NOON, 3.0)])], title="Numbers")
    assert chart.count("<circle") == 2
    assert "inf" not in chart
