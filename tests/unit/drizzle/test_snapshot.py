"""drizzle-kit's snapshots, in the shape its migrations leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.drizzle.problems import SchemaError
from headgate.drizzle.snapshot import read_snapshot
from headgate.drizzle.write.package import write_package


def _column(name: str, sql_type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": sql_type, "primaryKey": False, "notNull": False, **more}


SNAPSHOT: dict[str, Any] = {
    "version": "7",
    "dialect": "postgresql",
    "enums": {"public.mood": {"name": "mood", "schema": "public", "values": ["sad", "ok"]}},
    "tables": {
        "public.users": {
            "name": "users",
            "schema": "",
            "columns": {
                "id": _column("id", "serial", primaryKey=True, notNull=True),
                "email": _column("email", "varchar(320)", notNull=True),
                "mood": _column("mood", "mood", typeSchema="public", default="'ok'"),
                "tags": _column("tags", "text[]", notNull=True, default="'{}'"),
                "price": _column("price", "numeric(10, 2)", default=1.5),
                "at": _column("at", "timestamp (3) with time zone", default="now()"),
                "n": _column("n", "integer", identity={"type": "always", "name": "n_seq"}),
                "geo": _column("geo", "geography"),
            },
            "indexes": {
                "i": {
                    "name": "i",
                    "columns": [
                        {"expression": "lower(email)", "isExpression": True},
                        {"expression": "id", "isExpression": False},
                    ],
                    "isUnique": True,
                    "method": "btree",
                }
            },
            "foreignKeys": {},
            "compositePrimaryKeys": {},
            "uniqueConstraints": {"u": {"name": "u", "columns": ["email"], "nullsNotDistinct": False}},
            "checkConstraints": {"c": {"name": "c", "value": '"users"."id" > 0'}},
        }
    },
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Write a folder of migrations with two snapshots."""
    meta = tmp_path / "drizzle" / "meta"
    meta.mkdir(parents=True)
    (meta / "0000_snapshot.json").write_text(json.dumps({**SNAPSHOT, "tables": {}}))
    (meta / "0001_snapshot.json").write_text(json.dumps(SNAPSHOT))
    return tmp_path / "drizzle"


def test_the_last_snapshot_of_a_folder_is_read(snapshot: Path) -> None:
    """Columns, types, defaults, keys and checks are what the last migration left."""
    (table,) = read_snapshot([snapshot]).tables
    columns = {column.key: column for column in table.columns}
    assert columns["email"].type.length == 320
    assert columns["email"].is_unique
    assert columns["mood"].type.enum_values == ("sad", "ok")
    assert columns["mood"].default == "ok"
    assert columns["tags"].type.base is not None
    assert (columns["price"].type.precision, columns["price"].type.scale) == (10, 2)
    assert columns["at"].type.with_timezone
    assert columns["at"].default == {"$sql": "now()"}
    assert columns["n"].identity == {"type": "always", "sequenceName": "n_seq"}
    assert columns["geo"].type.column_type == "PgCustomColumn"
    assert table.indexes[0].columns == ({"$sql": "lower(email)"}, "id")


def test_models_are_written_from_it(snapshot: Path) -> None:
    """A snapshot is enough for models."""
    files = write_package(read_snapshot([snapshot]))
    assert "class UserInsert(_t.Insert):" in files["users.py"]
    assert "email: Annotated[_t.PgText, _t.PgLength(320)]" in files["users.py"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"dialect": "oracle", "tables": {}}'])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: str) -> None:
    """With one message that names the file."""
    path = tmp_path / "x_snapshot.json"
    path.write_text(content)
    with pytest.raises(SchemaError, match="no snapshot of drizzle-kit"):
        read_snapshot([path])


def test_a_folder_without_snapshots_is_refused(tmp_path: Path) -> None:
    """With a hint."""
    with pytest.raises(SchemaError, match="no snapshot here"):
        read_snapshot([tmp_path])
