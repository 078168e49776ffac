"""Tables as files: CSV for spreadsheets, JSON for programs, both in a stream."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import StreamingResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last ones are wide
_CHUNK = 64 * 1024

Rows = AsyncIterator[Mapping[str, Any]]


async def csv_file(name: str, columns: Sequence[str], rows: Rows) -> StreamingResponse:
    """Return rows as CSV: nothing for none, JSON for lists and objects.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises.

    Args:
        name: The name of the file, without its ending.
        columns: The columns, in order.
        rows: The rows.
    """
    return _file(f"{name}.csv", "text/csv; charset=utf-8", _csv(columns, await _begun(rows)))


async def json_file(
    name: str, rows: Rows, *, under: str = "rows", head: Mapping[str, Any] | None = None
) -> StreamingResponse:
    """Return rows as one JSON object, a line for each, exactly as they are.

    Args:
        name: The name of the file, without its ending.
        rows: The rows.
        under: The name of the list.
        head: What stands in front of the list.
    """
    return _file(f"{name}.json", "application/json", _json(await _begun(rows), under, head or {}))


async def _begun(rows: Rows) -> Rows:
    """Read the first row, so that what is wrong is told before the answer begins."""
    try:
        first = [await anext(rows)]
    except StopAsyncIteration:
        first = []

    async def all_rows() -> Rows:
        for row in first:
            yield row
        async for row in rows:
            yield row

    return all_rows()


def _file(name: str, kind: str, parts: AsyncIterator[bytes]) -> StreamingResponse:
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return StreamingResponse(parts, media_type=kind, headers=headers)


async def _csv(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    async for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        if text.tell() > _CHUNK:
            yield text.getvalue().encode(errors="replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode(errors="replace")


async def _json(rows: Rows, under: str, head: Mapping[str, Any]) -> AsyncIterator[bytes]:
    start = orjson.dumps({**head, under: []}, default=str)
    yield start[:-2]
    separator = b"\n"
    async for row in rows:
        yield separator + orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS)
        separator = b",\n"
    yield b"\n]}\n"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    plain = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    return value if plain else _as_json(value)


def _as_json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
