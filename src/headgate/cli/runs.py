"""``headgate runs`` and ``headgate show``: what was done, and what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import again, load_settings
from headgate.cli.options import ChangesOption, ConfigOption, DatabaseOption, JsonOption, RunArgument
from headgate.cli.run_report import print_run, runs_table
from headgate.cli.running import run as run_work
from headgate.config.settings import PipelineConfig
from headgate.pipeline.run_report import RunReport, describe_all


def runs(
    *,
    source: Annotated[str | None, typer.Option("--source", metavar="SOURCE", help="Only runs of this source.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many runs to list.")] = 20,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the last runs, newest first: what they changed, and which wait for a decision."""
    found = run_work(_runs(load_settings(config, database), source, limit))
    if as_json:
        print_json({"runs": [report.as_dict(changes=False) for report in found]})
    elif found:
        result_console().print(runs_table(found))
    else:
        result_console().print("No runs yet." if source is None else f"No runs of '{source}' yet.")


def show(
    run: RunArgument,
    *,
    changes: ChangesOption = 20,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show RUN: where it stands, its funnel, and what it changed, or would change while its plan waits."""
    report = run_work(_show(load_settings(config, database), run, changes))
    if as_json:
        print_json(report.as_dict())
    else:
        print_run(report, result_console(), changes=changes, again=again(config, database))


async def _runs(settings: PipelineConfig, source: str | None, limit: int) -> list[RunReport]:
    async with pipeline.open_store(settings) as store:
        return await describe_all(store, await store.runs(source=source, limit=limit))


async def _show(settings: PipelineConfig, run: str, changes: int) -> RunReport:
    async with pipeline.open_store(settings) as store:
        return await pipeline.describe(store, run, changes=changes)
