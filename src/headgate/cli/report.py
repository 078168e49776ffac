"""A run's report for people: the funnel, the changes, why it was held, what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate.cli.changes import print_changes
from headgate.pipeline.report import EntityReport, RunStatus, SyncReport

_COLUMNS = ("fetched", "duplicates", "quarantined", "valid", "new", "updated", "unchanged", "deleted")
_STYLES = {"new": "green", "updated": "yellow", "deleted": "red", "quarantined": "magenta", "duplicates": "magenta"}
_PARTITIONS_NAMED = 5
_FOR_PEOPLE = {"probable", "ambiguous", "none"}
_UNPROVEN = ", as far as it could be read"

_HEADLINES = {
    RunStatus.APPLIED: ("Applied", "", "bold green"),
    RunStatus.UNCHANGED: ("Unchanged", ": nothing was written", "bold green"),
    RunStatus.PLANNED: ("Planned", ": nothing was applied", "bold cyan"),
    RunStatus.HELD: ("Held", ": nothing was applied", "bold red"),
}


def print_report(report: SyncReport, console: Console, *, changes: int = 20, again: str = "") -> None:
    """Print a run: how it ended, its funnel, what changed.

    Args:
        report: The run.
        console: Where to print.
        changes: How many changes to print; the rest is counted.
        again: The options that a further command needs to mean the same database.
    """
    console.print(
        Text.assemble(_headline(report), f"  {report.source}, run {report.run}, {report.duration_seconds:.1f} s"),
        soft_wrap=True,
    )
    console.print(funnel_table(report.entities))
    print_unproven(report.entities, console)
    _print_matched(report, console, again=again)
    for warning in report.warnings:
        console.print(Text(f"Warning: {warning}", style="yellow"), soft_wrap=True)
    for found in report.findings:
        console.print(
            Text(
                f"{found.severity.capitalize()}: {found.words} the rule '{found.rule}' of {found.entity}.",
                style="yellow",
            ),
            soft_wrap=True,
        )
    decides = report.status in {RunStatus.PLANNED, RunStatus.HELD}
    # a first run is new in every row: the funnel says it all, unless somebody has to decide about it
    if decides or any(entity.updated or entity.deleted for entity in report.entities.values()):
        print_changes(report.changes, console, limit=changes, total=changed_rows(report.entities))
    if decides:
        print_decision(report.run, report.reasons, console, again=again)
    if report.status is RunStatus.HELD:
        console.print("If the upstream is wrong, wait until it is well and sync again.", soft_wrap=True)


def _headline(report: SyncReport) -> Text:
    """Say how the run ended; what was not proven complete must not read as all well."""
    words, consequence, style = _HEADLINES[report.status]
    if report.complete or report.status is RunStatus.HELD:
        return Text(words + consequence, style=style)
    return Text(f"{words}{_UNPROVEN}{consequence}", style="bold yellow")


def _print_matched(report: SyncReport, console: Console, *, again: str) -> None:
    """Say how many rows were matched with institutions, and how many wait for a person."""
    for name, kinds in report.enriched.items():
        waiting = sum(count for kind, count in kinds.items() if kind in _FOR_PEOPLE)
        told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        wait = f"; {waiting:,} may be looked at: headgate match review {report.source}{again}" if waiting else ""
        console.print(Text(f"Matched {name} with institutions: {told}{wait}", style="dim"), soft_wrap=True)


def print_unproven(entities: Mapping[str, EntityReport], console: Console) -> None:
    """Say of which entities it is not certain that they were listed to their end, and what that means."""
    for name, entity in entities.items():
        if not entity.complete or not entity.deletions_known:
            console.print(Text(f"{name}: {_unproven(entity)}", style="yellow"), soft_wrap=True)


def _unproven(entity: EntityReport) -> str:
    parts = ", ".join(part for part in entity.incomplete[:_PARTITIONS_NAMED] if part)
    more = (
        f" and {len(entity.incomplete) - _PARTITIONS_NAMED:,} more"
        if len(entity.incomplete) > _PARTITIONS_NAMED
        else ""
    )
    kept = f" {entity.kept:,} known rows did not come and were kept." if entity.kept else ""
    if entity.complete:
        return f"a row in quarantine cannot be identified, so no row counts as gone.{kept}"
    if not parts:
        return f"not proven to be listed to its end, so no row counts as gone.{kept}"
    return f"not proven to be listed to its end in {parts}{more}, so no row there counts as gone.{kept}"


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
        known = {"deleted": entity.deletions_known}
        table.add_row(
            name, *(count(column, getattr(entity, column), known=known.get(column, True)) for column in _COLUMNS)
        )
    return table


def count(column: str, number: int, *, known: bool = True) -> Text:
    """Return a number of rows as the funnel shows it; of one that is not known, what is."""
    if not known:
        return Text(f"{number:,} or more" if number else "unknown", style="yellow")
    return Text(f"{number:,}", style=_STYLES.get(column, "") if number else "dim")


def changed_rows(entities: Mapping[str, EntityReport]) -> int:
    """Return how many rows a run changes."""
    return sum(entity.new + entity.updated + entity.deleted for entity in entities.values())


def print_decision(run: str, reasons: Sequence[str], console: Console, *, again: str = "") -> None:
    """Print why a plan is held, if it is, and the commands that decide about it.

    Args:
        run: The run that made the plan.
        reasons: Why it is held; none: it is not.
        console: Where to print.
        again: The options that each command needs to mean the same database.
    """
    print_reasons(reasons, console)
    yes = ("approve", "it is right: apply it as it stands") if reasons else ("apply", "apply exactly this")
    commands = (("show", "see more of it, with --changes"), yes, ("reject", "drop it"))
    lines = [(f"headgate {word} {run}{again}", meaning) for word, meaning in commands]
    width = max(len(line) for line, _ in lines)
    console.print(Text("What next:"))
    for line, meaning in lines:
        console.print(Text.assemble("  ", (f"{line:<{width}}", "bold"), (f"  {meaning}", "dim")), soft_wrap=True)


def print_reasons(reasons: Sequence[str], console: Console, *, style: str = "red") -> None:
    """Print why the guard holds a plan, or held it."""
    for reason in reasons:
        console.print(Text(f"• {reason}", style=style), soft_wrap=True)
