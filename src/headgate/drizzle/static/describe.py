"""Tables, views and relations as facts, with a problem for everything that could not be resolved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from headgate.drizzle import ir
from headgate.drizzle.casing import casing_function
from headgate.drizzle.problems import Problem
from headgate.drizzle.static.facts import column_facts, encode
from headgate.drizzle.static.literals import iterate
from headgate.drizzle.static.orm import constraints, relations, tables, views
from headgate.drizzle.static.orm.builders import Reference
from headgate.drizzle.static.orm.sql import SQL, Aliased, Writer
from headgate.drizzle.static.types import expand
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    Where,
    is_nullish,
    known,
    prop,
    to_string,
    truthy,
)


@dataclass(slots=True)
class _Extras:
    """The constraints of a table while they are collected."""

    foreign_keys: list[ir.ForeignKey] = field(default_factory=list)
    primary_keys: list[ir.Key] = field(default_factory=list)
    uniques: list[ir.Key] = field(default_factory=list)
    indexes: list[ir.Index] = field(default_factory=list)
    checks: list[ir.Check] = field(default_factory=list)
    policies: list[dict[str, ir.JSON]] = field(default_factory=list)


class Describer:
    """Turns what the evaluator made into facts.

    Args:
        casing: The `casing` option of the project.
        relative: Makes a file's path relative to the root.
    """

    def __init__(self, casing: str | None, relative: Callable[[str], str]) -> None:
        self._cased = casing_function(casing)
        self._relative = relative
        self.problems: list[Problem] = []

    def report(self, cause: Unknown, place: Where, table: str | None = None, column: str | None = None) -> None:
        """Note a problem; where the cause has no place of its own, at the place given."""
        where = cause.where or place
        self.problems.append(
            Problem(self._relative(where.file), where.line, where.expression, cause.reason, table, column)
        )

    def writer(self, dialect: str) -> Writer:
        """Return a writer of SQL for a dialect, with this project's casing."""
        return Writer(dialect, self._db_name)

    def _db_name(self, column: Host) -> str:
        assert isinstance(column, tables.Column)  # noqa: S101 - told to the type checker
        return self._cased(column.name) if known(column.config["keyAsName"]) else column.name

    # --- tables ----------------------------------------------------------------------------------

    def table(self, export: str, file: str, table: tables.Table, place: Where) -> ir.Table | None:
        """Return a table; `None` if not even its name is known."""
        try:
            name = to_string(known(table.name))
            schema = None if is_nullish(table.schema) else to_string(known(table.schema))
        except Unresolved as signal:
            self.report(signal.cause, place, export)
            return None
        before = len(self.problems)
        if table.incomplete is not None:
            self.report(table.incomplete, place, export)
        columns = self._columns(export, table, place)
        extras = self._extras(export, table, place)
        return ir.Table(
            export,
            file,
            cast("ir.Dialect", table.dialect),
            name,
            schema,
            tuple(columns),
            foreign_keys=tuple(extras.foreign_keys),
            primary_keys=tuple(extras.primary_keys),
            uniques=tuple(extras.uniques),
            indexes=tuple(extras.indexes),
            checks=tuple(extras.checks),
            policies=tuple(extras.policies),
            row_security=table.row_security,
            complete=len(self.problems) == before,
            line=place.line,
        )

    def _columns(self, export: str, table: tables.Table, place: Where) -> list[ir.Column]:
        out = []
        writer = self.writer(table.dialect)
        for key, column in table.columns.items():
            if isinstance(column, Unknown):
                self.report(column, place, export, key)
                continue
            try:
                facts, unknown = column_facts(column, writer)
            except Unresolved as signal:
                self.report(signal.cause, place, export, key)
                continue
            for cause in unknown:
                self.report(cause, place, export, key)
            if column.type is not None:
                facts = replace(facts, ts_type=expand(column.type))
            out.append(facts)
        return out

    def _extras(self, export: str, table: tables.Table, place: Where) -> _Extras:
        lists = _Extras()
        for column, reference in table.foreign_keys:
            try:
                lists.foreign_keys.append(self._inline_key(table, column, reference))
            except Unresolved as signal:
                self.report(signal.cause, place, export, column.key)
        for builder in self._builders(export, table, place):
            try:
                self._extra(table, builder, lists)
            except Unresolved as signal:
                self.report(signal.cause, place, export)
        return lists

    def _builders(self, export: str, table: tables.Table, place: Where) -> list[Value]:
        try:
            extra = known(table.extra)
            return constraints.flatten(extra.call([table]) if isinstance(extra, Function) else extra)
        except Unresolved as signal:
            self.report(signal.cause, place, export)
            return []

    def _extra(self, table: tables.Table, builder: Value, lists: _Extras) -> None:
        builder = known(builder)
        writer = self.writer(table.dialect)
        if isinstance(builder, constraints.Index) and builder.columns is not None:
            lists.indexes.append(self._index(builder, writer))
        elif isinstance(builder, constraints.Unique) and builder.columns is not None:
            lists.uniques.append(self._unique(table, builder))
        elif isinstance(builder, constraints.PrimaryKey):
            columns = _columns(iterate(builder.columns))
            name = _name(builder.name, f"{to_string(table.name)}_{'_'.join(c.name for c in columns)}_pk")
            lists.primary_keys.append(ir.Key(name, self._db_names(columns)))
        elif isinstance(builder, constraints.ForeignKey):
            lists.foreign_keys.append(self._foreign_key(table, builder))
        elif isinstance(builder, constraints.Check):
            lists.checks.append(ir.Check(to_string(builder.name), writer.write(builder.value)))
        elif isinstance(builder, constraints.Policy):
            lists.policies.append(_policy(builder))

    def _db_names(self, columns: list[tables.Column]) -> tuple[str, ...]:
        return tuple(self._db_name(column) for column in columns)

    def _index(self, index: constraints.Index, writer: Writer) -> ir.Index:
        columns: list[ir.JSON] = []
        for column in index.columns or []:
            value = known(column)
            columns.append(self._db_name(value) if isinstance(value, tables.Column) else encode(value, writer))
        method = None if index.method in {UNDEFINED, "btree"} else to_string(index.method)
        where = None if is_nullish(index.condition) else encode(index.condition, writer)
        name = None if is_nullish(index.name) else to_string(index.name)
        return ir.Index(name, index.unique, tuple(columns), method, where)

    def _unique(self, table: tables.Table, unique: constraints.Unique) -> ir.Key:
        columns = _columns(unique.columns or [])
        name = _name(unique.name, f"{to_string(table.name)}_{'_'.join(c.name for c in columns)}_unique")
        return ir.Key(name, self._db_names(columns), unique.nulls_not_distinct)

    def _inline_key(self, table: tables.Table, column: tables.Column, reference: Reference) -> ir.ForeignKey:
        function = known(reference.column)
        target = known(function.call([])) if isinstance(function, Function) else UNDEFINED
        return self._key(table, UNDEFINED, ([column], _columns([target])), (reference.on_delete, reference.on_update))

    def _foreign_key(self, table: tables.Table, key: constraints.ForeignKey) -> ir.ForeignKey:
        columns = _columns(iterate(prop(key.config, "columns")))
        foreign = _columns(iterate(prop(key.config, "foreignColumns")))
        return self._key(table, prop(key.config, "name"), (columns, foreign), (key.on_delete, key.on_update))

    def _key(
        self,
        table: tables.Table,
        name: Value,
        sides: tuple[list[tables.Column], list[tables.Column]],
        actions: tuple[Value, Value],
    ) -> ir.ForeignKey:
        columns, foreign = sides
        on_delete, on_update = actions
        other = foreign[0].table
        parts = [to_string(table.name), *(c.name for c in columns), to_string(other.name), *(c.name for c in foreign)]
        fallback = "no action" if table.dialect == "pg" else None
        return ir.ForeignKey(
            name=_name(name, "_".join(parts) + "_fk"),
            columns=self._db_names(columns),
            foreign_table=to_string(other.name),
            foreign_schema=None if is_nullish(other.schema) else to_string(other.schema),
            foreign_columns=self._db_names(foreign),
            on_delete=to_string(on_delete) if truthy(on_delete) else fallback,
            on_update=to_string(on_update) if truthy(on_update) else fallback,
        )

    # --- views and relations ---------------------------------------------------------------------

    def view(self, export: str, file: str, view: views.View, place: Where) -> ir.View | None:
        """Return a view; `None` if its name or columns are not known."""
        writer = self.writer(view.dialect)
        try:
            columns = known(view.columns)
            entries = columns.entries() if isinstance(columns, JSObject) else []
            listed = [self._view_column(key, known(value), writer) for key, value in entries]
            query = None if view.query is UNDEFINED else _query(view, writer)
            return ir.View(
                export,
                file,
                cast("ir.Dialect", view.dialect),
                to_string(view.name),
                None if is_nullish(view.schema) else to_string(view.schema),
                view.materialized,
                view.query is UNDEFINED,
                query,
                tuple(listed),
            )
        except Unresolved as signal:
            self.report(signal.cause, place, export)
            return None

    def _view_column(self, key: str, value: Value, writer: Writer) -> ir.Column | ir.ViewColumn:
        if isinstance(value, tables.Column):
            facts, unknown = column_facts(value, writer)
            if unknown:
                raise Unresolved(unknown[0])
            return replace(facts, key=key, ts_type=expand(value.type) if value.type is not None else None)
        if isinstance(value, Aliased):
            return ir.ViewColumn(key, value.alias, writer.write(value.sql))
        if isinstance(value, SQL):
            return ir.ViewColumn(key, key, writer.write(value))
        raise Unresolved(Unknown(f"the column '{key}' of the view is not known"))

    def relations(self, export: str, file: str, found: relations.Relations, place: Where) -> ir.TableRelations | None:
        """Return the relations of a table; `None` if they are not known."""
        try:
            table = _table(found.table)
            listed = [self._relation(key, known(value)) for key, value in found.entries()]
            return ir.TableRelations(export, file, to_string(table.name), tuple(listed))
        except Unresolved as signal:
            self.report(signal.cause, place, export)
            return None

    def _relation(self, key: str, relation: Value) -> ir.Relation:
        target = known(relation.target) if isinstance(relation, relations.Relation) else UNDEFINED
        if not isinstance(relation, relations.Relation) or not isinstance(target, tables.Table | views.View):
            raise Unresolved(Unknown(f"the relation '{key}' leads to no table"))
        out = ir.Relation(key, relation.kind, to_string(target.name))
        config = known(relation.config)
        name = prop(config, "relationName")
        if not is_nullish(name):
            out = replace(out, relation_name=to_string(name))
        if relation.kind == "many":
            return out
        if is_nullish(config):
            return replace(out, nullable=False)
        fields = _columns(iterate(prop(config, "fields")))
        references = _columns(iterate(prop(config, "references")))
        return replace(
            out,
            fields=self._db_names(fields),
            references=self._db_names(references),
            nullable=all(bool(column.config["notNull"]) for column in fields),
        )


def _columns(values: list[Value]) -> list[tables.Column]:
    out = []
    for value in values:
        value = known(value)  # noqa: PLW2901 - the same value, now certain
        if not isinstance(value, tables.Column):
            raise Unresolved(Unknown("a constraint names something that is not a column"))
        out.append(value)
    if not out:
        raise Unresolved(Unknown("a constraint names no columns"))
    return out


def _table(value: Value) -> tables.Table:
    value = known(value)
    if not isinstance(value, tables.Table):
        raise Unresolved(Unknown("relations() needs a table"))
    return value


def _name(given: Value, fallback: str) -> str:
    return fallback if is_nullish(known(given)) else to_string(given)


def _policy(policy: constraints.Policy) -> dict[str, ir.JSON]:
    out: dict[str, ir.JSON] = {"name": to_string(policy.name)}
    for option in ("as", "for"):
        value = prop(policy.config, option)
        if not is_nullish(value):
            out[option] = to_string(value)
    return out


def _query(view: views.View, writer: Writer) -> str:
    query = known(view.query)
    return query.text(writer) if isinstance(query, views.Query) else writer.write(query)
