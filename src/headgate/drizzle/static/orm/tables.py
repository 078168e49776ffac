"""Tables, columns and schemas, built the way drizzle-orm builds them."""

from __future__ import annotations

from headgate.drizzle.static.orm.builders import ColumnBuilder, Config, Reference, TypeNode
from headgate.drizzle.static.orm.encoders import driver_value
from headgate.drizzle.static.orm.mysql import MYSQL_COLUMNS
from headgate.drizzle.static.orm.pg import PG_COLUMNS, make_enum
from headgate.drizzle.static.orm.sql import Writer
from headgate.drizzle.static.orm.sqlite import SQLITE_COLUMNS
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    is_nullish,
    known,
    to_string,
)

COLUMNS: dict[str, dict[str, Function]] = {"pg": PG_COLUMNS, "mysql": MYSQL_COLUMNS, "sqlite": SQLITE_COLUMNS}

_INDEX_ORDER = {"asc", "desc", "nullsFirst", "nullsLast", "op"}
"""What only a column of PostgreSQL has, in the extra configuration."""


class Column(Host):
    """A column of a table.

    Args:
        table: Its table.
        key: Its TypeScript key.
        builder: What it is built from; the configuration is copied, as drizzle-orm does.
    """

    def __init__(self, table: Table, key: str, builder: ColumnBuilder) -> None:
        self.table = table
        self.key = key
        self.spec = builder.spec
        self.type: TypeNode | None = builder.type
        self.broken = builder.broken
        given = builder.config.get("uniqueName", UNDEFINED)
        if is_nullish(given) or given == "":
            builder.config["uniqueName"] = _unique_name(table, builder.config["name"])
        self.config: Config = dict(builder.config)
        self.base = Column(table, key, builder.base) if builder.base is not None else None

    @property
    def name(self) -> str:
        """The name given in the schema, before casing.

        Raises:
            Unresolved: If it is not known.
        """
        return to_string(known(self.config["name"]))

    def get(self, name: str) -> Value:  # noqa: PLR0911 - one return for each kind
        """Return a property of the column."""
        if name == "getSQL" or (name in _INDEX_ORDER and self.table.dialect == "pg"):
            return Native(name, lambda _args: self)
        if name in {"name", "notNull", "hasDefault", "default", "keyAsName", "isUnique", "uniqueName"}:
            return self.config.get(name, UNDEFINED)
        if name in self.spec.facts:
            return self.config.get(name, UNDEFINED)
        fixed = {"table": self.table, "dataType": self.spec.data_type, "columnType": self.spec.column_type}
        if name in fixed:
            return fixed[name]
        if name == "primary":
            return self.config["primaryKey"]
        if name == "getSQLType":
            return Native(name, lambda _args: self.spec.sql_type(self.config))
        if name == "columns":
            return UNDEFINED
        return Unknown(f"the property '{name}' of a column is not modelled")

    def encoded(self, value: Value) -> Value:
        """Return a value that is compared with the column, as its driver gets it."""
        return driver_value(value, self.spec.column_type, self.config.get("mode"))

    def path(self, write: Writer) -> list[str]:
        """Return the parts of its name, as it stands in SQL."""
        own = write.column_name(self)
        return [own] if write.bare else [*self.table.path(write), own]


class Table(Host):
    """A table.

    Args:
        dialect: `pg`, `mysql` or `sqlite`.
        name: Its name in the database.
        schema: Its schema, `None` for the default one.
    """

    def __init__(self, dialect: str, name: Value, schema: Value) -> None:
        self.dialect = dialect
        self.name = name
        self.schema = schema
        self.columns: dict[str, Column | Unknown] = {}
        self.incomplete: Unknown | None = None
        self.foreign_keys: list[tuple[Column, Reference]] = []
        self.extra: Value = UNDEFINED
        self.row_security = False

    def get(self, name: str) -> Value:
        """Return a column, or a method of the table."""
        column = self.columns.get(name)
        if column is not None:
            return column
        if name == "enableRLS" and self.dialect == "pg":
            return Native(name, self._secure)
        if self.incomplete is not None:
            return self.incomplete
        if name == "columns":
            return UNDEFINED
        return Unknown(f"the table has no column '{name}'")

    def path(self, _write: Writer) -> list[str]:
        """Return the parts of its name, as it stands in SQL."""
        parts = [self.name] if is_nullish(self.schema) else [self.schema, self.name]
        return [to_string(known(part)) for part in parts]

    def column_object(self) -> JSObject:
        """Return the columns as a plain object."""
        return JSObject(dict(self.columns), self.incomplete)

    def _secure(self, _args: list[Value]) -> Value:
        self.row_security = True
        return self


class TableAlias(Table):
    """`alias(table, 'name')`: the same columns under another name; no table of the database."""

    def __init__(self, table: Table, name: Value) -> None:
        super().__init__(table.dialect, name, None)
        self.incomplete = table.incomplete
        for key, column in table.columns.items():
            if isinstance(column, Column):
                copy = object.__new__(Column)
                copy.__dict__.update(column.__dict__)
                copy.table = self
                self.columns[key] = copy
            else:
                self.columns[key] = column


def _unique_name(table: Table, column: Value) -> Value:
    if isinstance(table.name, Unknown):
        return table.name
    if isinstance(column, Unknown):
        return column
    return f"{to_string(table.name)}_{to_string(column)}_unique"


def build_table(dialect: str, name: Value, args: list[Value], schema: Value = None) -> Table:
    """Return the table that `pgTable(name, columns, extraConfig)` makes."""
    table = Table(dialect, name, schema)
    columns = arg(args, 1)
    if isinstance(columns, Function):
        columns = columns.call([JSObject(dict(COLUMNS[dialect]))])
    if isinstance(columns, Unknown):
        table.incomplete = columns
    elif isinstance(columns, JSObject):
        table.incomplete = columns.taint
        for key, value in columns.entries():
            _add_column(table, key, value)
    else:
        table.incomplete = Unknown("the columns are not an object")
    table.extra = arg(args, 2)
    return table


def _add_column(table: Table, key: str, value: Value) -> None:
    if isinstance(value, Unknown):
        table.columns[key] = value
        return
    if not isinstance(value, ColumnBuilder):
        table.columns[key] = Unknown("the value is not a column builder")
        return
    value.set_name(key)
    column = Column(table, key, value)
    table.columns[key] = column
    table.foreign_keys += [(column, reference) for reference in value.references]


def table_function(dialect: str) -> Native:
    """Return `pgTable` and its sisters."""
    return Native("table", lambda args: build_table(dialect, arg(args, 0), args), {"withRLS": _secured(dialect)})


def _secured(dialect: str) -> Native:
    def make(args: list[Value]) -> Value:
        table = build_table(dialect, arg(args, 0), args)
        table.row_security = True
        return table

    return Native("withRLS", make)


def table_creator(dialect: str) -> Native:
    """Return `pgTableCreator` and its sisters."""

    def creator(args: list[Value]) -> Value:
        rename = known(arg(args, 0))
        if not isinstance(rename, Function):
            raise Unresolved(Unknown("a table creator needs a function"))
        if arg(args, 1) is not UNDEFINED:
            raise Unresolved(Unknown("casing by table creator, of drizzle-orm 1.0, is not supported"))
        return Native("table", lambda more: build_table(dialect, rename.call([arg(more, 0)]), more))

    return Native("tableCreator", creator)


class Schema(Host):
    """`pgSchema('name')`."""

    def __init__(self, dialect: str, name: Value) -> None:
        self.dialect = dialect
        self.name = name

    def get(self, name: str) -> Value:
        """Return a property or a method of the schema."""
        if name == "table":
            return Native(name, lambda args: build_table(self.dialect, arg(args, 0), args, self.name))
        if name == "schemaName":
            return self.name
        if name == "enum" and self.dialect == "pg":
            return make_enum(self.name)
        if name == "sequence":
            return Native(name, lambda args: Sequence(arg(args, 0), self.name, arg(args, 1)))
        if name in {"view", "materializedView"}:
            from headgate.drizzle.static.orm.views import view_function  # noqa: PLC0415 - views are made of tables

            return view_function(self.dialect, self.name, materialized=name != "view")
        return Unknown(f"the method '{name}' of a schema is not modelled")

    def path(self, _write: Writer) -> list[str]:
        """Return its name, as it stands in SQL."""
        return [to_string(known(self.name))]


class Sequence(Host):
    """`pgSequence('name', options)`."""

    def __init__(self, name: Value, schema: Value, options: Value) -> None:
        self.name = name
        self.schema = schema
        self.options = options

    def get(self, name: str) -> Value:
        """Return a property of the sequence."""
        return {"seqName": self.name, "schema": self.schema, "seqOptions": self.options}.get(name) or super().get(name)


class Role(Host):
    """`pgRole('name')`."""

    def __init__(self, name: Value) -> None:
        self.name = name

    def get(self, name: str) -> Value:
        """Return a property or method of the role."""
        if name == "existing":
            return Native(name, lambda _args: self)
        return self.name if name == "name" else super().get(name)
