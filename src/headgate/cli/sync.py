"""``headgate sync``: keep the database in step with one source."""

from __future__ import annotations

from typing import Any

import typer

from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.opening import again, load_settings
from headgate.cli.options import (
    BaseUrlOption,
    ConfigOption,
    DatabaseOption,
    DetailsOption,
    FreshOption,
    FullOption,
    JsonOption,
    SourceArgument,
    WaitOption,
)
from headgate.cli.progress import watcher
from headgate.cli.report import print_report
from headgate.cli.running import run
from headgate.cli.unfinished import unfinished_as_json
from headgate.config.settings import PipelineConfig
from headgate.errors import HeldError
from headgate.observe.operating import operated
from headgate.pipeline import RunStatus, SyncReport
from headgate.pipeline import sync as run_sync


def sync(
    source: SourceArgument,
    *,
    database: DatabaseOption = None,
    base_url: BaseUrlOption = None,
    details: DetailsOption = False,
    fresh: FreshOption = False,
    full: FullOption = False,
    wait: WaitOption = 0.0,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep the database in step with SOURCE: fetch, check, compare, and write what changed in one transaction.

    A run that would delete too much, or that finds an empty upstream, is held: nothing is applied, exit code 6. What an
    interrupted run has read a short time ago is taken over, as far as the source allows.
    """
    with unfinished_as_json(source, wanted=as_json):
        settings = load_settings(config, database)
        report = run(_watched(source, settings, base_url=base_url, details=details, wait=wait, fresh=fresh, full=full))
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report, result_console(), again=again(config, database))
    if report.status is RunStatus.HELD:
        raise typer.Exit(HeldError.exit_code)


async def _watched(source: str, settings: PipelineConfig, **how: Any) -> SyncReport:
    with watcher(message_console()) as observer:
        async with operated(source, settings, observer=observer) as watched:
            return await run_sync(source, config=settings, observer=watched, **how)
