"""Published tables: from a file or a URL to rows, and from cells to numbers."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from pathlib import Path

from headgate.errors import ConfigError, UnexpectedShapeError
from headgate.http import HttpClient

_CODES_FOR_NOTHING = frozenset({"", "NULL", "NA", "N/A", "PRIVACYSUPPRESSED", "PS", "NOT AVAILABLE", "."})
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?").fullmatch


def is_url(location: str | Path) -> bool:
    """Say whether a location is fetched over HTTP."""
    return isinstance(location, str) and location.lower().startswith(("http://", "https://"))


async def read_bytes(location: str | Path, client: HttpClient | None) -> bytes:
    """Return the content of a file, or of a URL through the client.

    Raises:
        ConfigError: There is no such file, or it cannot be read.
        HeadgateError: The URL cannot be fetched.
    """
    if client is not None and isinstance(location, str) and is_url(location):
        return (await client.request(location, expect="bytes")).body
    try:
        return await asyncio.to_thread(Path(location).read_bytes)
    except OSError as error:
        raise ConfigError(
            f"The file {location} cannot be read: {error.strerror or error}.", hint="Name a file that is there."
        ) from None


def read_table(content: bytes, where: str, required: set[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV file, with the names of columns in capitals.

    Args:
        content: UTF-8, or Windows-1252 as spreadsheets write it.
        where: Where it is from, for messages.
        required: Columns without which it is another file.

    Raises:
        UnexpectedShapeError: It is no table, lacks columns, or is cut off within its last row.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        rows = [
            {name.strip().upper(): value for name, value in row.items() if name and isinstance(value, str)}
            for row in reader
        ]
    except csv.Error as error:
        raise _not_the_table(where, str(error)) from None
    columns = {name.strip().upper() for name in reader.fieldnames or () if name}
    if rows and rows[-1].keys() < columns:
        raise _not_the_table(where, f"its last row ends after {len(rows[-1])} of {len(columns)} columns, as if cut off")
    missing = required - rows[0].keys() if rows else required
    if missing:
        raise _not_the_table(where, f"it has no column {', '.join(sorted(missing))}")
    return rows


def number(text: object) -> int | float | None:
    """Return the number in a cell; None for an empty cell, a code for nothing, or a negative count (a code too)."""
    if isinstance(text, bool) or text is None:
        return None
    plain = str(text).strip().replace(",", "").replace("$", "")
    if plain.upper() in _CODES_FOR_NOTHING or not _NUMBER(plain):
        return None
    value = float(plain)
    if value < 0:
        return None
    return int(value) if value.is_integer() else value


def _not_the_table(where: str, why: str) -> UnexpectedShapeError:
    return UnexpectedShapeError(
        f"{where} is not the table it should be: {why}.", hint="Save the published file as CSV, with its header line."
    )
