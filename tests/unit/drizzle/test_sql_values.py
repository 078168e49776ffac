"""Values that views and checks compare columns with, written as the column encodes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.drizzle.ir import Schema

_SQLITE = (
    "import * as s from 'drizzle-orm/sqlite-core'; import { eq, sql } from 'drizzle-orm';\n"
    "const t = s.sqliteTable('t', { b: s.integer({ mode: 'boolean' }), at: s.integer({ mode: 'timestamp' }),"
    " ms: s.integer({ mode: 'timestamp_ms' }), j: s.text({ mode: 'json' }), bytes: s.blob({ mode: 'bigint' }) });\n"
)


def _check(condition: str) -> str:
    return f"{_SQLITE}export const u = s.sqliteTable('u', {{ a: s.text() }}, () => [s.check('c', {condition})]);"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("eq(t.b, true)", '"t"."b" = 1'),
        ("eq(t.at, new Date('2024-01-02T03:04:05.006Z'))", '"t"."at" = 1704164645'),
        ("eq(t.ms, new Date('2024-01-02T03:04:05.006Z'))", '"t"."ms" = 1704164645006'),
        ("eq(t.j, { a: 1 })", """"t"."j" = '{"a":1}'"""),
        ("sql`${t.b} = ${true}`", '"t"."b" = true'),
    ],
)
def test_a_value_is_written_as_its_column_encodes_it(read: Callable[..., Schema], condition: str, text: str) -> None:
    """What drizzle-orm's mapToDriverValue makes of a value stands in the SQL."""
    schema = read(_check(condition))
    assert [str(problem) for problem in schema.problems] == []
    assert [check.value for check in schema.tables[0].checks] == [text]


@pytest.mark.parametrize("condition", ["eq(t.bytes, 5n)", "sql`${t.at} > ${new Date('2024-01-02')}`"])
def test_a_value_whose_text_is_not_certain_is_reported(read: Callable[..., Schema], condition: str) -> None:
    """An encoding that is not modelled, or that hangs on the machine's time zone, is not made up."""
    schema = read(_check(condition))
    assert schema.tables[0].checks == ()
    assert schema.problems


def test_a_star_of_types_is_no_syntax_error(read: Callable[..., Schema]) -> None:
    """`export type *` and `typeof import()` are TypeScript, and mean nothing to a table."""
    schema = read(
        "export type * from './types';\nexport type * as all from './types';\ntype T = typeof import('./types');\n"
        "export const t = p.pgTable('t', { a: p.text() });",
        types_ts="export type A = string;",
    )
    assert [str(problem) for problem in schema.problems] == []
    assert [table.name for table in schema.tables] == ["t"]
