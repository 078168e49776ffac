"""``headgate plan`` and ``headgate apply``: look first, write later."""

from __future__ import annotations

from typing import Any

import typer

from headgate import pipeline
from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.opening import again, load_settings, whoever
from headgate.cli.options import (
    BaseUrlOption,
    ByOption,
    ChangesOption,
    ConfigOption,
    DatabaseOption,
    DetailsOption,
    FreshOption,
    FullOption,
    JsonOption,
    PlanArgument,
    SourceArgument,
    WaitOption,
)
from headgate.cli.progress import Listener, watcher
from headgate.cli.report import print_report
from headgate.cli.run_report import print_run
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import HeldError
from headgate.observe.operating import deciding, operated


def plan(
    source: SourceArgument,
    *,
    database: DatabaseOption = None,
    base_url: BaseUrlOption = None,
    details: DetailsOption = False,
    fresh: FreshOption = False,
    full: FullOption = False,
    wait: WaitOption = 0.0,
    changes: ChangesOption = 20,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Find out what a sync of SOURCE would change, write the plan down, and apply nothing.

    'headgate apply' applies exactly this plan later. A plan that the guard holds ends with exit code 6.
    """
    settings = load_settings(config, database)
    report = run(_planned(source, settings, base_url=base_url, details=details, wait=wait, fresh=fresh, full=full))
    if as_json:
        print_json({**report.as_dict(), "changes": [change.as_dict() for change in report.changes[:changes]]})
    else:
        print_report(report, result_console(), changes=changes, again=again(config, database))
    if report.status is pipeline.RunStatus.HELD:
        raise typer.Exit(HeldError.exit_code)


def apply(
    plan: PlanArgument,
    *,
    by: ByOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Apply PLAN exactly as it was written down, or refuse because the world has moved since."""
    settings = load_settings(config, database)
    report = run(_applied(plan, settings, by=by or whoever()))
    if as_json:
        print_json(report.as_dict(changes=False))
    else:
        print_run(report, result_console(), changes=0)


async def _planned(source: str, settings: PipelineConfig, **how: Any) -> pipeline.SyncReport:
    with watcher(message_console()) as observer:
        async with operated(source, settings, observer=observer) as watched:
            return await pipeline.plan(source, config=settings, observer=watched, **how)


async def _applied(plan: str, settings: PipelineConfig, *, by: str) -> pipeline.RunReport:
    source = await pipeline.source_of(settings, plan)
    async with deciding(source, settings, stage="commit", observer=Listener()) as store:
        return await pipeline.apply(store, plan, by=by)
