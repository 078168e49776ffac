"""The schema as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from headgate.drizzle.ir import (
    JSON,
    MISSING,
    Check,
    Column,
    ColumnType,
    Dialect,
    EnumType,
    ForeignKey,
    Index,
    Key,
    Named,
    Relation,
    Schema,
    Table,
    TableRelations,
    View,
    ViewColumn,
)
from headgate.drizzle.problems import Problem

Object: TypeAlias = dict[str, JSON]

_TYPE_FACTS = (
    ("enumName", "enum_name"),
    ("enumSchema", "enum_schema"),
    ("length", "length"),
    ("precision", "precision"),
    ("scale", "scale"),
    ("withTimezone", "with_timezone"),
    ("dimensions", "dimensions"),
    ("fsp", "fsp"),
    ("unsigned", "unsigned"),
    ("mode", "mode"),
)


def to_json(schema: Schema) -> Object:
    """Return the schema in the shape of drizzle-orm's own dump."""
    return {
        "meta": {
            "root": schema.root,
            "entries": list(schema.entries),
            "engine": schema.engine,
            "drizzle": "drizzle-orm",
            "drizzleVersion": schema.drizzle_version,
            "casing": schema.casing,
            "stubs": list(schema.stubs),
            "npm": [],
            "nInputs": len(schema.files),
            "nTables": len(schema.tables),
            "nColumns": sum(len(table.columns) for table in schema.tables),
        },
        "tables": [_table(table) for table in schema.tables],
        "views": [_view(view) for view in schema.views],
        "enums": [
            {"file": e.file, "export": e.export, "name": e.name, "schema": e.schema, "values": list(e.values)}
            for e in schema.enums
        ],
        "relations": [_relations(relations) for relations in schema.relations],
        "schemas": [_exported(named) for named in schema.schemas],
        "sequences": [{**_exported(s), "schema": s.schema, "options": s.options} for s in schema.sequences],
        "roles": [_exported(named) for named in schema.roles],
        "errors": [_problem(problem) for problem in schema.problems],
        "stubsTouched": [],
        "types": _by_column(schema, "ts_type"),
        "factories": _by_column(schema, "factory"),
    }


def _exported(named: Named) -> Object:
    return {"file": named.file, "export": named.export, "name": named.name}


def _problem(problem: Problem) -> Object:
    out: Object = {
        "file": problem.file,
        "line": problem.line,
        "expression": problem.expression,
        "reason": problem.reason,
    }
    if problem.table is not None:
        out["table"] = problem.table
    if problem.column is not None:
        out["column"] = problem.column
    return out


def _by_column(schema: Schema, attribute: str) -> Object:
    """Return a fact that drizzle-orm's dump lacks, by export and key."""
    out: Object = {}
    owners: tuple[Table | View, ...] = (*schema.tables, *schema.views)
    for owner in owners:
        said: Object = {c.key: getattr(c, attribute) for c in owner.columns if isinstance(c, Column)}
        said = {key: value for key, value in said.items() if value is not None}
        if said:
            out[owner.export] = said
    return out


def _column_type(of: ColumnType) -> Object:
    out: Object = {"columnType": of.column_type, "dataType": of.data_type, "sqlType": of.sql_type}
    if of.enum_values is not None:
        out["enumValues"] = list(of.enum_values)
    for name, attribute in _TYPE_FACTS:
        value = getattr(of, attribute)
        if value is not None:
            out[name] = value
    if of.base is not None:
        out["array"] = {"size": of.size, "base": _column_type(of.base)}
    return out


def _column(column: Column) -> Object:
    out: Object = {"key": column.key, "name": column.name}
    if column.key_as_name:
        out["keyAsName"] = True
    out["dbName"] = column.db_name
    out.update(_column_type(column.type))
    if column.auto_increment is not None:
        out["autoIncrement"] = column.auto_increment
    out["notNull"] = column.not_null
    out["hasDefault"] = column.has_default
    if column.default is not MISSING:
        out["default"] = column.default
    flags = {
        "hasDefaultFn": column.default_fn,
        "hasOnUpdateFn": column.on_update_fn,
        "onUpdateNow": column.on_update_now,
    }
    out.update({name: True for name, value in flags.items() if value})
    out["primary"] = column.primary
    out["isUnique"] = column.is_unique
    if column.is_unique:
        out["uniqueName"] = column.unique_name
        if column.unique_nulls is not None:
            out["uniqueNulls"] = column.unique_nulls
    if column.generated is not None:
        out["generated"] = column.generated
    if column.identity is not None:
        out["identity"] = column.identity
    return out


def _table(table: Table) -> Object:
    out: Object = {
        "file": table.file,
        "export": table.export,
        "dialect": table.dialect,
        "name": table.name,
        "schema": table.schema,
        "columns": [_column(column) for column in table.columns],
        "foreignKeys": [_foreign_key(key) for key in table.foreign_keys],
        "primaryKeys": [{"name": key.name, "columns": list(key.columns)} for key in table.primary_keys],
        "uniqueConstraints": [_unique(key) for key in table.uniques],
        "indexes": [_index(index) for index in table.indexes],
        "checks": [{"name": check.name, "value": check.value} for check in table.checks],
    }
    if table.policies:
        out["policies"] = list(table.policies)
    if table.row_security:
        out["enableRLS"] = True
    if not table.complete:
        out["incomplete"] = True
    return out


def _foreign_key(key: ForeignKey) -> Object:
    return {
        "name": key.name,
        "columns": list(key.columns),
        "foreignTable": key.foreign_table,
        "foreignSchema": key.foreign_schema,
        "foreignColumns": list(key.foreign_columns),
        "onDelete": key.on_delete,
        "onUpdate": key.on_update,
    }


def _unique(key: Key) -> Object:
    out: Object = {"name": key.name, "columns": list(key.columns)}
    if key.nulls_not_distinct:
        out["nullsNotDistinct"] = True
    return out


def _index(index: Index) -> Object:
    out: Object = {"name": index.name, "unique": index.unique, "columns": list(index.columns)}
    if index.method is not None:
        out["method"] = index.method
    if index.where is not None:
        out["where"] = index.where
    return out


def _view(view: View) -> Object:
    out: Object = {
        "file": view.file,
        "export": view.export,
        "dialect": view.dialect,
        "name": view.name,
        "schema": view.schema,
        "materialized": view.materialized,
        "isExisting": view.existing,
    }
    if view.query is not None:
        out["query"] = view.query
    out["columns"] = [
        {"key": c.key, "name": c.name, "sqlExpr": c.expression} if isinstance(c, ViewColumn) else _column(c)
        for c in view.columns
    ]
    return out


def _relations(relations: TableRelations) -> Object:
    listed: list[JSON] = []
    for relation in relations.relations:
        out: Object = {"key": relation.key, "kind": relation.kind, "target": relation.target}
        if relation.relation_name is not None:
            out["relationName"] = relation.relation_name
        if relation.fields is not None:
            out["fields"] = list(relation.fields)
        if relation.references is not None:
            out["references"] = list(relation.references)
        if relation.nullable is not None:
            out["nullable"] = relation.nullable
        listed.append(out)
    return {"file": relations.file, "export": relations.export, "table": relations.table, "relations": listed}


# --- and back ------------------------------------------------------------------------------------


def from_json(data: Mapping[str, JSON], *, engine: str = "node", root: str | None = None) -> Schema:
    """Return the schema behind a dump.

    Raises:
        KeyError: If the dump lacks a part that every dump has.
    """
    meta = cast("Object", data["meta"])
    types, factories = _obj(data.get("types") or {}), _obj(data.get("factories") or {})

    def extras(owner: JSON) -> tuple[Object, Object]:
        export = str(_obj(owner)["export"])
        return _obj(types.get(export) or {}), _obj(factories.get(export) or {})

    return Schema(
        root=root if root is not None else str(meta.get("root", "")),
        entries=tuple(str(e) for e in _list(meta.get("entries"))),
        tables=tuple(_read_table(_obj(t), extras(t)) for t in _list(data["tables"])),
        views=tuple(_read_view(_obj(v), extras(v)) for v in _list(data["views"])),
        enums=tuple(
            EnumType(_str(e, "export"), _str(e, "file"), _str(e, "name"), _opt(e, "schema"), _strings(e["values"]))
            for e in map(_obj, _list(data["enums"]))
        ),
        relations=tuple(_read_relations(_obj(r)) for r in _list(data["relations"])),
        schemas=_read_named(data.get("schemas")),
        sequences=_read_named(data.get("sequences")),
        roles=_read_named(data.get("roles")),
        casing=_opt(meta, "casing"),
        engine=engine,
        drizzle_version=_opt(meta, "drizzleVersion"),
        files=_strings(meta.get("files")),
        stubs=_strings(meta.get("stubs")),
        problems=tuple(_read_problem(_obj(e)) for e in _list(data.get("errors"))),
    )


def _obj(value: JSON) -> Object:
    return cast("Object", value)


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []


def _strings(value: JSON) -> tuple[str, ...]:
    return tuple(str(v) for v in _list(value))


def _str(data: Object, name: str) -> str:
    return str(data[name])


def _opt(data: Object, name: str) -> str | None:
    value = data.get(name)
    return None if value is None else str(value)


def _read_named(value: JSON) -> tuple[Named, ...]:
    return tuple(
        Named(_str(n, "export"), _str(n, "file"), _str(n, "name"), _opt(n, "schema"), n.get("options"))
        for n in map(_obj, _list(value))
    )


def _read_problem(data: Object) -> Problem:
    line = data.get("line")
    return Problem(
        file=_opt(data, "file") or "",
        line=line if isinstance(line, int) else 1,
        expression=_opt(data, "expression") or "",
        reason=_opt(data, "reason") or _opt(data, "message") or "",
        table=_opt(data, "table"),
        column=_opt(data, "column"),
    )


def _read_type(data: Object) -> ColumnType:
    array = data.get("array")
    values = data.get("enumValues")
    return ColumnType(
        column_type=_str(data, "columnType"),
        data_type=_str(data, "dataType"),
        sql_type=_str(data, "sqlType"),
        enum_values=None if values is None else _strings(values),
        size=cast("int | None", array["size"]) if isinstance(array, dict) else None,
        base=_read_type(_obj(array["base"])) if isinstance(array, dict) else None,
        **{attribute: data.get(name) for name, attribute in _TYPE_FACTS},  # type: ignore[arg-type]
    )


def _read_column(data: Object, extras: tuple[Object, Object]) -> Column:
    return Column(
        key=_str(data, "key"),
        name=_str(data, "name"),
        db_name=_str(data, "dbName"),
        type=_read_type(data),
        key_as_name=bool(data.get("keyAsName")),
        not_null=bool(data["notNull"]),
        has_default=bool(data["hasDefault"]),
        default=data.get("default", MISSING),
        default_fn=bool(data.get("hasDefaultFn")),
        on_update_fn=bool(data.get("hasOnUpdateFn")),
        on_update_now=bool(data.get("onUpdateNow")),
        auto_increment=cast("bool | None", data.get("autoIncrement")),
        primary=bool(data["primary"]),
        is_unique=bool(data["isUnique"]),
        unique_name=_opt(data, "uniqueName"),
        unique_nulls=_opt(data, "uniqueNulls"),
        generated=cast("Object | None", data.get("generated")),
        identity=cast("Object | None", data.get("identity")),
        factory=_opt(extras[1], str(data["key"])),
        ts_type=extras[0].get(str(data["key"])),
    )


def _read_table(data: Object, extras: tuple[Object, Object]) -> Table:
    return Table(
        export=_str(data, "export"),
        file=_str(data, "file"),
        dialect=cast("Dialect", data["dialect"]),
        name=_str(data, "name"),
        schema=_opt(data, "schema"),
        columns=tuple(_read_column(c, extras) for c in map(_obj, _list(data["columns"]))),
        foreign_keys=tuple(_read_foreign_key(_obj(k)) for k in _list(data["foreignKeys"])),
        primary_keys=tuple(_read_key(_obj(k)) for k in _list(data["primaryKeys"])),
        uniques=tuple(_read_key(_obj(k)) for k in _list(data["uniqueConstraints"])),
        indexes=tuple(_read_index(_obj(i)) for i in _list(data["indexes"])),
        checks=tuple(Check(_str(c, "name"), _str(c, "value")) for c in map(_obj, _list(data["checks"]))),
        policies=tuple(_obj(p) for p in _list(data.get("policies"))),
        row_security=bool(data.get("enableRLS")),
        complete=not data.get("incomplete"),
    )


def _read_foreign_key(data: Object) -> ForeignKey:
    return ForeignKey(
        name=_str(data, "name"),
        columns=_strings(data["columns"]),
        foreign_table=_str(data, "foreignTable"),
        foreign_schema=_opt(data, "foreignSchema"),
        foreign_columns=_strings(data["foreignColumns"]),
        on_delete=_opt(data, "onDelete"),
        on_update=_opt(data, "onUpdate"),
    )


def _read_key(data: Object) -> Key:
    return Key(_str(data, "name"), _strings(data["columns"]), bool(data.get("nullsNotDistinct")))


def _read_index(data: Object) -> Index:
    return Index(
        name=_opt(data, "name"),
        unique=bool(data["unique"]),
        columns=tuple(_list(data["columns"])),
        method=_opt(data, "method"),
        where=data.get("where"),
    )


def _read_view(data: Object, extras: tuple[Object, Object]) -> View:
    columns = [
        ViewColumn(_str(c, "key"), _str(c, "name"), _str(c, "sqlExpr"))
        if "columnType" not in c
        else _read_column(c, extras)
        for c in map(_obj, _list(data["columns"]))
    ]
    return View(
        export=_str(data, "export"),
        file=_str(data, "file"),
        dialect=cast("Dialect", data["dialect"]),
        name=_str(data, "name"),
        schema=_opt(data, "schema"),
        materialized=bool(data["materialized"]),
        existing=bool(data["isExisting"]),
        query=_opt(data, "query"),
        columns=tuple(columns),
    )


def _read_relations(data: Object) -> TableRelations:
    relations = []
    for relation in map(_obj, _list(data["relations"])):
        nullable = relation.get("nullable")
        relations.append(
            Relation(
                key=_str(relation, "key"),
                kind=_str(relation, "kind"),
                target=_str(relation, "target"),
                relation_name=_opt(relation, "relationName"),
                fields=_strings(relation["fields"]) if "fields" in relation else None,
                references=_strings(relation["references"]) if "references" in relation else None,
                nullable=nullable if isinstance(nullable, bool) else None,
            )
        )
    return TableRelations(_str(data, "export"), _str(data, "file"), _str(data, "table"), tuple(relations))
