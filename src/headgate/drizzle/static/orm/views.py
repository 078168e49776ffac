"""Views, and the query builder their definitions are written with."""

from __future__ import annotations

from headgate.drizzle.static.literals import iterate
from headgate.drizzle.static.orm.sql import SQL, Aliased, Name, Raw, Writer
from headgate.drizzle.static.orm.tables import Column, Table, TableAlias, build_table
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


class View(Host):
    """A view.

    Args:
        dialect: `pg`, `mysql` or `sqlite`.
        name: Its name in the database.
        schema: Its schema, `None` for the default one.
        materialized: Whether it is a materialized one.
        columns: Its columns by key: columns of tables, or fragments with an alias.
        query: Its query; `undefined` if the view exists outside the schema.
    """

    def __init__(
        self, dialect: str, name: Value, schema: Value, *, materialized: bool, columns: Value, query: Value
    ) -> None:
        self.dialect = dialect
        self.name = name
        self.schema = schema
        self.materialized = materialized
        self.columns = columns
        self.query = query

    def get(self, name: str) -> Value:
        """Return a column of the view."""
        if isinstance(self.columns, Unknown):
            return self.columns
        value = self.columns.get(name) if isinstance(self.columns, JSObject) else UNDEFINED
        if isinstance(value, Aliased):
            return SQL([Name(value.alias)])
        return value if value is not UNDEFINED else Unknown(f"the view has no column '{name}'")

    def path(self, _write: Writer) -> list[str]:
        """Return the parts of its name, as it stands in SQL."""
        parts = [self.name] if is_nullish(self.schema) else [self.schema, self.name]
        return [to_string(known(part)) for part in parts]


class ViewBuilder(Host):
    """What `pgView('name')` returns, before `.as(...)` or `.existing()`."""

    def __init__(self, dialect: str, name: Value, schema: Value, *, materialized: bool, columns: Value) -> None:
        self._dialect = dialect
        self._name = name
        self._schema = schema
        self._materialized = materialized
        self._columns = columns

    def get(self, name: str) -> Value:
        """Return a method of the builder."""
        if name == "as":
            return Native(name, lambda args: self._as(arg(args, 0)))
        if name == "existing":
            return Native(name, lambda _args: self._view(self._columns, UNDEFINED))
        return Native(name, lambda _args: self)

    def _view(self, columns: Value, query: Value) -> View:
        return View(
            self._dialect, self._name, self._schema, materialized=self._materialized, columns=columns, query=query
        )

    def _as(self, definition: Value) -> Value:
        if isinstance(definition, Function):
            definition = definition.call([QueryBuilder()])
        if isinstance(definition, Unknown):
            columns = definition if self._columns is UNDEFINED else self._columns
            return self._view(columns, definition)
        if isinstance(definition, Query):
            return self._view(definition.fields(), definition)
        return self._view(self._columns, definition)


def view_function(dialect: str, schema: Value = None, *, materialized: bool = False) -> Native:
    """Return `pgView` and its sisters."""

    def make(args: list[Value]) -> Value:
        columns = arg(args, 1)
        if columns is not UNDEFINED:
            table = build_table(dialect, arg(args, 0), args)
            columns = table.column_object()
        return ViewBuilder(dialect, arg(args, 0), schema, materialized=materialized, columns=columns)

    return Native("view", make)


class QueryBuilder(Host):
    """`qb`, with the selects it can start."""

    def get(self, name: str) -> Value:
        """Return a method of the query builder."""
        if name in {"select", "selectDistinct"}:
            return Native(name, lambda args: Query(arg(args, 0), distinct=name == "selectDistinct"))
        return Unknown(f"the query builder's '{name}' is not modelled")


_JOINS = {"leftJoin": "left", "innerJoin": "inner", "rightJoin": "right", "fullJoin": "full"}
_LISTS = {"groupBy": "group by", "orderBy": "order by"}


class Query(Host):
    """A select under construction."""

    def __init__(self, selection: Value, *, distinct: bool) -> None:
        self._selection = selection
        self._distinct = distinct
        self._source: Value = UNDEFINED
        self._joins: list[tuple[str, Value, Value]] = []
        self._clauses: dict[str, Value] = {}

    def get(self, name: str) -> Value:
        """Return a method of the query."""
        if name == "from":
            return Native(name, lambda args: self._from(arg(args, 0)))
        if name in _JOINS:
            return Native(name, lambda args: self._join(_JOINS[name], args))
        if name in {"where", "having", "limit", "offset"}:
            return Native(name, lambda args: self._clause(name, arg(args, 0)))
        if name in _LISTS:
            return Native(name, lambda args: self._clause(name, SQL(_separated(args))))
        return Unknown(f"the query's '{name}' is not modelled")

    def _from(self, source: Value) -> Value:
        self._source = source
        return self

    def _join(self, kind: str, args: list[Value]) -> Value:
        self._joins.append((kind, arg(args, 0), arg(args, 1)))
        return self

    def _clause(self, name: str, value: Value) -> Value:
        self._clauses[name] = value
        return self

    def fields(self) -> Value:
        """Return the selected columns by key; unknown for shapes that nest."""
        if isinstance(self._selection, Unknown):
            return self._selection
        if self._selection is UNDEFINED:
            if self._joins:
                return Unknown("a view over joined tables selects nested columns")
            source = self._source
            return source.column_object() if isinstance(source, Table) else _columns_of(source)
        if isinstance(self._selection, JSObject):
            nested = any(isinstance(value, JSObject | Table) for value in self._selection.props.values())
            return Unknown("a view that selects whole tables has nested columns") if nested else self._selection
        return Unknown("the selection is not an object")

    def text(self, writer: Writer) -> str:
        """Return the SQL of the query.

        Raises:
            Unresolved: If a part of it is not known.
        """
        fields = known(self.fields())
        if not isinstance(fields, JSObject):
            raise Unresolved(Unknown("the selection is not known"))
        selection = ", ".join(self._field(value, writer) for value in fields.props.values())
        out = f"select{' distinct' if self._distinct else ''} {selection} from {_source(self._source, writer)}"
        for i, (kind, table, condition) in enumerate(self._joins):
            out += f"{' ' if i == 0 else ''}{kind} join {_source(table, writer)} on {writer.write(condition)}"
            out += " " if i < len(self._joins) - 1 else ""
        for name in ("where", "groupBy", "having", "orderBy", "limit", "offset"):
            value = self._clauses.get(name, UNDEFINED)
            if value is not UNDEFINED:
                out += f" {_LISTS.get(name, name)} {writer.write(value)}"
        return out

    def _field(self, value: Value, writer: Writer) -> str:
        value = known(value)
        if isinstance(value, Aliased):
            return f"{self._fragment(value.sql, writer)} as {writer.identifier(value.alias)}"
        if isinstance(value, SQL):
            return self._fragment(value, writer)
        if isinstance(value, Column):
            return writer.write(value) if self._joins else writer.identifier(writer.column_name(value))
        raise Unresolved(Unknown("a selected value is not a column"))

    def _fragment(self, sql: SQL, writer: Writer) -> str:
        if self._joins:
            return writer.write(sql)
        return "".join(
            writer.identifier(writer.column_name(chunk)) if isinstance(chunk, Column) else writer.write(chunk)
            for chunk in sql.chunks
        )


def _separated(args: list[Value]) -> list[Value]:
    items = args if len(args) != 1 or not isinstance(args[0], list) else iterate(args[0])
    out: list[Value] = []
    for i, item in enumerate(items):
        out += [Raw(", "), item] if i else [item]
    return out


def _columns_of(source: Value) -> Value:
    if isinstance(source, View) and isinstance(source.columns, JSObject):
        return source.columns
    return Unknown("what is selected from is not a table")


def _source(value: Value, writer: Writer) -> str:
    value = known(value)
    if isinstance(value, TableAlias):
        raise Unresolved(Unknown("aliases in views are not modelled"))
    return writer.write(value)
