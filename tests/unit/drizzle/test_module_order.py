"""Modules run, and give their names, as JavaScript's do."""

from __future__ import annotations

from collections.abc import Callable

from headgate.drizzle.ir import Schema, Table


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_imports_run_in_the_order_they_are_written(only_table: Callable[..., Table]) -> None:
    """What is imported first has counted first, whatever is used first."""
    table = only_table(
        "import { z } from './late';\nimport { a } from './early';\n"
        "export const t = p.pgTable('t', { a: p.text(a), b: p.text(z) });",
        counter_ts="let i = 0;\nexport const next = () => 'c' + i++;",
        late_ts="import { next } from './counter';\nexport const z = next();",
        early_ts="import { next } from './counter';\nexport const a = next();",
    )
    assert _names(table) == ["c1", "c0"]


def test_an_import_for_its_effect_runs(only_table: Callable[..., Table]) -> None:
    """A file that is imported without a name changes what it changes."""
    table = only_table(
        "import { state } from './state';\nimport './effect';\n"
        "export const t = p.pgTable('t', { a: p.text(state.name) });",
        state_ts="export const state = { name: 'before' };",
        effect_ts="import { state } from './state';\nstate.name = 'after';",
    )
    assert _names(table) == ["after"]


def test_an_import_for_its_effect_that_is_missing_is_reported(read: Callable[..., Schema]) -> None:
    """A file that nobody can find may have changed anything."""
    schema = read("import './nowhere';\nexport const t = p.pgTable('t', { a: p.text('a') });")
    assert any("'./nowhere' is not found" in problem.reason for problem in schema.problems)


def test_an_import_sees_what_its_module_assigns_later(only_table: Callable[..., Table]) -> None:
    """The name of an import stands for the variable, not for its first value."""
    table = only_table(
        "import { n, bump } from './m';\nconst first = n;\nbump();\n"
        "export const t = p.pgTable('t', { a: p.text(first), b: p.text(n) });",
        m_ts="export let n = 'x';\nexport function bump() { n = 'y'; }",
    )
    assert _names(table) == ["x", "y"]


def test_one_name_from_two_stars_is_reported(read: Callable[..., Schema]) -> None:
    """JavaScript exports neither of them, so that neither may be taken."""
    table = (
        "import { pgTable, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('NAME', { id: text() });"
    )
    schema = read(
        "export * from './one';\nexport * from './two';",
        one_ts=table.replace("NAME", "one"),
        two_ts=table.replace("NAME", "two"),
    )
    assert schema.tables == ()
    assert any("export neither" in problem.reason for problem in schema.problems)


def test_one_declaration_by_two_stars_is_exported(only_table: Callable[..., Table]) -> None:
    """Two ways to the same table are no conflict."""
    table = only_table(
        "export * from './one';\nexport * from './two';",
        one_ts="import { pgTable, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('u', { a: text() })",
        two_ts="export { users } from './one';",
    )
    assert table.name == "u"


def test_a_column_of_mysql_has_no_order(read: Callable[..., Schema]) -> None:
    """Where drizzle-orm throws, an index is not made up."""
    schema = read(
        "import * as m from 'drizzle-orm/mysql-core';\n"
        "export const t = m.mysqlTable('t', { a: m.int() }, (t) => [m.index('i').on((t.a as any).desc())]);"
    )
    assert schema.tables[0].indexes == ()
    assert any("'desc'" in problem.reason for problem in schema.problems)
