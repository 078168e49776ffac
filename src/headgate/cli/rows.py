"""Rows of an entity on standard output: a table for people, JSON and CSV for programs, both in a stream."""

from __future__ import annotations

import csv
import sys
from collections.abc import AsyncIterator
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

_TABLE_ROWS = 50
_TABLE_COLUMNS = 7
_LONGEST_CELL = 32


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Rows = AsyncIterator[dict[str, Any]]


async def write_rows(rows: Rows, table: EntityTable, *, form: Format, limit: int | None, at: datetime) -> None:
    """Print rows of an entity.

    Args:
        rows: The rows, by key.
        table: The entity.
        form: How to print them.
        limit: How many to print; none: all, of a table the first 50.
        at: The instant at which they were so.
    """
    if form is Format.TABLE:
        await _write_table(rows, table, _TABLE_ROWS if limit is None else limit)
    elif form is Format.CSV:
        await _write_csv(_first(rows, limit), table)
    else:
        await _write_json(_first(rows, limit), table, at)


async def _first(rows: Rows, limit: int | None) -> Rows:
    number = 0
    async for row in rows:
        if limit is not None and number >= limit:
            return
        yield row
        number += 1


async def _write_table(rows: Rows, table: EntityTable, limit: int) -> None:
    names = _telling_columns(table)
    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in names:
        view.add_column(name, no_wrap=True)
    total = 0
    async for row in rows:
        total += 1
        if total <= limit:
            view.add_row(
                *(Text("") if row.get(name) is None else Text(shorten(row[name], _LONGEST_CELL)) for name in names)
            )
    console = result_console()
    if total:
        console.print(view)
    hidden = len(table.columns) - len(names)
    more = f" {hidden} more columns: see --format json or csv." if total and hidden else ""
    shown = f", {limit:,} of them shown" if total > limit else ""
    console.print(Text(f"{total:,} rows{shown}.{more}", style="dim"), soft_wrap=True)


def _telling_columns(table: EntityTable) -> list[str]:
    """Return the columns that a table has room for: the key first, then the others as they were declared."""
    others = [column.name for column in table.columns if column.name not in table.key]
    return [*table.key, *others][: max(_TABLE_COLUMNS, len(table.key))]


async def _write_csv(rows: Rows, table: EntityTable) -> None:
    names = [column.name for column in table.columns]
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    async for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])


def _cell(value: Any) -> Any:
    """Return a value as CSV holds it: nothing for none, JSON for what is no scalar and for truth."""
    return orjson.dumps(value).decode() if isinstance(value, list | dict | bool) else value


async def _write_json(rows: Rows, table: EntityTable, at: datetime) -> None:
    """Write one object, row by row, so that any number of rows needs no memory."""
    head = orjson.dumps({"entity": table.name, "as_of": at.isoformat()}).decode()
    sys.stdout.write(f'{head[:-1]},"rows":[')
    separator = "\n"
    async for row in rows:
        sys.stdout.write(separator + orjson.dumps(row).decode())
        separator = ",\n"
    sys.stdout.write("\n]}\n")
