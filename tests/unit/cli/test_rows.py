"""Rows on standard output."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from headgate.cli.rows import write_csv, write_json, write_table
from headgate.store import EntityTable

TABLE = EntityTable("peaks", ("id",), {"id": "integer", "name": "text", "snow": "boolean", "routes": "json"})
ROWS = [
    {"id": 1, "name": 'A, "B"', "snow": True, "routes": ["n"]},
    {"id": 2, "name": None, "snow": False, "routes": None},
]


async def given(rows: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """Yield some rows."""
    for row in rows:
        yield row


async def test_csv_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    """Quotes and commas survive, none is empty, and what is no scalar is JSON."""
    await write_csv(given(ROWS), TABLE)
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["id", "name", "snow", "routes"],
        ["1", 'A, "B"', "true", '["n"]'],
        ["2", "", "false", ""],
    ]


@pytest.mark.parametrize("rows", [ROWS, []])
async def test_json_is_one_object(rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    """However many rows there are, what is printed is one object."""
    await write_json(given(rows), TABLE, at=datetime(2026, 3, 1, tzinfo=UTC))
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"entity": "peaks", "as_of": "2026-03-01T00:00:00+00:00", "rows": rows}


async def test_table_counts_what_it_does_not_show(capsys: pytest.CaptureFixture[str]) -> None:
    """Beyond the limit the table says that there is more."""
    await write_table(given(ROWS), TABLE, limit=1)
    printed = capsys.readouterr().out
    assert 'A, "B"' in printed
    assert "The first 1 rows; there are more" in printed


async def test_table_leaves_columns_out_rather_than_squeezing(capsys: pytest.CaptureFixture[str]) -> None:
    """The key is always there, other columns as far as there is room, and the others are counted."""
    names = [f"column_{number}_{'x' * 20}" for number in range(12)]
    wide = EntityTable("wide", ("id",), {"id": "integer", **dict.fromkeys(names, "text")})
    await write_table(given([{"id": 123456789, **dict.fromkeys(names, "v")}]), wide, limit=5)
    printed = capsys.readouterr().out
    assert "123456789" in printed
    assert names[0] in printed
    assert names[11] not in printed
    assert "more columns" in printed


async def test_empty_table_is_no_proof_that_there_was_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No row may mean that nothing was known: it says so."""
    await write_table(given([]), TABLE, limit=5)
    assert "Nothing is known of the time before" in capsys.readouterr().out
