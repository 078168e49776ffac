"""Rows of an entity on standard output: a table for people, JSON and CSV for programs, both in a stream."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from rich import box
from rich.table import Table
from rich.text import Text

from headgate.cli.changes import shorten
from headgate.cli.console import result_console
from headgate.store import EntityTable

TABLE_ROWS = 50
_LONGEST_CELL = 32

Rows = AsyncIterator[dict[str, Any]]


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


async def write_table(rows: Rows, table: EntityTable, *, limit: int, filtered: bool = False) -> None:
    """Print the first rows as a table, with as many columns as there is room for.

    Args:
        rows: The rows, by key.
        table: The entity.
        limit: How many to print.
        filtered: Whether rows were chosen by conditions, so that none of them may have met these.
    """
    first: list[dict[str, Any]] = []
    more = False
    async for row in rows:
        more = len(first) == limit
        if more:
            break
        first.append(row)
    console = result_console()
    names = _columns_that_fit(first, table, console.width)
    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        view.add_column(name, no_wrap=True)
    for row in first:
        view.add_row(*(Text(_short(row.get(name))) for name in names))
    if first:
        console.print(view)
    remark = _remark(len(first), len(table.columns) - len(names), more=more) if first else _nothing(filtered=filtered)
    console.print(Text(remark, style="dim"), soft_wrap=True)


def _nothing(*, filtered: bool) -> str:
    if filtered:
        return "No rows with these values."
    return "No rows. Nothing is known of the time before the first applied run: see 'headgate runs'."


def _remark(shown: int, hidden: int, *, more: bool) -> str:
    rows = f"The first {shown:,} rows; there are more: see --limit." if more else f"{shown:,} rows."
    return f"{rows} {hidden} more columns: see --format json or csv." if hidden else rows


def _columns_that_fit(rows: Sequence[dict[str, Any]], table: EntityTable, width: int) -> list[str]:
    """Return the key and as many of the other columns, in their order, as fit beside it."""
    others = [column.name for column in table.columns if column.name not in table.key]
    fitting: list[str] = []
    left = width - 2
    for name in (*table.key, *others):
        left -= max([len(name), *(len(_short(row.get(name))) for row in rows)]) + 2
        if left < 0 and len(fitting) >= len(table.key):
            break
        fitting.append(name)
    return fitting


def _short(value: Any) -> str:
    return "" if value is None else shorten(value, _LONGEST_CELL)


async def write_csv(rows: Rows, table: EntityTable) -> None:
    """Print all rows as CSV: nothing for none, JSON for lists, objects and truth."""
    names = [column.name for column in table.columns]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    async for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])


def _cell(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict | bool) else value


async def write_json(rows: Rows, table: EntityTable, *, at: datetime) -> None:
    """Print one object with all rows, a line for each, so that any number of rows needs no memory."""
    head = orjson.dumps({"entity": table.name, "as_of": at.isoformat()}).decode()
    sys.stdout.write(f'{head[:-1]},"rows":[')
    separator = "\n"
    async for row in rows:
        sys.stdout.write(separator + orjson.dumps(row).decode())
        separator = ",\n"
    sys.stdout.write("\n]}\n")
