"""Numbers over time: lines with a scale on the left and dates below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard

from markupsafe import Markup

from headgate.web.charts.svg import element, picture

COLOURS = 6
"""Series that can be told apart by their colour."""

_WIDTH, _HEIGHT = 720.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 12.0, 14.0, 30.0
_TICKS = 4
_DATES = 5
_DOTS = 60
_LARGEST = 1e300
_TOO_LONG = 1e13
_HOUR = 3_600
_FORMS = ((48 * _HOUR, "day", "%Y-%m-%d"), (_HOUR, "minute", "%m-%d %H:%M"), (0, "second", "%H:%M:%S"))
"""How moments are written where they are so many seconds apart, in UTC; a script shows them in the reader's zone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series.

    Args:
        name: What it is called.
        points: Moments with their values, in order; None is a gap, and so is what is too large for a picture.
    """

    name: str
    points: Sequence[tuple[datetime, float | None]]


def line_chart(
    lines: Sequence[Line], *, title: str, steps: bool = False, from_zero: bool = False, most: float = math.inf
) -> Markup:
    """Return a chart of some series.

    Args:
        lines: The series; the first :data:`COLOURS` have a colour of their own.
        title: What the chart shows, in words.
        steps: Whether a value stays what it was until the next one.
        from_zero: Whether the scale begins at zero.
        most: What no value can be beyond.
    """
    moments = [moment.timestamp() for line in lines for moment, _ in line.points]
    values = [value for line in lines for _, value in line.points if _can_be_drawn(value)]
    if not values:
        return Markup('<p class="hint">There are no numbers yet.</p>')
    first, last = min(moments), max(moments)
    ticks = scale(0.0 if from_zero else min(values), max(values), most)
    low, high = ticks[0], ticks[-1]
    across = (_WIDTH - _LEFT - _RIGHT) / ((last - first) or 1.0)

    def x(moment: datetime) -> float:
        return _LEFT + (moment.timestamp() - first) * across if last > first else (_LEFT + _WIDTH - _RIGHT) / 2

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    drawn: list[Markup] = []
    for tick in ticks:
        drawn.append(element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y(tick), y2=y(tick), class_="grid"))
        drawn.append(element("text", _short(tick), x=_LEFT - 8, y=y(tick) + 4, text_anchor="end", class_="tick"))
    drawn += _dates(first, last, across)
    for number, line in enumerate(lines):
        colour = f"series-{number % COLOURS + 1}"
        placed = [(x(moment), y(value), moment, value) for moment, value in line.points if _can_be_drawn(value)]
        if len(placed) > 1:
            drawn.append(element("path", d=_path(placed, steps=steps), class_=f"line {colour}"))
        if len(placed) <= _DOTS:
            drawn += [
                element(
                    "circle",
                    element("title", f"{line.name}: {value:,.6g}, {moment:%Y-%m-%d %H:%M} UTC"),
                    cx=across_at,
                    cy=down,
                    r=3,
                    class_=f"dot {colour}",
                )
                for across_at, down, moment, value in placed
            ]
    return picture(_WIDTH, _HEIGHT, drawn, title=title, class_="lines")


def _can_be_drawn(value: float | None) -> TypeGuard[float]:
    return value is not None and abs(value) < _LARGEST


def scale(low: float, high: float, most: float = math.inf) -> list[float]:
    """Return the round numbers of a scale that holds a range, lowest first; one number alone gets room around it."""
    if high <= low:
        high, low = low + (abs(low) or 1.0) * 0.5, low - (abs(low) or 1.0) * 0.5
        low, high = max(low, 0.0) if high > 0 else low, min(high, most)
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power >= rough * 0.999)
    start = math.floor(low / step) * step
    count = math.ceil((high - start) / step - 1e-9)
    return [start + step * number for number in range(count + 1)]


def _path(placed: Sequence[tuple[float, float, datetime, float]], *, steps: bool) -> str:
    first, *rest = [(across, down) for across, down, _, _ in placed]
    begin = f"M{first[0]:.1f} {first[1]:.1f}"
    if steps:
        return begin + "".join(f"H{across:.1f}V{down:.1f}" for across, down in rest)
    return begin + "".join(f"L{across:.1f} {down:.1f}" for across, down in rest)


def _dates(first: float, last: float, across: float) -> list[Markup]:
    """Return the words below the chart: dates, or times where they are less than two days apart."""
    span = last - first
    unit, form = next((unit, form) for least, unit, form in _FORMS if span >= least)
    count = _DATES if span else 1
    drawn = []
    for number in range(count):
        moment = first + span * number / max(1, count - 1)
        place = _LEFT + (moment - first) * across if span else (_LEFT + _WIDTH - _RIGHT) / 2
        anchor = "middle" if count == 1 or 0 < number < count - 1 else "start" if number == 0 else "end"
        at = datetime.fromtimestamp(moment, UTC)
        class_ = "tick between" if number % 2 else "tick"
        times = {"data_at": at.isoformat(timespec="seconds"), "data_unit": unit}
        drawn.append(
            element("text", at.strftime(form), x=place, y=_HEIGHT - 7, text_anchor=anchor, class_=class_, **times)
        )
    return drawn


def _short(value: float) -> str:
    """Return a number of the scale in few characters."""
    if abs(value) >= _TOO_LONG:
        return f"{value:.3g}"
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):,.4g}{unit}"
    return f"{value:,.4g}"
