"""Both readers against drizzle-orm's own reading of the conformance schemas, recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.drizzle.dump import to_json
from headgate.drizzle.ir import Schema
from headgate.drizzle.node.reader import read_node
from headgate.drizzle.static.reader import read_static

DIALECTS = ["pg", "mysql", "sqlite"]
OWN = ("meta", "types", "factories")


def _facts(schema: Schema) -> dict[str, Any]:
    dumped = json.loads(json.dumps(to_json(schema)))
    return {key: value for key, value in dumped.items() if key not in OWN}


def _recorded(folder: Path, dialect: str) -> dict[str, Any]:
    recorded = json.loads((folder / "expected" / f"{dialect}.json").read_text())
    return {key: value for key, value in recorded.items() if key not in OWN}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_static_reader_reproduces_every_fact(shared_drizzle: Path, dialect: str) -> None:
    """Tables, columns, keys, checks, enums, relations and views are what drizzle-orm says, without Node."""
    schema = read_static([shared_drizzle / f"{dialect}.ts"])
    assert _facts(schema) == _recorded(shared_drizzle, dialect)
    assert schema.problems == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_exact_reader_reproduces_every_fact(shared_drizzle: Path, drizzle_orm: Path, dialect: str) -> None:
    """Running the schema gives the recorded reading."""
    schema = read_node([shared_drizzle / f"{dialect}.ts"], root=shared_drizzle, drizzle=drizzle_orm)
    assert _facts(schema) == _recorded(shared_drizzle, dialect)


def _is_json(column: dict[str, Any]) -> bool:
    return column["dataType"] == "json" and "Json" in column["columnType"]


def _bare(of: Any) -> Any:
    """Return a recorded type without its `null` and `undefined`, as `$type` gives it."""
    if isinstance(of, dict) and "union" in of:
        members = [_bare(m) for m in of["union"] if m not in ("null", "undefined")]
        return members[0] if len(members) == 1 else {"union": members}
    if isinstance(of, dict) and "object" in of:
        members = {}
        for key, member in of["object"].items():
            optional = bool(member.get("optional"))
            members[key] = {"type": _inner(member["type"], optional=optional), "optional": optional}
        return {"object": members, "index": _bare(of["index"]) if "index" in of else None}
    if isinstance(of, dict) and "array" in of:
        return {"array": _inner(of["array"], optional=False)}
    return of


def _inner(of: Any, *, optional: bool) -> Any:
    if isinstance(of, dict) and "union" in of:
        members = [_bare(m) for m in of["union"] if not (optional and m == "undefined")]
        return members[0] if len(members) == 1 else {"union": sorted(members, key=str)}
    return _bare(of)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_types_of_json_columns_are_expanded_as_typescript_does(shared_drizzle: Path, dialect: str) -> None:
    """`$type<T>` means the same here as in the TypeScript compiler's own expansion."""
    recorded = json.loads((shared_drizzle / "expected" / f"{dialect}.types.json").read_text())["tables"]
    schema = read_static([shared_drizzle / f"{dialect}.ts"])
    compared = 0
    for table in schema.tables:
        for column in table.columns:
            if column.ts_type is not None and column.type.data_type == "json":
                expected = recorded[table.export]["select"][column.key]["type"]
                assert _bare(column.ts_type) == _bare(expected), (table.export, column.key)
                compared += 1
    assert compared > 0
