"""``headgate approve`` and ``headgate reject``: a person decides about a plan."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings, whoever
from headgate.cli.options import ByOption, ConfigOption, DatabaseOption, JsonOption, RunArgument
from headgate.cli.progress import Listener
from headgate.cli.run_report import print_run
from headgate.cli.running import run as run_work
from headgate.config.settings import PipelineConfig
from headgate.observe.operating import deciding


def approve(
    run: RunArgument,
    *,
    by: ByOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Approve RUN, which the guard holds: its plan is applied as it stands, without asking the upstream again."""
    _print(run_work(_approve(load_settings(config, database), run, by or whoever())), as_json=as_json)


def reject(
    run: RunArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept with the run.")] = None,
    by: ByOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Reject RUN, held or planned: its plan is dropped for good."""
    _print(run_work(_reject(load_settings(config, database), run, by or whoever(), reason)), as_json=as_json)


def _print(report: pipeline.RunReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.as_dict(changes=False))
    else:
        print_run(report, result_console(), changes=0)


async def _approve(settings: PipelineConfig, run: str, by: str) -> pipeline.RunReport:
    source = await pipeline.source_of(settings, run)
    async with deciding(source, settings, stage="commit", observer=Listener()) as store:
        return await pipeline.approve(store, run, by=by)


async def _reject(settings: PipelineConfig, run: str, by: str, reason: str | None) -> pipeline.RunReport:
    source = await pipeline.source_of(settings, run)
    async with deciding(source, settings, stage="reject", observer=Listener()) as store:
        return await pipeline.reject(store, run, by=by, reason=reason)
