# ruff: noqa: E501 - schemas read better in wide lines
"""Generated models: names, types, defaults, checks and metadata, on schemas written for the purpose."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import ValidationError

from headgate.drizzle import runtime
from headgate.drizzle.ir import Schema
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.package import is_untouched, write_package

_numbers = itertools.count()


@pytest.fixture
def models(read: Callable[..., Schema], tmp_path: Path) -> Callable[..., ModuleType]:
    """Generate models from a schema given as text, and import them."""

    def make(source: str, options: WriteOptions | None = None) -> ModuleType:
        name = f"generated_{next(_numbers)}"
        folder = tmp_path / name
        folder.mkdir()
        for file, text in write_package(read(source), options).items():
            (folder / file).write_text(text)
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return make


def test_a_table_has_a_row_an_insert_and_an_update_model(models: Callable[..., ModuleType]) -> None:
    """The classes are named after the table's singular, and bear its metadata."""
    m = models(
        "export const schools = p.pgTable('schools', { id: p.serial('id').primaryKey(), name: p.text('name').notNull() });"
    )
    assert m.School(id=1, name="MIT").name == "MIT"
    assert m.SchoolInsert(name="MIT").values() == {"name": "MIT"}
    assert m.SchoolUpdate(name="ETH").values() == {"name": "ETH"}
    assert m.School.__table__.primary_key == ("id",)
    assert issubclass(m.SchoolInsert, runtime.Insert)


def test_keys_and_database_names_are_both_accepted(models: Callable[..., ModuleType]) -> None:
    """A field is filled by its attribute, its TypeScript key or its name in the database, and written by key."""
    m = models("export const t = p.pgTable('t', { createdBy: p.text('creator').notNull() });")
    for name in ("created_by", "createdBy", "creator"):
        assert m.TInsert.model_validate({name: "me"}).values() == {"creator": "me"}
    assert m.TInsert(created_by="me").model_dump() == {"createdBy": "me"}
    assert m.T.from_db({"creator": "me"}).created_by == "me"


def test_attribute_names_are_safe(models: Callable[..., ModuleType]) -> None:
    """Keywords, Pydantic's own names, leading underscores and digits, and collisions get names that work."""
    keys = [
        "class",
        "from",
        "model_config",
        "copy",
        "schema",
        "validate",
        "_private",
        "2fa",
        "None",
        "list",
        "json",
        "values",
    ]
    columns = ", ".join(f"'{key}': p.text('{key}')" for key in [*keys, "some-key", "someKey", "some_key"])
    m = models(f"export const t = p.pgTable('t', {{ {columns} }});")
    row = m.TInsert.model_validate({key: key for key in keys})
    assert {value for value in row.values().values() if value is not None} == set(keys)
    assert len(m.T.model_fields) == len(keys) + 3


def test_enum_members_are_safe(models: Callable[..., ModuleType]) -> None:
    """Values that are no identifiers become members that are."""
    values = ["sad", "happy day", "it's", "class", "1st", "sad-2", "", "None", "Sad", "I", "II"]
    m = models(f"export const e = p.pgEnum('mood', {values!r}); export const t = p.pgTable('t', {{ e: e('e') }});")
    assert [member.value for member in m.Mood] == values
    assert m.TInsert(e="1st").e is m.Mood.VALUE_1ST
    assert m.Mood.I_.value == "I"  # a name that reads like a digit is none


def test_only_what_the_database_fills_in_is_optional(models: Callable[..., ModuleType]) -> None:
    """Nullable columns and database defaults are optional; a TypeScript default alone is not, unless it is well known."""
    m = models(
        "import { nanoid } from 'nanoid'; import { mystery } from './m';\n"
        "export const t = p.pgTable('t', { a: p.text('a'), b: p.text('b').notNull().default('x'), c: p.uuid('c').notNull().defaultRandom(),"
        " d: p.text('d').notNull().$defaultFn(() => nanoid()), e: p.text('e').notNull().$defaultFn(() => mystery()),"
        " f: p.timestamp('f', { withTimezone: true }).notNull().$defaultFn(() => new Date()) });"
    )
    assert {name for name, field in m.TInsert.model_fields.items() if field.is_required()} == {"e"}
    row = m.TInsert(e="!")
    assert row.b == "x"
    assert row.c is runtime.UNSET
    assert "c" not in row.values()
    assert len(row.d) == 21
    assert row.f.tzinfo is not None


def test_generated_and_identity_always_columns_cannot_be_written(models: Callable[..., ModuleType]) -> None:
    """They are part of the row and of nothing else."""
    m = models(
        "export const t = p.pgTable('t', { id: p.integer('id').primaryKey().generatedAlwaysAsIdentity(),"
        " by: p.integer('by').generatedByDefaultAsIdentity(), n: p.integer('n').notNull(),"
        " double: p.integer('double').generatedAlwaysAs(sql`n * 2`) });"
    )
    assert set(m.T.model_fields) == {"id", "by", "n", "double"}
    assert set(m.TInsert.model_fields) == {"by", "n"}
    assert set(m.TUpdate.model_fields) == {"by", "n"}
    assert not m.TInsert.model_fields["by"].is_required()


def test_primary_keys_change_only_when_asked_for(models: Callable[..., ModuleType]) -> None:
    """Update models leave the key out unless the option says otherwise."""
    source = "export const t = p.pgTable('t', { id: p.text('id').primaryKey(), n: p.integer('n') });"
    assert set(models(source).TUpdate.model_fields) == {"n"}
    assert set(models(source, WriteOptions(update_keys=True)).TUpdate.model_fields) == {"id", "n"}


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("${t.n} >= 1 AND ${t.n} <= 5", {"n": 3}, {"n": 6}),
        ("${t.n} BETWEEN 1 AND 5", {"n": 1}, {"n": 0}),
        ("${t.n} NOT BETWEEN 1 AND 5", {"n": 6}, {"n": 2}),
        ("${t.s} IN ('a', 'b')", {"s": "a"}, {"s": "c"}),
        ("${t.s} NOT IN ('a')", {"s": "b"}, {"s": "a"}),
        ("char_length(${t.s}) > 2", {"s": "abc"}, {"s": "ab"}),
        ("${t.s} ~ '^[a-z]+$'", {"s": "abc"}, {"s": "Abc"}),
        ("${t.s} ~* '^[a-z]+$'", {"s": "ABC"}, {"s": "A1"}),
        ("${t.s} LIKE 'a%'", {"s": "abc"}, {"s": "cba"}),
        ("${t.n} < ${t.m} OR ${t.m} IS NULL", {"n": 1, "m": 2}, {"n": 2, "m": 1}),
        ("NOT (${t.n} = 0)", {"n": 1}, {"n": 0}),
        ("${t.n} + ${t.m} <= 10", {"n": 5, "m": 5}, {"n": 6, "m": 5}),
        ("${t.n} <> 3", {"n": 2}, {"n": 3}),
        ("lower(${t.s}) = ${t.s}", {"s": "abc"}, {"s": "Abc"}),
    ],
)
def test_checks_become_validators(
    models: Callable[..., ModuleType], check: str, good: dict[str, object], bad: dict[str, object]
) -> None:
    """A translatable CHECK refuses what the database refuses; NULL passes, as in SQL."""
    m = models(
        "export const t = p.pgTable('t', { n: p.integer('n'), m: p.integer('m'), s: p.text('s') },"
        f" (t) => [p.check('the_check', sql`{check}`)]);"
    )
    m.TInsert(**good)
    m.TInsert()
    m.TUpdate()
    with pytest.raises(ValidationError, match="the_check"):
        m.TInsert(**bad)
    with pytest.raises(ValidationError, match="the_check"):
        m.TUpdate(**bad)


@pytest.mark.parametrize(
    "check",
    ["my_function(${t.n}) > 0", "${t.s} < 'b'", "${t.s} ~ '\\\\mword'", "${t.n} > (select 1)", "${t.n}::text = '1'"],
)
def test_a_check_without_a_twin_is_listed(models: Callable[..., ModuleType], check: str) -> None:
    """What cannot be translated for certain stands in the docstring, and refuses nothing."""
    m = models(
        "export const t = p.pgTable('t', { n: p.integer('n'), s: p.text('s') },"
        f" (t) => [p.check('odd', sql`{check}`)]);"
    )
    assert "odd:" in (m.TInsert.__doc__ or "")
    m.TInsert(n=-1, s="zzz")


def test_json_types_become_models(models: Callable[..., ModuleType]) -> None:
    """Objects are models of their own, nested ones too; what the type does not name is kept."""
    m = models(
        "interface Item { sku: string; n: number; tags?: string[]; kind: 'a' | 'b'; parent: Item | null }\n"
        "export const t = p.pgTable('t', { items: p.jsonb('items').$type<Item[]>().notNull(), any: p.jsonb('any') });"
    )
    item = {
        "sku": "x",
        "n": 1,
        "kind": "a",
        "parent": {"sku": "y", "n": 1.5, "kind": "b", "parent": None},
        "more": True,
    }
    row = m.TInsert(items=[item], any={"free": [1, None]})
    assert row.items[0].parent.n == 1.5
    assert row.model_dump()["items"][0]["more"] is True
    with pytest.raises(ValidationError):
        m.TInsert(items=[{**item, "kind": "c"}])
    with pytest.raises(ValidationError):
        m.TInsert(items=None)


def test_values_are_kept_as_the_database_keeps_them(models: Callable[..., ModuleType]) -> None:
    """Decimals are rounded to the scale, spaces beyond a length are dropped, uuids are read in every spelling."""
    m = models(
        "export const t = p.pgTable('t', { d: p.numeric('d', { precision: 5, scale: 2 }), c: p.varchar('c', { length: 3 }), u: p.uuid('u') });"
    )
    row = m.TInsert(d="1.005", c="abc  ", u="{A0EEBC999C0B4EF8BB6D6BB9BD380A11}")
    assert row.d == Decimal("1.01")
    assert row.c == "abc"
    assert str(row.u) == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    for bad in ({"d": "1000"}, {"c": "abcd"}, {"u": "x"}, {"d": True}):
        with pytest.raises(ValidationError):
            m.TInsert(**bad)


def test_times_are_aware_or_naive_by_the_column(models: Callable[..., ModuleType]) -> None:
    """An instant needs its zone, a local time has none, a string mode is checked text."""
    m = models(
        "export const t = p.pgTable('t', { at: p.timestamp('at', { withTimezone: true }), local: p.timestamp('local'),"
        " text: p.timestamp('text', { mode: 'string' }) });"
    )
    now = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    m.TInsert(at=now, local=now.replace(tzinfo=None), text="2024-01-02 03:04:05")
    for bad in ({"at": now.replace(tzinfo=None)}, {"local": now}, {"text": "2024-02-30"}, {"at": 5}):
        with pytest.raises(ValidationError):
            m.TInsert(**bad)


def test_tables_come_in_the_order_of_their_references(models: Callable[..., ModuleType]) -> None:
    """`TABLES` lists each table after those it refers to, and circles do not stop it."""
    m = models(
        "export const a = p.pgTable('a', { id: p.integer('id').primaryKey(), b: p.integer('b').references(() => b.id) });\n"
        "export const b = p.pgTable('b', { id: p.integer('id').primaryKey(), c: p.integer('c').references(() => c.id) });\n"
        "export const c = p.pgTable('c', { id: p.integer('id').primaryKey(), self: p.integer('s').references((): any => c.id) });\n"
        "export const x = p.pgTable('x', { id: p.integer('id').primaryKey(), y: p.integer('y').references((): any => y.id) });\n"
        "export const y = p.pgTable('y', { id: p.integer('id').primaryKey(), x: p.integer('x').references(() => x.id) });\n"
    )
    names = [table.name for table in m.TABLES]
    assert names.index("c") < names.index("b") < names.index("a")
    assert sorted(names) == ["a", "b", "c", "x", "y"]


def test_metadata_knows_keys_relations_and_indexes(models: Callable[..., ModuleType]) -> None:
    """The class knows what the store needs to load it."""
    m = models(
        "import { relations } from 'drizzle-orm';\n"
        "export const u = p.pgTable('users', { id: p.integer('id').primaryKey(), mail: p.text('e_mail').notNull().unique() });\n"
        "export const o = p.pgTable('orders', { id: p.integer('id').primaryKey(), userId: p.integer('user_id').notNull().references(() => u.id, { onDelete: 'cascade' }), n: p.integer('n') },"
        " (t) => [p.uniqueIndex('one').on(t.userId, t.n), p.index('i').on(t.n)]);\n"
        "export const r = relations(o, ({ one }) => ({ user: one(u, { fields: [o.userId], references: [u.id] }) }));"
    )
    table = m.O.__table__
    assert table.foreign_keys == (runtime.ForeignKey(("user_id",), "users", ("id",), on_delete="cascade"),)
    assert table.natural_keys == (("user_id", "n"),)
    assert table.relations == (runtime.Relation("user", "one", "users", ("user_id",), ("id",)),)
    assert [index.name for index in table.indexes] == ["one", "i"]
    assert m.U.__table__.natural_keys == (("e_mail",),)
    assert table.column("userId").db_name == table.column("user_id").db_name == "user_id"


def test_custom_types_and_factories_can_be_mapped(models: Callable[..., ModuleType]) -> None:
    """An unknown SQL type and an unknown default function get the Python ones the options name."""
    m = models(
        "const ltree = p.customType<{ data: string }>({ dataType: () => 'hierarchy' });\n"
        "export const t = p.pgTable('t', { path: ltree('path').notNull(), at: p.text('at').notNull().$defaultFn(() => thing()) });",
        WriteOptions(types={"hierarchy": "pathlib:PurePosixPath"}, factories={"t.at": "time:ctime"}),
    )
    row = m.TInsert(path="a/b")
    assert row.path.parts == ("a", "b")
    assert isinstance(row.at, str)


def test_the_same_schema_gives_the_same_bytes(read: Callable[..., Schema]) -> None:
    """Writing is deterministic, and every file knows whether it was edited."""
    source = "export const t = p.pgTable('t', { id: p.text('id').primaryKey() });"
    first, second = write_package(read(source)), write_package(read(source))
    assert first == second
    assert all(is_untouched(text) for text in first.values())
    assert is_untouched(first["t.py"].replace("Text", "Text ")) is False
    assert is_untouched("print('mine')\n") is None
