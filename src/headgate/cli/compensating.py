"""Plans that change rows back: shown first, applied when a person says so."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Literal

import typer

from headgate import pipeline
from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.failures import INTERRUPTED
from headgate.cli.progress import Listener
from headgate.cli.run_report import print_conflicts, print_run
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import HeldError
from headgate.observe.operating import deciding
from headgate.pipeline import RunReport
from headgate.store import RunState, Store

_EMPTY = "There is nothing to change."


@dataclass(frozen=True, slots=True)
class Compensation:
    """How a command deals with the plan that it makes.

    Args:
        settings: The settings, with the database.
        by: Who decides.
        yes: Whether that was decided beforehand, as far as the guard agrees.
        as_json: Whether to print JSON, and ask nobody.
        changes: How many changes to show.
        again: The options that a further command needs to mean the same database.
    """

    settings: PipelineConfig
    by: str
    yes: bool
    as_json: bool
    changes: int
    again: str

    async def apply(self, report: RunReport) -> RunReport:
        """Apply the plan, with the approval that a held one needs."""
        async with self._deciding(report, "commit") as store:
            decide = pipeline.approve if report.status is RunState.HELD else pipeline.apply
            return await decide(store, report.run, by=self.by)

    async def reject(self, report: RunReport, reason: str) -> RunReport:
        """Drop the plan."""
        async with self._deciding(report, "reject") as store:
            return await pipeline.reject(store, report.run, by=self.by, reason=reason)

    def _deciding(self, report: RunReport, stage: Literal["commit", "reject"]) -> AbstractAsyncContextManager[Store]:
        return deciding(report.source, self.settings, stage=stage, observer=Listener())


def conclude(how: Compensation, planning: Coroutine[object, object, RunReport | None]) -> None:
    """Make the plan, show it, and apply it if that was said before or is said now; else it waits, exit code 6.

    Where there is nothing to change, there is no plan.

    Raises:
        typer.Exit: The plan waits for somebody's decision.
    """
    report = run(planning)
    if report is None:
        _say_nothing(how)
    elif report.is_empty:
        _drop(report, how)
    elif how.as_json or how.yes or not is_terminal():
        done = run(how.apply(report)) if how.yes and report.status is RunState.PLANNED else report
        _show(replace(done, conflicts=report.conflicts), how)
        if done is report:
            raise typer.Exit(HeldError.exit_code)
    else:
        print_run(report, result_console(), changes=how.changes, asks=True)
        question = "The guard holds this. Apply it all the same?" if report.reasons else "Apply this?"
        done = run(how.apply(report) if confirmed(question) else how.reject(report, "Declined when it was asked for."))
        message_console().print(f"{done.status.value.capitalize()}: run {done.run}.")


def confirmed(question: str) -> bool:
    """Ask the person at the terminal.

    Raises:
        typer.Exit: Ctrl-C instead of an answer; nothing is decided, exit code 130.
    """
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        message_console().print("\nNothing was decided and nothing was applied.")
        raise typer.Exit(INTERRUPTED) from None


def is_terminal() -> bool:
    """Tell whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _say_nothing(how: Compensation) -> None:
    if how.as_json:
        print_json({"run": None, "changes": []})
    else:
        result_console().print(_EMPTY)


def _drop(report: RunReport, how: Compensation) -> None:
    """Say that there is nothing to decide about, and leave no plan behind."""
    dropped = replace(run(how.reject(report, _EMPTY)), conflicts=report.conflicts)
    if how.as_json:
        print_json(dropped.as_dict())
    else:
        print_conflicts(dropped, result_console(), limit=how.changes)
        result_console().print(_EMPTY)


def _show(report: RunReport, how: Compensation) -> None:
    if how.as_json:
        print_json({**report.as_dict(), "changes": [change.as_dict() for change in report.changes[: how.changes]]})
    else:
        print_run(report, result_console(), changes=how.changes, again=how.again)
