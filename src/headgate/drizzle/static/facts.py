"""Columns as facts: what drizzle-orm says about a column once it is built."""

from __future__ import annotations

import math
from typing import Literal, cast

from headgate.drizzle.ir import JSON, MISSING, Column, ColumnType
from headgate.drizzle.static.factories import factory_of
from headgate.drizzle.static.orm import tables
from headgate.drizzle.static.orm.sql import SQL, Param, Writer
from headgate.drizzle.static.values import (
    UNDEFINED,
    BigInt,
    Function,
    JSArray,
    JSDate,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    is_nullish,
    known,
    to_string,
)

_INTEGERS = {"length": "length", "precision": "precision", "scale": "scale", "dimensions": "dimensions", "fsp": "fsp"}


def encode(value: Value, writer: Writer) -> JSON:  # noqa: PLR0911 - one return for each kind
    """Return a value as JSON, with markers for what JSON lacks.

    Raises:
        Unresolved: If a part of it is not known.
    """
    value = known(value)
    if isinstance(value, BigInt):
        return {"$bigint": str(int(value))}
    if isinstance(value, float) and not math.isfinite(value):
        raise Unresolved(Unknown("the number is not finite"))
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, SQL | Param):
        return {"$sql": writer.write(value)}
    if isinstance(value, JSDate):
        return {"$date": value.iso}
    if isinstance(value, JSArray):
        return [encode(v, writer) for v in value.items()]
    if isinstance(value, JSObject):
        if value.taint is not None:
            raise Unresolved(value.taint)
        return {k: encode(v, writer) for k, v in value.entries() if v is not UNDEFINED}
    if isinstance(value, Function):
        return {"$fn": value.name}
    raise Unresolved(Unknown("the value has no form that can be written down"))


def column_type(column: tables.Column) -> ColumnType:
    """Return the type of a column.

    Raises:
        Unresolved: If a part of it is not known.
    """
    config, spec = column.config, column.spec
    if column.base is not None:
        base = column_type(column.base)
        size = known(config.get("size", UNDEFINED))
        bound = int(size) if isinstance(size, int | float) else None
        sql_type = f"{base.sql_type}[{'' if bound is None else bound}]"
        return ColumnType(spec.column_type, spec.data_type, sql_type, size=bound, base=base)
    facts: dict[str, object] = {}
    for name in spec.facts:
        value = known(config.get(name, UNDEFINED))
        if name in _INTEGERS and value is not UNDEFINED:
            facts[name] = value
    with_timezone = known(config.get("withTimezone", UNDEFINED))
    return ColumnType(
        spec.column_type,
        spec.data_type,
        spec.sql_type(config),
        enum_values=_enum_values(config.get("enumValues", UNDEFINED)),
        enum_name=_text(config.get("enumName", UNDEFINED)),
        enum_schema=_text(config.get("enumSchema", UNDEFINED)),
        with_timezone=bool(with_timezone) if "withTimezone" in spec.facts else None,
        unsigned=_flag(config.get("unsigned", UNDEFINED)) if "unsigned" in spec.facts else None,
        mode=_text(config.get("mode", UNDEFINED)) if "mode" in spec.facts else None,
        **facts,  # type: ignore[arg-type]
    )


def _enum_values(value: Value) -> tuple[str, ...] | None:
    value = known(value)
    if is_nullish(value):
        return None
    if not isinstance(value, JSArray):
        raise Unresolved(Unknown("the values of the enum are not a list"))
    return tuple(cast("str", known(v)) for v in value.items())


def _text(value: Value) -> str | None:
    value = known(value)
    return None if is_nullish(value) else to_string(value)


def _flag(value: Value) -> bool | None:
    value = known(value)
    return value if isinstance(value, bool) else None


def column_facts(column: tables.Column, writer: Writer) -> tuple[Column, list[Unknown]]:
    """Return a column, and what about its default or generation could not be resolved.

    Raises:
        Unresolved: If its name, type or nullability is not known.
    """
    if column.broken is not None:
        raise Unresolved(column.broken)
    config = column.config
    unknown: list[Unknown] = []
    default = _default(config.get("default", UNDEFINED), writer, unknown)
    default_fn, on_update_fn = config.get("defaultFn", UNDEFINED), config.get("onUpdateFn", UNDEFINED)
    is_unique = bool(config["isUnique"])
    facts = Column(
        key=column.key,
        name=column.name,
        db_name=writer.column_name(column),
        type=column_type(column),
        key_as_name=bool(known(config["keyAsName"])),
        not_null=bool(known(config["notNull"])),
        has_default=bool(config["hasDefault"]),
        default=default,
        default_fn=default_fn is not UNDEFINED,
        on_update_fn=on_update_fn is not UNDEFINED,
        factory=factory_of(default_fn if default_fn is not UNDEFINED else on_update_fn),
        on_update_now=bool(config.get("hasOnUpdateNow", False)),
        auto_increment=_flag(config.get("autoIncrement", UNDEFINED)) if "autoIncrement" in column.spec.facts else None,
        primary=bool(config["primaryKey"]),
        is_unique=is_unique,
        unique_name=_text(config.get("uniqueName", UNDEFINED)) if is_unique else None,
        unique_nulls=_text(config.get("uniqueType", UNDEFINED)) if is_unique else None,
        generated=_generated(config.get("generated", UNDEFINED), writer, unknown),
        identity=_identity(config.get("generatedIdentity", UNDEFINED), writer, unknown),
    )
    return facts, unknown


def _default(value: Value, writer: Writer, unknown: list[Unknown]) -> JSON | Literal[MISSING]:  # type: ignore[valid-type]
    if value is UNDEFINED:
        return MISSING
    try:
        return encode(value, writer)
    except Unresolved as signal:
        unknown.append(signal.cause)
        return MISSING


def _generated(value: Value, writer: Writer, unknown: list[Unknown]) -> dict[str, JSON] | None:
    if not isinstance(value, JSObject):
        return None
    source = value.get("as")
    out: dict[str, JSON] = {}
    try:
        out["as"] = encode(source.call([]) if isinstance(source, Function) else source, writer)
    except Unresolved as signal:
        unknown.append(signal.cause)
    out["type"] = "always"
    out["mode"] = to_string(value.get("mode"))
    return out


def _identity(value: Value, writer: Writer, unknown: list[Unknown]) -> dict[str, JSON] | None:
    if not isinstance(value, JSObject):
        return None
    out: dict[str, JSON] = {}
    for name, part in value.entries():
        try:
            if part is not UNDEFINED:
                out[name] = encode(part, writer)
        except Unresolved as signal:
            unknown.append(signal.cause)
    return out
