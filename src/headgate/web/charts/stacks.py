"""Findings by severity, a stack of bars for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from headgate.web.charts.svg import element, picture

SEVERITIES = ("info", "warning", "error", "critical")

_SLOTS = 30
_STEP = 12.0
_BAR = 9.0
_HEIGHT = 90.0


def severity_stacks(runs: Sequence[tuple[str, str, Mapping[str, int]]]) -> Markup:
    """Return a stack for each run, oldest first.

    Args:
        runs: The id of the run, what is said about it, and how many findings it had of each severity.
    """
    shown = list(runs)[-_SLOTS:]
    highest = max((sum(counts.values()) for _, _, counts in shown), default=0) or 1
    stacks = []
    for place, (run, words, counts) in enumerate(shown):
        down, bars = _HEIGHT, []
        for severity in SEVERITIES:
            height = (_HEIGHT - 2) * counts.get(severity, 0) / highest
            if height:
                down -= height
                bars.append(
                    element("rect", x=place * _STEP, y=down, width=_BAR, height=height, class_=f"severity-{severity}")
                )
        if not bars:
            bars.append(element("rect", x=place * _STEP, y=_HEIGHT - 2, width=_BAR, height=2, class_="none"))
        stacks.append(element("a", element("title", words), *bars, href=f"/runs/{run}", aria_label=words))
    title = "Findings of the last runs by severity"
    return picture(_SLOTS * _STEP, _HEIGHT, stacks, title=title, class_="stacks", leads_on=True)
