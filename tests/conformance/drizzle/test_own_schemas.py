"""Schemas in the style of real applications, read without Node and by drizzle-orm itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.drizzle.dump import to_json
from headgate.drizzle.ir import Schema
from headgate.drizzle.node.reader import read_node
from headgate.drizzle.sources import find_source
from headgate.drizzle.static.reader import read_static

SCHEMAS = {
    "analytics": "analytics",
    "auth": "auth",
    "billing": "billing/schema.ts",
    "chat": "chat",
    "cms": "cms/schema",
    "ledger": "ledger",
    "media": "media",
    "mobile": "mobile/schema.ts",
    "monorepo": "monorepo/apps/web/drizzle.config.ts",
    "saas": "saas/schema.ts",
    "search engine": "search_engine",
    "shop": "shop",
    "words": "words/schema.ts",
}
BESIDE = ("meta", "types", "factories", "errors", "stubsTouched")


def _facts(schema: Schema) -> dict[str, Any]:
    dumped = json.loads(json.dumps(to_json(schema)))
    return {key: value for key, value in dumped.items() if key not in BESIDE}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_static_reader_agrees_with_drizzle_orm(name: str, own_schemas: Path, drizzle_orm: Path) -> None:
    """Every fact of every table is what drizzle-orm says when it runs the schema."""
    source = find_source([own_schemas / SCHEMAS[name]])
    static = read_static(source.entries, root=source.root, casing=source.casing)
    exact = read_node(source.entries, root=source.root, casing=source.casing, drizzle=drizzle_orm)
    assert _facts(static) == _facts(exact)
    assert static.problems == ()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_static_reader_resolves_everything(name: str, own_schemas: Path) -> None:
    """Nothing is left unresolved in schemas of this kind, also where there is no Node to compare with."""
    source = find_source([own_schemas / SCHEMAS[name]])
    schema = read_static(source.entries, root=source.root, casing=source.casing)
    assert [str(problem) for problem in schema.problems] == []
    assert all(table.complete for table in schema.tables)


def test_a_second_table_of_one_name_runs(tmp_path: Path, drizzle_orm: Path) -> None:
    """Its columns have names too, though drizzle-orm remembers only those of the first."""
    head = "import { pgTable, text } from 'drizzle-orm/pg-core';\n"
    path = tmp_path / "schema.ts"
    path.write_text(
        f"{head}export const a = pgTable('t', {{ one: text() }});export const b = pgTable('t', {{ two: text() }})"
    )
    schema = read_node([path], root=tmp_path, drizzle=drizzle_orm)
    assert [column.db_name for table in schema.tables for column in table.columns] == ["one", "two"]
