"""``headgate sync``: keep the database in step with one source."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.progress import watcher
from headgate.cli.report import print_report
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import HeldError
from headgate.logging import configure_logging
from headgate.pipeline import sync as run_sync
from headgate.pipeline.report import RunStatus, SyncReport


def sync(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source, such as ncaa; see 'headgate sources'.")],
    *,
    database: DatabaseOption = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Ask this host instead of the source's own.")
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Also read the page of each row; takes longer.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Keep the database in step with SOURCE: fetch, check, compare, and write what changed in one transaction.

    A run that would delete too much, or that finds an empty upstream, is held: nothing is applied, exit code 6.
    """
    settings = PipelineConfig(config, **({} if database is None else {"database_url": database}))
    configure_logging(level=settings.log_level, style=settings.log_format)
    report = run(_watched(source, settings, base_url=base_url, details=details))
    if as_json:
        print_json(report.as_dict())
    else:
        print_report(report, result_console())
    if report.status is RunStatus.HELD:
        raise typer.Exit(HeldError.exit_code)


async def _watched(source: str, settings: PipelineConfig, *, base_url: str | None, details: bool) -> SyncReport:
    with watcher(message_console()) as observer:
        return await run_sync(source, config=settings, base_url=base_url, details=details, observer=observer)
