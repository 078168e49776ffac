"""``headgate quarantine``: the rows that did not pass, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate import pipeline
from headgate.cli.changes import shorten
from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.opening import again, load_settings
from headgate.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    SourceArgument,
    WaitOption,
)
from headgate.cli.progress import watcher
from headgate.cli.report import print_decision
from headgate.cli.run_report import moment
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, HeldError
from headgate.observe.operating import operated
from headgate.pipeline.replaying import LeftRow
from headgate.pipeline.values import find_entity
from headgate.store import QuarantineRecord

_LONGEST_REASON = 60
_LONGEST_LEFT = 100
_SHOWN = 20

app = typer.Typer(help="Look at the rows that did not pass; replay them or drop them.", no_args_is_help=True)

EntityOption = Annotated[str | None, typer.Option("--entity", metavar="ENTITY", help="Only rows of this entity.")]
RunOption = Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only rows that this run brought.")]
NumberArgument = Annotated[
    int, typer.Argument(metavar="N", help="The number of the row; see 'headgate quarantine list'.")
]
NumbersArgument = Annotated[list[int] | None, typer.Argument(metavar="N", help="The numbers of the rows.")]


@app.command("list")
def list_rows(
    *,
    entity: EntityOption = None,
    of_run: RunOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many rows to list.")] = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the rows in quarantine, newest first, each with why it is there."""
    records = run(_records(load_settings(config, database), entity=entity, of_run=of_run, limit=limit))
    if as_json:
        print_json({"rows": [_as_dict(record) for record in records]})
    elif records:
        result_console().print(_table(records))
    else:
        result_console().print("The quarantine is empty.")


@app.command()
def show(
    number: NumberArgument, *, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show one row in quarantine as it came, with every reason."""
    [record] = run(_records(load_settings(config, database), ids=[number], limit=1))
    if as_json:
        print_json(_as_dict(record))
        return
    console = result_console()
    console.print(
        Text.assemble((f"{record.entity} {_key(record.key)}", "bold"), f"  row {record.id}, run {record.run}"),
        soft_wrap=True,
    )
    for reason in record.reasons:
        console.print(Text(f"• {reason}", style="red"), soft_wrap=True)
    console.print(Text(orjson.dumps(record.raw, option=orjson.OPT_INDENT_2).decode()), soft_wrap=True)


@app.command()
def replay(
    source: SourceArgument,
    numbers: NumbersArgument = None,
    *,
    entity: EntityOption = None,
    details: Annotated[bool, typer.Option("--details", help="Also rows of the entities that --details syncs.")] = False,
    wait: WaitOption = 0.0,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Judge rows of SOURCE again, after a rule or a model was mended, and apply those that pass now.

    All of them, or only the rows N. The upstream is not asked. What passes leaves the quarantine in the transaction
    that applies it.
    """
    settings = load_settings(config, database)
    report = run(_replay(source, settings, numbers=numbers or None, entity=entity, details=details, wait=wait))
    if as_json:
        print_json(report.as_dict())
    else:
        _print_replay(report, result_console(), again=again(config, database))
    if report.run.status is pipeline.RunStatus.HELD:
        raise typer.Exit(HeldError.exit_code)


@app.command()
def drop(
    numbers: NumbersArgument = None,
    *,
    entity: EntityOption = None,
    of_run: RunOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="Drop every row, of the entity and run if they are given.")
    ] = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Drop rows from the quarantine for good: the rows N, or with --all every one."""
    if bool(numbers) == every:
        raise ConfigError("Which rows?", hint="Name their numbers, or say --all, with --entity or --run to narrow it.")
    dropped = run(_drop(load_settings(config, database), numbers or None, entity=entity, of_run=of_run))
    if as_json:
        print_json({"dropped": dropped})
    else:
        result_console().print(f"Dropped {_rows(dropped)}.")


def _table(records: list[QuarantineRecord]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("row", justify="right")
    for name in ("entity", "key", "since (UTC)", "run"):
        table.add_column(name, no_wrap=True)
    table.add_column("reasons")
    for record in records:
        table.add_row(
            str(record.id),
            record.entity,
            _key(record.key),
            moment(record.at),
            record.run.rpartition("-")[2],
            Text("; ".join(shorten(reason, _LONGEST_REASON) for reason in record.reasons)),
        )
    return table


def _print_replay(report: pipeline.ReplayReport, console: Console, *, again: str) -> None:
    held = report.run.status is pipeline.RunStatus.HELD
    word = "would pass, and the guard holds their run" if held else "passed and left the quarantine"
    console.print(Text.assemble((_rows(report.replayed), "bold green"), f" {word}."), soft_wrap=True)
    for rows, title in ((report.refused, "Still refused"), (report.skipped, "Left alone")):
        if rows:
            console.print(Text(f"{title}: {_rows(len(rows))}", style="yellow"))
            _print_left(rows, console)
    if held:
        print_decision(report.run.run, report.run.reasons, console, again=again)


def _print_left(left: Sequence[LeftRow], console: Console) -> None:
    for row in left[:_SHOWN]:
        reasons = "; ".join(shorten(reason, _LONGEST_LEFT) for reason in row.reasons)
        console.print(Text(f"  {row.id}  {row.entity} {_key(row.key)}: {reasons}", style="dim"), soft_wrap=True)
    if len(left) > _SHOWN:
        console.print(Text(f"  ... and {len(left) - _SHOWN:,} more.", style="dim"))


def _key(key: tuple[Any, ...] | None) -> str:
    return "?" if key is None else ", ".join(map(str, key))


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _as_dict(record: QuarantineRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "run": record.run,
        "source": record.source,
        "entity": record.entity,
        "partition": record.partition,
        "key": None if record.key is None else list(record.key),
        "reasons": list(record.reasons),
        "at": record.at.isoformat(),
        "raw": record.raw,
    }


async def _records(
    settings: PipelineConfig,
    *,
    entity: str | None = None,
    of_run: str | None = None,
    ids: list[int] | None = None,
    limit: int | None = None,
) -> list[QuarantineRecord]:
    async with pipeline.open_store(settings) as store:
        if entity is not None:
            find_entity(await store.entities(), entity)
        run_id = None if of_run is None else (await store.find_run(of_run)).id
        found = [record async for record in store.quarantined(entity=entity, run_id=run_id, ids=ids, limit=limit)]
    missing = set(ids or ()) - {record.id for record in found}
    if missing:
        raise ConfigError(
            f"Row {min(missing)} is not in quarantine.", hint="'headgate quarantine list' shows what is there."
        )
    return found


async def _replay(
    source: str,
    settings: PipelineConfig,
    *,
    numbers: list[int] | None,
    entity: str | None,
    details: bool,
    wait: float,
) -> pipeline.ReplayReport:
    with watcher(message_console()) as observer:
        async with operated(source, settings, observer=observer, asks=False) as watched:
            return await pipeline.replay(
                source, config=settings, entity=entity, ids=numbers, details=details, observer=watched, wait=wait
            )


async def _drop(settings: PipelineConfig, numbers: list[int] | None, *, entity: str | None, of_run: str | None) -> int:
    records = await _records(settings, entity=entity, of_run=of_run, ids=numbers)
    async with pipeline.open_store(settings) as store:
        return await store.drop_quarantined([record.id for record in records])
