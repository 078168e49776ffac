"""``headgate trend``: how many rows there were, and what their numbers did."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, EntityArgument, JsonOption
from headgate.cli.run_report import moment
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.pipeline.values import find_column, find_entity, read_moment
from headgate.store import HistoricalTracker, TrendPoint

_NUMBERS = ("minimum", "maximum", "mean", "total")


class Bucket(StrEnum):
    """The time between two points."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


def trend(
    entity: EntityArgument,
    field: Annotated[
        str | None,
        typer.Argument(metavar="FIELD", help="Count its values too, and for numbers say how large they are."),
    ] = None,
    *,
    bucket: Annotated[Bucket, typer.Option("--bucket", help="The time between two points.")] = Bucket.DAY,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Where to begin; at the first version if not given.")
    ] = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Follow ENTITY over time: its number of rows at the end of each bucket, and the values of FIELD."""
    settings = load_settings(config, database)
    begin = None if since is None else read_moment(since, now=datetime.now(UTC))
    points = run(_trend(settings, entity, field, bucket, begin))
    if as_json:
        print_json(
            {
                "entity": entity,
                "field": field,
                "bucket": bucket.value,
                "points": [_as_dict(point, field) for point in points],
            }
        )
        return
    console = result_console()
    console.print(Text(entity if field is None else f"{entity}.{field}", style="bold"))
    console.print(_table(points, field))


def _table(points: list[TrendPoint], field: str | None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("until (UTC)", no_wrap=True)
    numbers = [name for name in _NUMBERS if any(getattr(point, name) is not None for point in points)]
    names = ["rows"] if field is None else ["rows", "filled", *numbers]
    for name in names:
        table.add_column(name, justify="right")
    for point in points:
        table.add_row(moment(point.at), *(_number(getattr(point, name)) for name in names))
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _as_dict(point: TrendPoint, field: str | None) -> dict[str, object]:
    values = {**asdict(point), "at": point.at.isoformat()}
    return values if field is not None else {"at": values["at"], "rows": point.rows}


async def _trend(
    settings: PipelineConfig, entity: str, field: str | None, bucket: Bucket, since: datetime | None
) -> list[TrendPoint]:
    async with pipeline.open_store(settings) as store:
        table = find_entity(await store.entities(), entity)
        # the key has a value in every row: counting it is counting the rows
        column = find_column(table, table.key[0] if field is None else field)
        return await HistoricalTracker(store).trend(entity, column.name, bucket.value, since=since)
