"""What became of the rows that came, as one bar."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from headgate.web.charts.svg import element, picture

PARTS = (
    ("unchanged", "unchanged"),
    ("new", "new"),
    ("updated", "updated"),
    ("quarantined", "in quarantine"),
    ("duplicates", "duplicates"),
)
"""What a fetched row can become, in the order of the bar. Rows that are deleted were not fetched."""

_WIDTH = 1000.0
_HEIGHT = 16.0
_LEAST = 5.0  # what is there can be seen, however little it is
_GAP = 2.0


def funnel_bar(counts: Mapping[str, int]) -> Markup:
    """Return the bar of a funnel.

    Args:
        counts: Rows by what became of them, by the names of :data:`PARTS`.
    """
    found = [(name, words, counts.get(name, 0)) for name, words in PARTS]
    there = [(name, words.removesuffix("s") if count == 1 else words, count) for name, words, count in found if count]
    total = sum(count for _, _, count in there)
    title = ", ".join(f"{count:,} {words}" for _, words, count in there) or "no rows"
    if not total:
        empty = element("rect", x=0, y=0, width=_WIDTH, height=_HEIGHT, rx=2, class_="none")
        return picture(_WIDTH, _HEIGHT, [empty], title=title, class_="funnel", stretches=True)
    spare = _WIDTH - _GAP * (len(there) - 1)
    wanted = [max(_LEAST, spare * count / total) for _, _, count in there]
    scale = spare / sum(wanted)
    bars, x = [], 0.0
    for (name, words, count), width in zip(there, (want * scale for want in wanted), strict=True):
        bar = element("title", f"{count:,} {words}")
        bars.append(element("rect", bar, x=x, y=0, width=width, height=_HEIGHT, class_=name))
        x += width + _GAP
    return picture(_WIDTH, _HEIGHT, bars, title=title, class_="funnel", stretches=True)
