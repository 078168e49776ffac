"""``headgate prune``: let go of the distant past."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.run_report import moment
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.store import Pruned, PrunedRuns


def prune(
    *,
    keep_days: Annotated[
        int | None,
        typer.Option(
            "--keep-days",
            metavar="N",
            min=1,
            help="How many days of the past stay known; the setting retention.keep_days if not given.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remove what ended more than N days ago, for good: versions, rows in quarantine, findings, records of runs.

    Whatever was so since then can still be told, and runs applied since then can still be taken back. The rows
    themselves stay, and of runs whatever a kept version, the guard or the next run needs.
    """
    settings = load_settings(config, database)
    days = keep_days or settings.retention.keep_days
    if days is None:
        raise ConfigError(
            "How much of the past stays known is not said.", hint="Give --keep-days, or set retention.keep_days."
        )
    horizon = datetime.now(UTC) - timedelta(days=days)
    removed, runs = run(_prune(settings, horizon, dry_run=dry_run))
    if as_json:
        entities = [asdict(entity) for entity in removed]
        print_json({"horizon": horizon.isoformat(), "dry_run": dry_run, "entities": entities, **asdict(runs)})
        return
    console = result_console()
    console.print(_table(removed))
    console.print(f"Records of runs: {runs.runs:,}. Findings about them: {runs.findings:,}.")
    if dry_run:
        console.print(f"Nothing was removed. The past would be known since {moment(horizon)} UTC.")
    else:
        console.print(f"Removed. The past is known since {moment(horizon)} UTC.")


def _table(removed: list[Pruned]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("entity")
    for name in ("versions", "quarantined"):
        table.add_column(name, justify="right")
    for entity in removed:
        table.add_row(entity.entity, f"{entity.versions:,}", f"{entity.quarantined:,}")
    return table


async def _prune(settings: PipelineConfig, horizon: datetime, *, dry_run: bool) -> tuple[list[Pruned], PrunedRuns]:
    async with pipeline.open_store(settings) as store:
        removed = await store.prune(horizon, dry_run=dry_run)
        return removed, await store.prune_runs(horizon, dry_run=dry_run)
