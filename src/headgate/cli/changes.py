"""Changes for people: a line for each row, and the fields of an update with their old and new value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from headgate.pipeline.report import Change

_MARKS = {"new": ("+", "green"), "updated": ("~", "yellow"), "deleted": ("-", "red")}
_LONGEST_VALUE = 48


def print_changes(changes: Sequence[Change], console: Console, *, limit: int, total: int) -> None:
    """Print some changes, each updated row with its fields, and count the others.

    Args:
        changes: The changes at hand.
        console: Where to print.
        limit: How many to print.
        total: How many there are.
    """
    shown = _most_telling(changes, limit)
    for change in shown:
        print_change(change, console)
    if total > len(shown):
        console.print(Text(f"... and {total - len(shown):,} more changes.", style="dim"))


def print_change(change: Change, console: Console) -> None:
    """Print one change."""
    mark, style = _MARKS.get(change.operation, ("?", ""))
    key = ", ".join(map(str, change.key))
    named = f"  {key}" if key != change.label else ""
    console.print(
        Text.assemble((f"{mark} ", style), f"{change.entity} ", (change.label, "bold"), (named, "dim")), soft_wrap=True
    )
    for name, (old, new) in change.fields.items():
        console.print(
            Text.assemble(f"    {name}: ", (shorten(old), "red"), " → ", (shorten(new), "green")), soft_wrap=True
        )


def shorten(value: Any, longest: int = _LONGEST_VALUE) -> str:
    """Return a value as text of bounded length on one line."""
    text = "none" if value is None else " ".join(str(value).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _most_telling(changes: Sequence[Change], limit: int) -> list[Change]:
    """Choose some changes so that no entity and no operation hides the others, in the order of the report."""
    kinds = {(change.entity, change.operation) for change in changes}
    fair = max(1, limit // max(1, len(kinds)))
    taken: Counter[tuple[str, str]] = Counter()
    chosen: list[int] = []
    spare: list[int] = []
    for index, change in enumerate(changes):
        kind = (change.entity, change.operation)
        taken[kind] += 1
        (chosen if taken[kind] <= fair else spare).append(index)
    chosen = chosen[:limit]
    chosen += spare[: limit - len(chosen)]
    return [changes[index] for index in sorted(chosen)]
