"""Runs as they stand in the store, for people: one, or a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate.cli.changes import print_change, print_changes
from headgate.cli.report import changed_rows, count, funnel_table, print_decision, print_reasons, print_unproven
from headgate.pipeline.report import EntityReport
from headgate.pipeline.run_report import RunReport
from headgate.store import RunState

_STYLES = {
    RunState.APPLIED: "green",
    RunState.PLANNED: "cyan",
    RunState.HELD: "bold red",
    RunState.FAILED: "red",
    RunState.STARTED: "cyan",
}
_DECIDED = {RunState.APPLIED: "applied", RunState.REJECTED: "rejected"}
_COLUMNS = ("quarantined", "new", "updated", "deleted")


def print_run(report: RunReport, console: Console, *, changes: int, again: str = "", asks: bool = False) -> None:
    """Print one run: where it stands, its funnel, what it changed or would change.

    Args:
        report: The run.
        console: Where to print.
        changes: How many changes to print.
        again: The options that a further command needs to mean the same database.
        asks: Whether the reader is asked right after, and needs no commands to decide.
    """
    console.print(
        Text.assemble((report.status.value.capitalize(), style(report.status)), f"  {report.source}, run {report.run}"),
        soft_wrap=True,
    )
    for line in _facts(report):
        console.print(Text(line), soft_wrap=True)
    if report.entities:
        console.print(funnel_table(report.entities))
        doubtful = {
            name: entity for name, entity in report.entities.items() if entity.incomplete or not entity.deletions_known
        }
        print_unproven(doubtful, console)
    if report.error:
        console.print(Text(report.error, style="red"), soft_wrap=True)
    if changes and report.changes:
        print_changes(report.changes, console, limit=changes, total=changed_rows(report.entities))
    print_conflicts(report, console, limit=changes)
    waits = report.status in {RunState.PLANNED, RunState.HELD}
    if waits and not asks:
        print_decision(report.run, report.reasons, console, again=again)
    else:
        print_reasons(report.reasons, console, style="red" if waits else "dim")


def print_conflicts(report: RunReport, console: Console, *, limit: int) -> None:
    """Print the rows that a compensating run leaves alone because a later one changed them."""
    left = sum(entity.conflicts for entity in report.entities.values())
    if report.takes_back and left:
        console.print(Text(f"Left as they are, because a later run changed them: {left:,}.", style="yellow"))
        for conflict in report.conflicts[:limit]:
            print_change(conflict, console)


def runs_table(reports: Sequence[RunReport]) -> Table:
    """Return a list of runs, a line for each."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("run", "source", "status", "started (UTC)"):
        table.add_column(name, no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    for report in reports:
        totals = [sum(getattr(entity, name) for entity in report.entities.values()) for name in _COLUMNS]
        table.add_row(
            report.run,
            report.source,
            Text(report.status.value, style=style(report.status)),
            moment(report.started_at),
            *(
                count(name, total, known=name != "deleted" or all(map(_tells_deletions, report.entities.values())))
                if report.entities
                else Text("-", style="dim")
                for name, total in zip(_COLUMNS, totals, strict=True)
            ),
        )
    return table


def _tells_deletions(entity: EntityReport) -> bool:
    return entity.deletions_known


def moment(at: datetime | None) -> str:
    """Return an instant to the second, without its zone: it is UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def style(status: RunState) -> str:
    """Return how the word for a status looks."""
    return _STYLES.get(status, "dim")


def _facts(report: RunReport) -> list[str]:
    facts = [f"started  {moment(report.started_at)} UTC"]
    if report.finished_at is not None:
        word = _DECIDED.get(report.status, "ended")
        by = f" by {report.decided_by}" if report.decided_by else ""
        facts.append(f"{word:<8} {moment(report.finished_at)} UTC{by}")
    if report.takes_back:
        facts.append(f"undoes   run {report.takes_back}")
    if report.hash:
        facts.append(f"plan     {report.hash}")
    return facts
