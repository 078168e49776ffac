"""Schemas written on the fly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.drizzle.ir import Schema, Table
from headgate.drizzle.static.reader import read_static

PG = "import * as p from 'drizzle-orm/pg-core'; import { sql } from 'drizzle-orm';\n"


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write files under a fresh folder and return it."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.fixture
def read(write_files: Callable[[dict[str, str]], Path]) -> Callable[..., Schema]:
    """Read a schema given as text; further files may stand beside it."""

    def run(source: str, **others: str) -> Schema:
        named = {name.replace("__", "/").replace("_ts", ".ts"): text for name, text in others.items()}
        folder = write_files({"schema.ts": PG + source, **named})
        return read_static([folder / "schema.ts"])

    return run


@pytest.fixture
def only_table(read: Callable[..., Schema]) -> Callable[..., Table]:
    """Read a schema with one table, in which everything is resolved."""

    def run(source: str, **others: str) -> Table:
        schema = read(source, **others)
        assert [str(problem) for problem in schema.problems] == []
        assert len(schema.tables) == 1
        return schema.tables[0]

    return run
