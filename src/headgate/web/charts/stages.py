"""The time that a run spent in each stage."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from headgate.web.charts.svg import element, picture
from headgate.web.wording import duration

_WIDTH = 1000.0
_HEIGHT = 10.0
_LEAST = 4.0


def stage_bars(seconds: Mapping[str, float]) -> Markup:
    """Return a list of stages, each with a bar as long as its share of the whole and with its time.

    Args:
        seconds: Seconds by stage, in their order.
    """
    total = sum(seconds.values()) or 1.0
    lines = []
    for stage, spent in seconds.items():
        width = max(_LEAST, _WIDTH * spent / total)
        bars = (
            element("rect", x=0, y=0, width=_WIDTH, height=_HEIGHT, class_="track"),
            element("rect", x=0, y=0, width=width, height=_HEIGHT),
        )
        title = f"{100 * spent / total:.0f} % of the time"
        lines += [
            element("dt", stage),
            element("dd", picture(_WIDTH, _HEIGHT, bars, title=title, class_="bar", stretches=True)),
            element("dd", duration(spent)),
        ]
    return element("dl", *lines, class_="stages")
