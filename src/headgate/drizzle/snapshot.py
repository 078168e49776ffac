"""Reading drizzle-kit's `meta/*_snapshot.json`: the schema as its last migration left it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

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
    Schema,
    Table,
)
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.snapshot_types import column_type

_DIALECTS: Final[Mapping[str, Dialect]] = {
    "postgresql": "pg",
    "pg": "pg",
    "mysql": "mysql",
    "sqlite": "sqlite",
    "turso": "sqlite",
}


def read_snapshot(paths: Iterable[Path]) -> Schema:
    """Return the schema of a snapshot. It knows no TypeScript keys: names in the database stand for them.

    Args:
        paths: A snapshot, or a folder of migrations, whose last snapshot is read.

    Raises:
        SchemaError: If there is no snapshot, or one of a kind that is not known.
    """
    path = find_snapshot(next(iter(paths)))
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        dialect = _DIALECTS[data["dialect"]]
        enums = _enums(data.get("enums") or {}, path.name)
        tables = [_table(table, dialect, enums, path.name) for _key, table in sorted(data["tables"].items())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "Snapshots of drizzle-kit 0.20 and newer can be read."
        raise SchemaError("this is no snapshot of drizzle-kit that is known", file=str(path), hint=hint) from error
    return Schema(
        root=str(path.parent),
        entries=(path.name,),
        tables=tuple(tables),
        enums=tuple(enums.values()),
        engine="snapshot",
        files=(path.name,),
    )


def find_snapshot(path: Path) -> Path:
    """Return the snapshot a path stands for: itself, or the last one of a folder of migrations.

    Raises:
        SchemaError: If there is none.
    """
    if path.is_file():
        return path
    found = sorted([*path.glob("*_snapshot.json"), *path.glob("meta/*_snapshot.json"), *path.glob("*/snapshot.json")])
    if not found:
        raise SchemaError(
            "there is no snapshot here", file=str(path), hint="Name a folder of drizzle-kit's migrations."
        )
    return found[-1]


def _enums(enums: Mapping[str, Any], file: str) -> dict[tuple[str, str], EnumType]:
    out = {}
    for enum in enums.values():
        listed = enum["values"]
        values = tuple(listed.values()) if isinstance(listed, dict) else tuple(listed)
        schema = enum.get("schema") or "public"
        name = str(enum["name"])
        out[schema, name] = EnumType(name, file, name, None if schema == "public" else schema, values)
    return out


def _columns(data: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(item["expression"] if isinstance(item, dict) else item) for item in data)


def _table(data: Mapping[str, Any], dialect: Dialect, enums: dict[tuple[str, str], EnumType], file: str) -> Table:
    uniques = [
        Key(str(u["name"]), _columns(u["columns"]), bool(u.get("nullsNotDistinct")))
        for u in (data.get("uniqueConstraints") or {}).values()
    ]
    single = {key.columns[0]: key for key in uniques if len(key.columns) == 1}
    columns = [_column(column, dialect, enums, single) for column in data["columns"].values()]
    return Table(
        export=str(data["name"]),
        file=file,
        dialect=dialect,
        name=str(data["name"]),
        schema=data.get("schema") or None,
        columns=tuple(columns),
        foreign_keys=tuple(_foreign_key(key) for key in (data.get("foreignKeys") or {}).values()),
        primary_keys=tuple(
            Key(str(k["name"]), _columns(k["columns"])) for k in (data.get("compositePrimaryKeys") or {}).values()
        ),
        uniques=tuple(key for key in uniques if len(key.columns) > 1),
        indexes=tuple(_index(index) for index in (data.get("indexes") or {}).values()),
        checks=tuple(Check(str(c["name"]), str(c["value"])) for c in (data.get("checkConstraints") or {}).values()),
        row_security=bool(data.get("isRLSEnabled")),
    )


def _column(
    data: Mapping[str, Any], dialect: Dialect, enums: dict[tuple[str, str], EnumType], single: dict[str, Key]
) -> Column:
    name, sql_type = str(data["name"]), str(data["type"])
    unique = single.get(name)
    identity = data.get("identity")
    return Column(
        key=name,
        name=name,
        db_name=name,
        type=_type(sql_type, dialect, data.get("typeSchema"), enums),
        not_null=bool(data.get("notNull")),
        has_default="default" in data
        or bool(data.get("autoincrement"))
        or "serial" in sql_type
        or identity is not None,
        default=_default(data["default"]) if "default" in data else MISSING,
        on_update_now=bool(data.get("onUpdate")),
        auto_increment=bool(data["autoincrement"]) if "autoincrement" in data and dialect != "pg" else None,
        primary=bool(data.get("primaryKey")),
        is_unique=unique is not None,
        unique_name=unique.name if unique is not None else None,
        unique_nulls="not distinct" if unique is not None and unique.nulls_not_distinct else None,
        generated=_generated(data.get("generated")),
        identity=None if identity is None else {"type": identity["type"], "sequenceName": identity.get("name")},
    )


def _type(sql_type: str, dialect: Dialect, schema: str | None, enums: dict[tuple[str, str], EnumType]) -> ColumnType:
    array = re.fullmatch(r"(.*)\[(\d*)\]", sql_type, re.DOTALL)
    if array is not None and dialect == "pg":
        base = _type(array.group(1), dialect, schema, enums)
        size = int(array.group(2)) if array.group(2) else None
        return ColumnType("PgArray", "array", sql_type, size=size, base=base)
    enum = enums.get((schema or "public", sql_type.strip('"')))
    if enum is not None and dialect == "pg":
        return ColumnType("PgEnumColumn", "string", enum.name, enum.values, enum.name, enum.schema)
    return column_type(sql_type, dialect)


def _default(value: Any) -> JSON:
    """Return a default: plain numbers and booleans are values, everything else is SQL as the snapshot has it."""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    quoted = re.fullmatch(r"'((?:[^']|'')*)'", text)
    if quoted is not None:
        return quoted.group(1).replace("''", "'")
    return {"$sql": text}


def _generated(data: Mapping[str, Any] | None) -> dict[str, JSON] | None:
    if data is None:
        return None
    return {"as": {"$sql": str(data["as"])}, "type": "always", "mode": str(data.get("type", "stored"))}


def _foreign_key(data: Mapping[str, Any]) -> ForeignKey:
    return ForeignKey(
        name=str(data["name"]),
        columns=_columns(data["columnsFrom"]),
        foreign_table=str(data["tableTo"]),
        foreign_schema=data.get("schemaTo") or None,
        foreign_columns=_columns(data["columnsTo"]),
        on_delete=data.get("onDelete"),
        on_update=data.get("onUpdate"),
    )


def _index(data: Mapping[str, Any]) -> Index:
    columns: list[JSON] = []
    for column in data["columns"]:
        if isinstance(column, dict):
            expression = str(column["expression"])
            columns.append({"$sql": expression} if column.get("isExpression") else expression)
        else:
            columns.append(str(column))
    method, where = data.get("method"), data.get("where")
    return Index(
        str(data["name"]),
        bool(data["isUnique"]),
        tuple(columns),
        None if method in {None, "btree"} else str(method),
        None if not where else {"$sql": str(where)},
    )
