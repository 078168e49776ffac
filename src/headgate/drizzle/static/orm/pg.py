"""Column functions of `drizzle-orm/pg-core`."""

from __future__ import annotations

from headgate.drizzle.static.builtins import GLOBALS
from headgate.drizzle.static.orm.builders import ColumnBuilder, Config, Spec, with_data_type
from headgate.drizzle.static.orm.kinds import (
    CustomType,
    EnumFunction,
    by_mode,
    configured,
    option,
    plain,
    scaled,
    simple,
    sized,
)
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    JSArray,
    Native,
    Value,
    arg,
    is_nullish,
    known,
    to_string,
    truthy,
)


def _spec(column_type: str, data_type: str, sql_type: str, *abilities: str) -> Spec:
    return Spec("pg", column_type, data_type, plain(sql_type), abilities=abilities)


def _basic(column_type: str, data_type: str, sql_type: str, *abilities: str) -> Native:
    return configured(_spec(column_type, data_type, sql_type, *abilities))


def _serial(column_type: str, data_type: str, sql_type: str, *, not_null: bool = True) -> Native:
    return simple(
        _spec(column_type, data_type, sql_type), {"hasDefault": True, **({"notNull": True} if not_null else {})}
    )


def _zoned(column_type: str, data_type: str, sql_type: str, gap: str = "") -> Native:
    def write(config: Config) -> str:
        precision = option(config, "precision")
        size = "" if precision is UNDEFINED else f"{gap}({to_string(precision)})"
        return f"{sql_type}{size}{' with time zone' if truthy(option(config, 'withTimezone')) else ''}"

    spec = Spec("pg", column_type, data_type, write, ("precision", "withTimezone"), ("now",))
    inner = configured(spec, "withTimezone", "precision")

    def make(args: list[Value]) -> Value:
        builder = inner.call(args)
        if isinstance(builder, ColumnBuilder) and is_nullish(builder.config["withTimezone"]):
            builder.config["withTimezone"] = False
        return builder

    return Native(column_type, make)


def _interval(config: Config) -> str:
    fields, precision = option(config, "fields"), option(config, "precision")
    tail = f" {to_string(fields)}" if truthy(fields) else ""
    return f"interval{tail}{f'({to_string(precision)})' if truthy(precision) else ''}"


def _numeric(column_type: str, data_type: str) -> Native:
    spec = Spec("pg", "PgNumeric", "string", scaled("numeric", ", "), ("precision", "scale"))
    return configured(with_data_type(spec, column_type, data_type), "precision", "scale")


def _text(column_type: str, sql_type: str, *options: str) -> Native:
    spec = Spec("pg", column_type, "string", sized(sql_type) if options else plain(sql_type), ("enumValues", "length"))
    return configured(spec, *options, enum=True)


def _vector(column_type: str, data_type: str, sql_type: str) -> Native:
    def write(config: Config) -> str:
        return f"{sql_type}({to_string(option(config, 'dimensions'))})"

    return configured(Spec("pg", column_type, data_type, write, ("dimensions",)), "dimensions", needs=True)


def _shaped(tuple_type: str, object_type: str, sql_type: str) -> Native:
    as_tuple = _basic(tuple_type, "array", sql_type)
    return by_mode({"tuple": as_tuple}, _basic(object_type, "json", sql_type), unset=as_tuple)


def make_enum(schema: Value) -> Native:
    """Return `pgEnum`, or the `enum` method of a schema."""

    def make(args: list[Value]) -> Value:
        values = arg(args, 1)
        if isinstance(known(values), JSArray):
            return EnumFunction(arg(args, 0), JSArray(known(values).items()), schema, from_object=False)  # type: ignore[attr-defined]
        listed = GLOBALS["Object"].get("values").call([values])  # type: ignore[attr-defined]
        return EnumFunction(arg(args, 0), listed, schema, from_object=True)

    return Native("pgEnum", make)


_NUMERIC = by_mode(
    {"number": _numeric("PgNumericNumber", "number"), "bigint": _numeric("PgNumericBigInt", "bigint")},
    _numeric("PgNumeric", "string"),
)

PG_COLUMNS: dict[str, Function] = {
    "bigint": by_mode(
        {"number": _basic("PgBigInt53", "number", "bigint", "identity")},
        _basic("PgBigInt64", "bigint", "bigint", "identity"),
        needs=True,
    ),
    "bigserial": by_mode(
        {"number": _serial("PgBigSerial53", "number", "bigserial")},
        _serial("PgBigSerial64", "bigint", "bigserial", not_null=False),
        needs=True,
    ),
    "boolean": _basic("PgBoolean", "boolean", "boolean"),
    "char": _text("PgChar", "char", "length"),
    "cidr": _basic("PgCidr", "string", "cidr"),
    "customType": CustomType("pg", "PgCustomColumn"),
    "date": by_mode({"date": _basic("PgDate", "date", "date", "now")}, _basic("PgDateString", "string", "date", "now")),
    "doublePrecision": _basic("PgDoublePrecision", "number", "double precision"),
    "inet": _basic("PgInet", "string", "inet"),
    "integer": _basic("PgInteger", "number", "integer", "identity"),
    "interval": configured(Spec("pg", "PgInterval", "string", _interval, ("precision",)), "fields", "precision"),
    "json": _basic("PgJson", "json", "json"),
    "jsonb": _basic("PgJsonb", "json", "jsonb"),
    "line": _shaped("PgLine", "PgLineABC", "line"),
    "macaddr": _basic("PgMacaddr", "string", "macaddr"),
    "macaddr8": _basic("PgMacaddr8", "string", "macaddr8"),
    "numeric": _NUMERIC,
    "decimal": _NUMERIC,
    "point": _shaped("PgPointTuple", "PgPointObject", "point"),
    "geometry": _shaped("PgGeometry", "PgGeometryObject", "geometry(point)"),
    "real": _basic("PgReal", "number", "real"),
    "serial": _serial("PgSerial", "number", "serial"),
    "smallint": _basic("PgSmallInt", "number", "smallint", "identity"),
    "smallserial": _serial("PgSmallSerial", "number", "smallserial"),
    "text": _text("PgText", "text"),
    "time": _zoned("PgTime", "string", "time"),
    "timestamp": by_mode(
        {"string": _zoned("PgTimestampString", "string", "timestamp")}, _zoned("PgTimestamp", "date", "timestamp", " ")
    ),
    "uuid": _basic("PgUUID", "string", "uuid", "random"),
    "varchar": _text("PgVarchar", "varchar", "length"),
    "bit": _vector("PgBinaryVector", "string", "bit"),
    "halfvec": _vector("PgHalfVector", "array", "halfvec"),
    "sparsevec": _vector("PgSparseVector", "string", "sparsevec"),
    "vector": _vector("PgVector", "array", "vector"),
}
