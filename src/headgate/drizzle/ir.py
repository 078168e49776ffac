"""What a Drizzle schema says, whichever reader read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias

from headgate.drizzle.problems import Problem

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"
"""Plain JSON; `{"$sql"}`, `{"$date"}`, `{"$bigint"}`, `{"$bytes"}` and `{"$fn"}` mark what JSON lacks."""

Dialect: TypeAlias = Literal["pg", "mysql", "sqlite"]


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""Marks a default that is not there: `null` is a default too."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column, or of the elements of an array.

    Args:
        column_type: drizzle-orm's class (`PgVarchar`).
        data_type: Its JavaScript type (`string`).
        sql_type: The SQL type (`varchar(20)`).
        enum_values: The allowed values, if there is a list of them.
        enum_name: The name of the enum type in the database.
        enum_schema: Its schema, if it is not the default one.
        length: In characters; bytes for binary types.
        precision: Digits in all; digits of a second for times.
        scale: Digits after the point.
        with_timezone: Whether a time knows its zone; `None` for what is no time.
        dimensions: Of a vector; bits of a bit string.
        fsp: Digits of a second in MySQL.
        unsigned: Of a decimal in MySQL; integers say it in `sql_type`.
        mode: How SQLite's integers are read.
        size: The declared bound of an array; `None` for none.
        base: The element's type, if this is an array.
    """

    column_type: str
    data_type: str
    sql_type: str
    enum_values: tuple[str, ...] | None = None
    enum_name: str | None = None
    enum_schema: str | None = None
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    with_timezone: bool | None = None
    dimensions: int | None = None
    fsp: int | None = None
    unsigned: bool | None = None
    mode: str | None = None
    size: int | None = None
    base: ColumnType | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        key: The TypeScript key.
        name: The name given in the schema, or the key.
        db_name: The name in the database, after casing.
        type: Its type.
        key_as_name: Whether the name was taken from the key.
        not_null: Whether it refuses NULL.
        has_default: Whether drizzle-orm treats it as optional on insert.
        default: The default value as JSON, `MISSING` if none.
        default_fn: Whether a TypeScript function makes the default.
        on_update_fn: Whether a TypeScript function makes the value on update.
        factory: The function behind `default_fn` where it is a well-known one: `nanoid`, `cuid2`, `uuid`, `now`...
        on_update_now: MySQL's `ON UPDATE CURRENT_TIMESTAMP`.
        auto_increment: Whether the database counts; `None` where the kind of column does not know it.
        primary: Whether it is declared as primary key on its own.
        is_unique: Whether it is declared unique on its own.
        unique_name: The name of that constraint.
        unique_nulls: `not distinct` or `distinct`, if said.
        generated: The expression and mode of a generated column.
        identity: The kind and sequence of an identity column.
        ts_type: The TypeScript type of `$type<T>`, expanded; `None` if there is none.
    """

    key: str
    name: str
    db_name: str
    type: ColumnType
    key_as_name: bool = False
    not_null: bool = False
    has_default: bool = False
    default: JSON | Literal[_Missing.MISSING] = MISSING
    default_fn: bool = False
    on_update_fn: bool = False
    factory: str | None = None
    on_update_now: bool = False
    auto_increment: bool | None = None
    primary: bool = False
    is_unique: bool = False
    unique_name: str | None = None
    unique_nulls: str | None = None
    generated: dict[str, JSON] | None = None
    identity: dict[str, JSON] | None = None
    ts_type: JSON = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; columns by their names in the database."""

    name: str
    columns: tuple[str, ...]
    foreign_table: str
    foreign_schema: str | None
    foreign_columns: tuple[str, ...]
    on_delete: str | None = None
    on_update: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or unique constraint; columns by their names in the database."""

    name: str
    columns: tuple[str, ...]
    nulls_not_distinct: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index; its columns are names, or `{"$sql"}` for expressions."""

    name: str | None
    unique: bool
    columns: tuple[JSON, ...]
    method: str | None = None
    where: JSON = None


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        export: The name it is exported under.
        file: The file that exports it, relative to the root.
        dialect: `pg`, `mysql` or `sqlite`.
        name: Its name in the database.
        schema: Its schema, `None` for the default one.
        columns: Its columns in order.
        complete: Whether all of it was resolved for certain.
        line: The line it is exported on, where that is known.
    """

    export: str
    file: str
    dialect: Dialect
    name: str
    schema: str | None
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    primary_keys: tuple[Key, ...] = ()
    uniques: tuple[Key, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    policies: tuple[dict[str, JSON], ...] = ()
    row_security: bool = False
    complete: bool = True
    line: int = 1


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view that is an expression."""

    key: str
    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class View:
    """A view."""

    export: str
    file: str
    dialect: Dialect
    name: str
    schema: str | None
    materialized: bool
    existing: bool
    query: str | None
    columns: tuple[Column | ViewColumn, ...]


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum type of the database."""

    export: str
    file: str
    name: str
    schema: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of a table, as drizzle-orm's queries know it; columns by their names in the database."""

    key: str
    kind: str
    target: str
    relation_name: str | None = None
    fields: tuple[str, ...] | None = None
    references: tuple[str, ...] | None = None
    nullable: bool | None = None


@dataclass(frozen=True, slots=True)
class TableRelations:
    """The relations of one table."""

    export: str
    file: str
    table: str
    relations: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A schema, sequence or role that is exported."""

    export: str
    file: str
    name: str
    schema: str | None = None
    options: JSON = None


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything that was read.

    Args:
        root: The folder the files are relative to.
        entries: The files that were read as schema.
        casing: `snake_case` or `camelCase`, if names are cased.
        engine: `static`, `node` or `snapshot`.
        files: Every file that was read, relative to the root.
        problems: What could not be resolved for certain.
    """

    root: str
    entries: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    enums: tuple[EnumType, ...] = ()
    relations: tuple[TableRelations, ...] = ()
    schemas: tuple[Named, ...] = ()
    sequences: tuple[Named, ...] = ()
    roles: tuple[Named, ...] = ()
    casing: str | None = None
    engine: str = "static"
    drizzle_version: str | None = None
    files: tuple[str, ...] = ()
    stubs: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())
