# ruff: noqa: E501 - schemas read better in wide lines
"""The commands `headgate models ...` as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headgate.cli.models import app
from headgate.drizzle.problems import SchemaError

SCHEMA = "import { pgTable, text, integer } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: text('id').primaryKey(), n: integer('n').default(3) });\n"


@pytest.fixture
def schema(write_files: Callable[[dict[str, str]], Path]) -> str:
    """Give the path of a schema."""
    return str(write_files({"schema.ts": SCHEMA}) / "schema.ts")


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return result.exit_code, result.output


def test_generate_then_check(schema: str, tmp_path: Path) -> None:
    """What was just written is up to date; after a change the check fails with exit code 1 and shows it."""
    out = str(tmp_path / "models")
    assert _run("generate", "--schema", schema, "--out", out) == (0, f"Wrote 2 files to {out}: 1 tables, 2 columns.\n")
    assert _run("check", "--schema", schema, "--out", out) == (0, "The models are up to date.\n")
    Path(schema).write_text(SCHEMA.replace("integer('n')", "text('n')").replace("default(3)", "notNull()"))
    code, shown = _run("check", "--schema", schema, "--out", out)
    assert code == 1
    assert "users.py: stale" in shown
    assert "-    n: _t.Int4 | None" in shown
    assert "headgate models generate" in shown


def test_show(schema: str) -> None:
    """One table, in a few lines."""
    code, shown = _run("show", "users", "--schema", schema)
    assert code == 0
    assert "default 3" in shown
    with pytest.raises(SchemaError, match="no table 'nothing'"):
        _run("show", "nothing", "--schema", schema)


def test_dump(schema: str) -> None:
    """JSON in the shape of drizzle-orm's own dump."""
    code, shown = _run("dump", "--schema", schema)
    dumped = json.loads(shown)
    assert code == 0
    assert dumped["tables"][0]["columns"][1]["default"] == 3
    assert dumped["errors"] == []


def test_check_compares_with_a_database(schema: str, tmp_path: Path) -> None:
    """A database of another dialect is refused, with one message."""
    out = str(tmp_path / "models")
    _run("generate", "--schema", schema, "--out", out)
    with pytest.raises(SchemaError, match="the database is sqlite"):
        _run("check", "--schema", schema, "--out", out, "--database", f"sqlite:///{tmp_path / 'x.db'}")


def test_wrong_pairs_are_refused(schema: str, tmp_path: Path) -> None:
    """A mapping without its sign says what it should look like."""
    result = CliRunner().invoke(app, ["generate", "--schema", schema, "--out", str(tmp_path / "m"), "--type", "ltree"])
    assert result.exit_code == 2
    assert "NAME=MODULE" in result.output
