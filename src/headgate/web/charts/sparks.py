"""One number over some runs, small enough for a cell of a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from headgate.web.charts.svg import element, picture

_STEP = 5.0
_BAR = 4.0
_HEIGHT = 20.0
_LEAST = 2.0


def spark_bars(counts: Sequence[int], *, severity: str) -> Markup:
    """Return a bar for each run, oldest first, in the colour of a severity.

    Args:
        counts: What was counted in each run.
        severity: ``info``, ``warning``, ``error`` or ``critical``.
    """
    highest = max(counts, default=0) or 1
    bars = []
    for place, count in enumerate(counts):
        height = max(_LEAST, _HEIGHT * count / highest)
        class_ = f"severity-{severity}" if count else "none"
        bars.append(
            element("rect", x=place * _STEP, y=_HEIGHT - height, width=_BAR, height=height, class_=class_),
        )
    title = f"From {counts[0]:,} to {counts[-1]:,} over {len(counts)} runs" if counts else "No run"
    return picture(max(1, len(counts)) * _STEP, _HEIGHT, bars, title=title, class_="spark")
