"""A run's report for people: the funnel, the changes, why it was held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport

_COLUMNS = ("fetched", "duplicates", "quarantined", "valid", "new", "updated", "unchanged", "deleted")
_STYLES = {"new": "green", "updated": "yellow", "deleted": "red", "quarantined": "magenta", "duplicates": "magenta"}
_MARKS = {"new": ("+", "green"), "updated": ("~", "yellow"), "deleted": ("-", "red")}
_LONGEST_VALUE = 48

_HEADLINES = {
    RunStatus.APPLIED: ("Applied", "bold green"),
    RunStatus.UNCHANGED: ("Unchanged: nothing was written", "bold green"),
    RunStatus.HELD: ("Held: nothing was applied", "bold red"),
}


def print_report(report: SyncReport, console: Console, *, changes: int = 20) -> None:
    """Print a run: how it ended, its funnel, what changed.

    Args:
        report: The run.
        console: Where to print.
        changes: How many changes to print; the rest is counted.
    """
    words, style = _HEADLINES[report.status]
    console.print(
        Text.assemble((words, style), f"  {report.source}, run {report.run}, {report.duration_seconds:.1f} s"),
        soft_wrap=True,
    )
    console.print(funnel_table(report.entities))
    for warning in report.warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"), soft_wrap=True)
    for found in report.findings:
        rows = "1 row breaks" if found.rows == 1 else f"{found.rows:,} rows break"
        console.print(
            Text(f"{found.severity.capitalize()}: {rows} the rule '{found.rule}' of {found.entity}.", style="yellow"),
            soft_wrap=True,
        )
    if report.status is RunStatus.HELD:
        print_held(report, console)
    elif any(entity.updated or entity.deleted for entity in report.entities.values()):
        print_changes(report, console, limit=changes)


def funnel_table(entities: Mapping[str, EntityReport]) -> Table:
    """Return the funnel of a run, a line for each entity; zeros are dimmed so that the rest stands out."""
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        caption="fetched = duplicates + quarantined + valid;  valid = new + updated + unchanged",
        caption_justify="left",
    )
    table.add_column("entity")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for name, entity in entities.items():
        table.add_row(name, *(_count(column, getattr(entity, column)) for column in _COLUMNS))
    return table


def _count(column: str, count: int) -> Text:
    return Text(f"{count:,}", style=_STYLES.get(column, "") if count else "dim")


def print_changes(report: SyncReport, console: Console, *, limit: int) -> None:
    """Print the changes of a run, each updated row with its fields, old and new."""
    shown = _most_telling(report.changes, limit)
    for change in shown:
        mark, style = _MARKS.get(change.operation, ("?", ""))
        console.print(Text.assemble((f"{mark} ", style), f"{change.entity} ", (change.label, "bold")), soft_wrap=True)
        for name, (old, new) in change.fields.items():
            console.print(
                Text.assemble(f"    {name}: ", (_value(old), "red"), " → ", (_value(new), "green")), soft_wrap=True
            )
    total = sum(entity.new + entity.updated + entity.deleted for entity in report.entities.values())
    if total > len(shown):
        console.print(Text(f"... and {total - len(shown):,} more changes.", style="dim"))


def _most_telling(changes: Sequence[Change], limit: int) -> list[Change]:
    """Choose some changes so that no operation hides the others, in the order of the report."""
    by_operation = Counter(change.operation for change in changes)
    fair = max(1, limit // max(1, len(by_operation)))
    taken: Counter[str] = Counter()
    chosen: list[int] = []
    spare: list[int] = []
    for index, change in enumerate(changes):
        taken[change.operation] += 1
        (chosen if taken[change.operation] <= fair else spare).append(index)
    chosen += spare[: max(0, limit - len(chosen))]
    return [changes[index] for index in sorted(chosen)]


def _value(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def print_held(report: SyncReport, console: Console) -> None:
    """Print why a run was held and what can be done."""
    for reason in report.reasons:
        console.print(Text(f"• {reason}", style="red"), soft_wrap=True)
    console.print(
        "If the upstream is wrong, wait until it is well and sync again. If it is right, raise the limit that was "
        "passed for one run, for example HEADGATE_GUARD__MAX_DELETE_SHARE=0.5 or HEADGATE_GUARD__ALLOW_EMPTY=true.",
        soft_wrap=True,
    )
