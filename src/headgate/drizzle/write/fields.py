"""The fields of a model: nullability, defaults and aliases."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headgate.drizzle.ir import JSON, MISSING, Column, Table
from headgate.drizzle.write.layout import Doc, Group, call, either, flat, keyword, string
from headgate.drizzle.write.plan import EnumClass

_SERIAL = {"PgSerial", "PgSmallSerial", "PgBigSerial53", "PgBigSerial64", "MySqlSerial"}
_TEXTS = {"PgText", "PgVarchar", "PgChar", "MySqlText", "MySqlVarChar", "MySqlChar", "SQLiteText"}
_PLAIN_DEFAULTS = {"PgDateString", "PgTime", "PgInterval", "PgTimestampString", "MySqlDateString", "MySqlTime"}
_FACTORIES = {"nanoid", "cuid", "cuid2", "ulid"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database does with a column.

    Args:
        nullable: Whether it accepts NULL.
        filled: Whether it fills the column in when it is left out.
        written: Whether it can be written at all.
    """

    nullable: bool
    filled: bool
    written: bool


def facts(column: Column, table: Table) -> Facts:
    """Return what the database does with a column."""
    always = column.identity is not None and column.identity.get("type") == "always"
    serial = column.type.column_type in _SERIAL
    return Facts(
        nullable=not (column.not_null or serial or _in_primary_key(column, table) or column.identity is not None),
        filled=column.default is not MISSING
        or serial
        or column.identity is not None
        or bool(column.auto_increment)
        or _is_rowid(column, table),
        written=column.generated is None and not always,
    )


def _in_primary_key(column: Column, table: Table) -> bool:
    """Whether a primary key makes the column refuse NULL: SQLite's do not, by an old mistake it keeps."""
    composite = any(column.db_name in key.columns for key in table.primary_keys)
    return column.primary or (composite and table.dialect != "sqlite")


def _is_rowid(column: Column, table: Table) -> bool:
    if table.dialect != "sqlite" or column.type.sql_type.lower() != "integer":
        return False
    return column.primary or any(key.columns == (column.db_name,) for key in table.primary_keys)


def aliases(name: str, column: Column) -> list[Doc]:
    """Return the other names a field is known by, as arguments."""
    return [string(other) for other in dict.fromkeys((column.key, column.db_name)) if other != name]


def row_value(name: str, column: Column) -> Doc | None:
    """Return what follows a field of a row."""
    names = aliases(name, column)
    return call("_t.column", *names) if names else None


def left_out(name: str, column: Column) -> Doc:
    """Return the default of a field that may be left out."""
    return call("_t.unset", *aliases(name, column))


def with_default(name: str, column: Column, default: Doc, *, factory: bool) -> Doc:
    """Return what follows a field with a default value or a factory."""
    names = aliases(name, column)
    if not names and not factory:
        return default
    return call("_t.column", *names, keyword("default_factory" if factory else "default", default))


def literal_default(column: Column, enum: EnumClass | None) -> tuple[Doc, bool] | None:
    """Return a literal default as source, and whether it is a factory.

    Returns:
        `None` if the default is no literal that has the field's own type: the database then fills it in.
    """
    value = column.default
    if value is MISSING or (isinstance(value, dict) and _is_marker(value)):
        return _bigint(value) if isinstance(value, dict) and column.type.data_type == "bigint" else None
    if value is None:
        return "None", False
    if column.type.base is not None:
        return _list_default(value, column, enum)
    if column.type.data_type == "json":
        return _json_default(value)
    return _scalar(value, column, enum)


def _is_marker(value: dict[str, JSON]) -> bool:
    return len(value) == 1 and next(iter(value)) in {"$sql", "$date", "$bigint", "$bytes", "$fn"}


def _bigint(value: dict[str, JSON]) -> tuple[Doc, bool] | None:
    return (str(value["$bigint"]), False) if "$bigint" in value else None


def _scalar(value: JSON, column: Column, enum: EnumClass | None) -> tuple[Doc, bool] | None:
    of = column.type
    if isinstance(value, bool):
        return (repr(value), False) if of.data_type == "boolean" else None
    if isinstance(value, str):
        return _text(value, column, enum)
    if isinstance(value, int | float) and of.data_type == "number" and "Numeric" not in of.column_type:
        integral = "Int" in of.column_type or "Serial" in of.column_type or of.column_type == "MySqlYear"
        if integral and isinstance(value, int):
            return repr(value), False
        if not integral and "Decimal" not in of.column_type:
            return repr(float(value)).replace("e+", "e"), False
    return None


def _text(value: str, column: Column, enum: EnumClass | None) -> tuple[Doc, bool] | None:
    of = column.type
    if enum is not None:
        name = next((m for m, v in enum.members if v == value), None)
        if name is not None:
            return f"{enum.name}.{name}", False
        return (string(value), False) if "Enum" not in of.column_type else None
    if of.column_type in _TEXTS or of.column_type in _PLAIN_DEFAULTS:
        return string(value), False
    if of.column_type in {"PgNumeric", "MySqlDecimal", "SQLiteNumeric"}:
        plain = str(int(value)) == value if re.fullmatch(r"-?\d+", value) else False
        return call("Decimal", value if plain else string(value)), False
    return None


def _list_default(value: JSON, column: Column, enum: EnumClass | None) -> tuple[Doc, bool] | None:
    if not isinstance(value, list):
        return None
    if not value:
        return "list", True
    base = column.type.base
    if base is None or base.column_type not in _TEXTS | {"PgInteger", "PgEnumColumn", "PgEnumObjectColumn"}:
        return None
    items: list[Doc] = []
    for item in value:
        name = next((m for m, v in enum.members if v == item), None) if enum is not None else None
        items.append(
            f"{enum.name}.{name}"
            if enum is not None and name
            else string(item)
            if isinstance(item, str)
            else repr(item)
        )
    return Group("lambda: ", tuple(items), "[]"), True


def _json_default(value: JSON) -> tuple[Doc, bool] | None:
    if value in ([], {}):
        return ("list" if value == [] else "dict"), True
    if isinstance(value, str):
        return string(value), False
    if isinstance(value, bool | int | float):
        return repr(value), False
    return None


def factory(column: Column) -> str | None:
    """Return the Python twin of the function that makes a default in TypeScript."""
    of = column.type
    if column.factory in _FACTORIES and of.data_type == "string" and of.column_type != "PgUUID":
        return f"_t.factories.{column.factory}"
    if column.factory in {"uuid4", "uuid7"} and of.data_type == "string":
        return f"_t.factories.{column.factory}{'' if of.column_type == 'PgUUID' else '_text'}"
    if column.factory == "now" and of.data_type == "date" and "Time" in of.column_type:
        naive = of.column_type in {"MySqlDateTime", "MySqlTimestamp"} or of.with_timezone is False
        return f"_t.factories.{'now_naive' if naive else 'now'}"
    return None


def nullable(annotation: Doc, *, accepts_null: bool) -> Doc:
    """Return an annotation with or without `None`."""
    return either(annotation, "None") if accepts_null and flat(annotation) != "None" else annotation
