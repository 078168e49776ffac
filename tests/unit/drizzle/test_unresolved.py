# ruff: noqa: E501 - schemas read better in wide lines
"""What cannot be resolved for certain is reported with file, line and expression, never guessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headgate.drizzle.ir import Schema

UNCERTAIN = {
    "a table name from the environment": (
        "export const t = p.pgTable(process.env.NAME!, { id: p.text('id') });",
        "environment",
    ),
    "a prefix from the environment": (
        "const make = p.pgTableCreator((n) => `${process.env.PREFIX}_${n}`);\nexport const t = make('t', { id: p.text('id') });",
        "environment",
    ),
    "a column chosen by the environment": (
        "export const t = p.pgTable('t', { id: process.env.BIG ? p.bigint('id', { mode: 'number' }) : p.integer('id') });",
        "environment",
    ),
    "a length from a package": (
        "import { MAX } from 'limits';\nexport const t = p.pgTable('t', { id: p.varchar('id', { length: MAX }) });",
        "'limits' is not found",
    ),
    "options spread from a package": (
        "import opts from 'opts';\nexport const t = p.pgTable('t', { id: p.varchar('id', { ...opts }) });",
        "'opts' is not found",
    ),
    "columns spread from a package": (
        "import { base } from '@x/base';\nexport const t = p.pgTable('t', { ...base, id: p.text('id') });",
        "'@x/base' is not found",
    ),
    "columns given to a package in an expression": (
        "import { audited } from '@x/audit';\nconst cols = { id: p.text('id') };\nexport const other = audited(cols);\nexport const t = p.pgTable('t', cols);",
        "'@x/audit' is not found",
    ),
    "columns given to a package inside a literal": (
        "import { audited } from '@x/audit';\nconst cols = { id: p.text('id') };\nconst x = [audited({ given: [{ ...cols }] })];\nexport const t = p.pgTable('t', cols);",
        "'@x/audit' is not found",
    ),
    "a builder given to a package": (
        "import { required } from '@x/audit';\nconst id = p.text('id');\nconst x = required(id);\nexport const t = p.pgTable('t', { id });",
        "'@x/audit' is not found",
    ),
    "values given to a package": (
        "import { shuffle } from 'lodash';\nconst roles: [string, ...string[]] = ['a', 'b'];\nconst x = shuffle(roles);\nexport const role = p.pgEnum('role', roles);\nexport const t = p.pgTable('t', { r: role() });",
        "'lodash' is not found",
    ),
    "columns written to by a callback of a package": (
        "import { each } from 'lodash';\nconst cols: any = { id: p.text('id') };\nconst x = each(['a'], (n: string) => { cols[n] = p.text(n); });\nexport const t = p.pgTable('t', cols);",
        "'lodash' is not found",
    ),
    "columns given to a class of a package": (
        "import { Audit } from '@x/audit';\nconst cols = { id: p.text('id') };\nconst x = new Audit(cols);\nexport const t = p.pgTable('t', cols);",
        "'@x/audit' is not found",
    ),
    "a default from JSON that is none": (
        "export const t = p.pgTable('t', { a: p.text('a').default(JSON.parse('{').x) });",
        "cannot be followed",
    ),
    "a default from a sum of nothing": (
        "export const t = p.pgTable('t', { a: p.text('a').default([].reduce((a: any, b: any) => a + b)) });",
        "cannot be followed",
    ),
    "a default from a flattening without end": (
        "export const t = p.pgTable('t', { a: p.text('a').default([[1]].flat(Infinity).join()) });",
        "cannot be followed",
    ),
    "a default from no whole number": (
        "export const t = p.pgTable('t', { a: p.text('a').default(String(BigInt('1.5'))) });",
        "cannot be followed",
    ),
    "a default from a search from a position": (
        "export const t = p.pgTable('t', { a: p.text('a').default(String('abcabc'.indexOf('a', 1))) });",
        "is not evaluated",
    ),
    "a default from a replacement with what stands before": (
        "export const t = p.pgTable('t', { a: p.text('a').default('abc'.replace('b', '$`')) });",
        "is not evaluated",
    ),
    "a default from positions among characters of two units": (
        "export const t = p.pgTable('t', { a: p.text('a').default('a😀b'.charAt(2)) });",
        "is not evaluated",
    ),
    "a computed key": (
        "import { key } from 'keys';\nexport const t = p.pgTable('t', { [key]: p.text('id') });",
        "'keys' is not found",
    ),
    "an object changed under an unknown condition": (
        "const cols: any = { id: p.text('id') };\nif (process.env.X) { cols.extra = p.text('extra'); }\nexport const t = p.pgTable('t', cols);",
        "environment",
    ),
    "a variable changed under an unknown condition": (
        "let name = 'a';\nif (process.env.X) name = 'b';\nexport const t = p.pgTable(name, { id: p.text('id') });",
        "environment",
    ),
    "a builder changed under an unknown condition": (
        "const c = p.text('id');\nif (process.env.X) c.notNull();\nexport const t = p.pgTable('t', { id: c });",
        "environment",
    ),
    "a change behind a logical operator": (
        "const cols: any = { id: p.text('id') };\nprocess.env.X && (cols.extra = p.text('e'));\nexport const t = p.pgTable('t', cols);",
        "environment",
    ),
    "an argument filled by a function that cannot be followed": (
        "function fill(c: any) { if (Date.now() > 1) c.extra = p.text('e'); return c; }\nconst cols = { id: p.text('id') };\nfill(cols);\nexport const t = p.pgTable('t', cols);",
        "current time",
    ),
    "an array sorted by a function": (
        "const v = ['b', 'a'];\nv.sort((a, b) => a.localeCompare(b));\nexport const t = p.pgTable('t', { id: p.text('id', { enum: v as any }) });",
        "sorting",
    ),
    "an array changed by an unknown method": (
        "const v = ['b', 'a'];\nv.splice(0, 1);\nexport const t = p.pgTable('t', { id: p.text('id', { enum: v as any }) });",
        "splice",
    ),
    "an object filled by a package": (
        "import { extend } from 'extender';\nconst cols = { id: p.text('id') };\nextend(cols);\nexport const t = p.pgTable('t', cols);",
        "'extender' is not found",
    ),
    "an object changed through Object.defineProperty": (
        "const cols: any = { id: p.text('id') };\nObject.defineProperty(cols, 'x', { value: p.text('x') });\nexport const t = p.pgTable('t', cols);",
        "'Object.defineProperty' is not evaluated",
    ),
    "a set changed by an unknown method": (
        "const s: any = new Set(['a', 'b']);\ns.extend('c');\nexport const t = p.pgTable('t', { id: p.text('id', { enum: [...s] as any }) });",
        "'extend'",
    ),
    "a number of the library that is not modelled": (
        "export const t = p.pgTable('t', { n: p.real('n').default(Number.EPSILON) });",
        "'Number.EPSILON' is not evaluated",
    ),
    "a default that is computed": (
        "export const t = p.pgTable('t', { id: p.text('id').default(Math.random().toString()) });",
        "Math.random",
    ),
    "a default from the clock": (
        "export const t = p.pgTable('t', { at: p.timestamp('at').default(new Date()) });",
        "current time",
    ),
    "an awaited value": (
        "const name = await load();\nexport const t = p.pgTable(name, { id: p.text('id') });",
        "awaited",
    ),
    "a loop that never ends": (
        "const parts: string[] = [];\nwhile (true) { parts.push('x'); }\nexport const t = p.pgTable(parts.join(), { id: p.text('id') });",
        "does not come to an end",
    ),
    "a recursion that never ends": (
        "const f = (n: number): string => f(n + 1);\nexport const t = p.pgTable(f(0), { id: p.text('id') });",
        "does not come to an end",
    ),
    "a builder method that does not exist": (
        "export const t = p.pgTable('t', { id: (p.text('id') as any).nonNull() });",
        "no method 'nonNull'",
    ),
    "a column function of another version": (
        "export const t = p.pgTable('t', { id: (p as any).hyperlog('id') });",
        "'hyperlog'",
    ),
    "a table wrapped by a package": (
        "import { wrap } from 'wrapper';\nexport const t = wrap('t', { id: p.text('id') });",
        "'wrapper' is not found",
    ),
    "a missing file": (
        "import { make } from './missing';\nexport const t = make('t', { id: p.text('id') });",
        "'./missing' is not found",
    ),
    "a re-export of a missing file": ("export * from './gone';", "'./gone' is not found"),
    "a reference to nothing": (
        "import { other } from './other';\nexport const t = p.pgTable('t', { id: p.text('id').references(() => other.id) });",
        "'./other' is not found",
    ),
    "a check from a package": (
        "import { limit } from 'limits';\nexport const t = p.pgTable('t', { n: p.integer('n') }, (t) => [p.check('c', sql`${t.n} < ${limit}`)]);",
        "'limits' is not found",
    ),
    "a class": (
        "class Base { static cols = { id: p.text('id') }; }\nexport const t = p.pgTable('t', Base.cols);",
        "classes are not evaluated",
    ),
    "a dialect that is not supported": (
        "import { singlestoreTable } from 'drizzle-orm/singlestore-core';\nexport const t = singlestoreTable('t', {});",
        "not supported",
    ),
    "casing of drizzle-orm 1.0": (
        "const make = (p.pgTableCreator as any)((n: string) => n, 'snake_case');\nexport const t = make('t', { someKey: p.text() });",
        "casing",
    ),
}


@pytest.mark.parametrize("case", UNCERTAIN)
def test_it_is_reported_with_its_place(case: str, read: Callable[..., Schema]) -> None:
    """Each uncertain construct gives a problem that says why, where and in which expression."""
    source, reason = UNCERTAIN[case]
    schema = read(source)
    assert schema.problems, "nothing was reported"
    problem = schema.problems[0]
    assert any(reason in found.reason for found in schema.problems), [str(found) for found in schema.problems]
    assert problem.file == "schema.ts"
    assert 1 <= problem.line <= 1 + source.count("\n") + 1
    assert problem.expression
    assert all(not table.complete for table in schema.tables)


def test_what_is_certain_beside_it_is_kept(read: Callable[..., Schema]) -> None:
    """One column that cannot be resolved does not take its neighbours with it."""
    schema = read(
        "import { n } from 'x';\n"
        "export const t = p.pgTable('t', { a: p.text('a'), b: p.varchar('b', { length: n }), c: p.integer('c') });\n"
        "export const u = p.pgTable('u', { id: p.text('id') });"
    )
    tables = {table.export: table for table in schema.tables}
    assert [column.key for column in tables["t"].columns] == ["a", "c"]
    assert tables["u"].complete
    assert [(problem.table, problem.column) for problem in schema.problems] == [("t", "b")]


def test_what_does_not_matter_is_not_reported(read: Callable[..., Schema]) -> None:
    """Unknown values that reach no fact of the schema are no problem."""
    schema = read(
        "import { z } from 'zod'; import { createInsertSchema } from 'drizzle-zod'; import { env } from './env';\n"
        "import type { Thing } from './types';\n"
        "export const t = p.pgTable('t', { id: p.text('id').$defaultFn(() => env.id()).$type<Thing>() });\n"
        "export const insertT = createInsertSchema(t, { id: z.string().min(1) });\n"
        "export const form = z.object({ name: z.string() });\n"
        "if (process.env.DEBUG) console.log(t);\n"
        "export class Repository {}\n"
    )
    assert [str(problem) for problem in schema.problems] == []
    assert len(schema.tables) == 1


def test_what_nobody_changes_stays_known(read: Callable[..., Schema]) -> None:
    """What is read-only, what well-known packages get, and what a table was made of before."""
    schema = read(
        "import { z } from 'zod'; import { audited } from '@x/audit'; import { createSelectSchema } from 'drizzle-zod';\n"
        "const roles: [string, ...string[]] = ['a', 'b']; const LEVELS = ['x', 'y'] as const;\n"
        "const sizes = Object.freeze(['s', 'm']);\n"
        "export const form = z.object({ role: z.enum(roles), level: z.enum(LEVELS) });\n"
        "const a = audited(LEVELS, { deep: LEVELS }, sizes);\n"
        "export const role = p.pgEnum('role', roles); export const level = p.pgEnum('level', LEVELS);\n"
        "const cols = { id: p.text('id') };\n"
        "export const t = p.pgTable('t', { ...cols, r: role(), l: level(), s: p.text('s', { enum: sizes }) });\n"
        "export const b = audited(t, cols, createSelectSchema(t));\n"
    )
    assert [str(problem) for problem in schema.problems] == []
    assert [column.key for column in schema.tables[0].columns] == ["id", "r", "l", "s"]


def test_a_syntax_error_is_reported_with_its_line(read: Callable[..., Schema]) -> None:
    """A file that is no TypeScript says where."""
    schema = read("export const t = p.pgTable('t', { id: p.text('id') });\nexport const broken = p.pgTable('b', {{ ;\n")
    assert any(problem.reason == "a syntax error" and problem.line >= 2 for problem in schema.problems)


def test_an_expression_that_nests_too_deeply_is_reported(read: Callable[..., Schema]) -> None:
    """The reader's own stack is no limit that shows as a crash."""
    deep = " + ".join(["'x'"] * 3000)
    schema = read(f"export const t = p.pgTable({deep}, {{ id: p.text('id') }});")
    assert schema.problems


def test_a_file_that_is_no_json_is_reported(read: Callable[..., Schema]) -> None:
    """Its values are unknown, with the file named."""
    schema = read("import { n } from './bad.json';\nexport const t = p.pgTable(n, {});", **{"bad.json": "{"})
    assert schema.problems


def test_values_used_before_they_exist_are_a_cycle(read: Callable[..., Schema]) -> None:
    """A circle of imports in which a value needs itself is named."""
    schema = read(
        "import { cols } from './b';\nexport const mine = { ...cols };\nexport const t = p.pgTable('t', mine);",
        b_ts="import { mine } from './schema';\nexport const cols = { ...mine };\n",
    )
    assert any("a cycle" in problem.reason for problem in schema.problems)
