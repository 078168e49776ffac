"""The last runs of a source: a bar for each, as high as it changed rows, coloured by how it ended."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from headgate.web.charts.svg import element, picture

SLOTS = 24
"""Runs that have room."""

_STEP = 10.0
_BAR = 7.0
_HEIGHT = 40.0
_LEAST = 3.0


@dataclass(frozen=True, slots=True)
class RunBar:
    """One run in the row.

    Args:
        run: Its id.
        status: Where it stands.
        changed: Rows it changed, or would change.
        words: What is said about it.
    """

    run: str
    status: str
    changed: int
    words: str


def run_bars(runs: Sequence[RunBar]) -> Markup:
    """Return a row of bars, oldest first; heights are logarithmic, because a first load is a thousand times a day."""
    shown = list(runs)[-SLOTS:]
    highest = math.log1p(max((run.changed for run in shown), default=0)) or 1.0
    bars = []
    for place, run in enumerate(shown):
        height = _LEAST + (_HEIGHT - _LEAST) * math.log1p(run.changed) / highest
        bar = element(
            "rect",
            element("title", run.words),
            x=place * _STEP,
            y=_HEIGHT - height,
            width=_BAR,
            height=height,
            rx=1.5,
            class_=f"status-{run.status}",
        )
        bars.append(element("a", bar, href=f"/runs/{run.run}", aria_label=run.words))
    title = f"The last {len(shown)} runs" if len(shown) != 1 else "The only run"
    return picture(SLOTS * _STEP, _HEIGHT, bars, title=title, class_="run-bars", leads_on=True)
