"""What a generated model knows about its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Column:
    """A column in all its names.

    Args:
        name: The attribute of the model.
        key: The TypeScript key.
        db_name: The name in the database.
        sql_type: The SQL type.
        nullable: Whether the database accepts NULL.
        has_default: Whether the database fills it in when it is left out.
        generated: Whether the database computes it: it cannot be written.
    """

    name: str
    key: str
    db_name: str
    sql_type: str
    nullable: bool = True
    has_default: bool = False
    generated: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; columns by their names in the database."""

    columns: tuple[str, ...]
    table: str
    foreign_columns: tuple[str, ...]
    schema: str | None = None
    on_delete: str | None = None
    on_update: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index; its columns are names in the database or SQL expressions."""

    name: str | None
    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation as drizzle-orm's queries know it; columns by their names in the database."""

    key: str
    kind: str
    table: str
    fields: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table.

    Args:
        name: Its name in the database.
        dialect: `pg`, `mysql` or `sqlite`.
        columns: Its columns in order.
        schema: Its schema, `None` for the default one.
        primary_key: The columns of the primary key, by their names in the database.
        natural_keys: The columns of each unique constraint.
        foreign_keys: Its foreign keys.
        relations: Its relations.
        indexes: Its indexes.
    """

    name: str
    dialect: str
    columns: tuple[Column, ...]
    schema: str | None = None
    primary_key: tuple[str, ...] = ()
    natural_keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    relations: tuple[Relation, ...] = ()
    indexes: tuple[Index, ...] = field(default=())

    @property
    def full_name(self) -> str:
        """The name with its schema, as written in SQL without quotes."""
        return self.name if self.schema is None else f"{self.schema}.{self.name}"

    @cached_property
    def db_names(self) -> Mapping[str, str]:
        """The name in the database of each attribute."""
        return {column.name: column.db_name for column in self.columns}

    def column(self, name: str) -> Column:
        """Return a column by any of its names.

        Raises:
            KeyError: If there is none.
        """
        for column in self.columns:
            if name in {column.name, column.key, column.db_name}:
                return column
        raise KeyError(name)


def in_dependency_order(*tables: Table) -> tuple[Table, ...]:
    """Return tables so that each comes after those its foreign keys lead to.

    Tables that refer to each other in a circle come in the order given.
    """
    out: list[Table] = []
    waiting = list(tables)
    names = {table.full_name for table in waiting}
    done: set[str] = set()
    while waiting:
        ready = [table for table in waiting if _needs(table, names) <= done] or waiting[:1]
        out += ready
        done |= {table.full_name for table in ready}
        waiting = [table for table in waiting if table.full_name not in done]
    return tuple(out)


def _needs(table: Table, names: set[str]) -> set[str]:
    targets = {key.table if key.schema is None else f"{key.schema}.{key.table}" for key in table.foreign_keys}
    return (targets & names) - {table.full_name}
