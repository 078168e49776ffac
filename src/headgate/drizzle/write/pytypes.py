"""Which Python type a column has: what its database accepts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from headgate.drizzle.ir import ColumnType
from headgate.drizzle.write.layout import Doc, call, either, subscript

_FIXED: dict[str, str] = {
    "PgSerial": "Int4",
    "PgSmallSerial": "Int2",
    "PgBigSerial53": "Int8",
    "PgBigSerial64": "Int8",
    "PgInteger": "Int4",
    "PgSmallInt": "Int2",
    "PgBigInt53": "Int8",
    "PgBigInt64": "Int8",
    "PgBoolean": "PgBoolean",
    "PgReal": "Real",
    "PgDoublePrecision": "Double",
    "PgText": "PgText",
    "PgUUID": "Uuid",
    "PgInet": "Inet",
    "PgCidr": "Cidr",
    "PgMacaddr": "MacAddress",
    "PgMacaddr8": "MacAddress8",
    "PgDate": "Date",
    "PgDateString": "DateText",
    "PgTime": "TimeText",
    "PgInterval": "Interval",
    "PgTimestampString": "TimestampText",
    "PgPointTuple": "PointTuple",
    "PgPointObject": "PointObject",
    "PgGeometry": "PointTuple",
    "PgGeometryObject": "PointObject",
    "PgLine": "LineTuple",
    "PgLineABC": "LineObject",
    "PgJson": "Json",
    "PgJsonb": "Jsonb",
    "MySqlSerial": "UInt8",
    "MySqlBoolean": "Boolean",
    "MySqlDate": "Date",
    "MySqlDateString": "MySqlDateText",
    "MySqlDateTime": "MySqlDateTime",
    "MySqlDateTimeString": "MySqlDateTimeText",
    "MySqlTimestamp": "MySqlTimestamp",
    "MySqlTimestampString": "MySqlTimestampText",
    "MySqlTime": "MySqlTime",
    "MySqlYear": "Year",
    "MySqlJson": "Json",
    "MySqlReal": "FiniteDouble",
    "SQLiteInteger": "Int8",
    "SQLiteBoolean": "Boolean",
    "SQLiteTimestamp": "Instant",
    "SQLiteReal": "FiniteDouble",
    "SQLiteText": "Text",
    "SQLiteTextJson": "Json",
    "SQLiteBlobJson": "Json",
    "SQLiteBlobBuffer": "Binary",
    "SQLiteBigInt": "BigInteger",
}
_MYSQL_INTEGERS = {"tinyint": "Int1", "smallint": "Int2", "mediumint": "Int3", "int": "Int4", "bigint": "Int8"}
_MYSQL_TEXT = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
CUSTOM: dict[str, str] = {
    "citext": "PgText",
    "text": "Text",
    "tsvector": "PgText",
    "tsquery": "PgText",
    "ltree": "PgText",
    "xml": "PgText",
    "name": "PgText",
    "bytea": "Binary",
    "blob": "Binary",
    "tinyblob": "Binary",
    "mediumblob": "Binary",
    "longblob": "Binary",
    "json": "Json",
    "jsonb": "Jsonb",
    "uuid": "Uuid",
    "integer": "Int4",
    "int": "Int4",
    "bigint": "Int8",
    "smallint": "Int2",
    "real": "Real",
    "double precision": "Double",
    "boolean": "PgBoolean",
    "date": "DateText",
    "time": "TimeText",
    "interval": "Interval",
    "inet": "Inet",
    "cidr": "Cidr",
    "timestamp": "Timestamp",
    "timestamptz": "TimestampTz",
    "timestamp with time zone": "TimestampTz",
    "timestamp without time zone": "Timestamp",
}
"""The types of custom columns whose SQL type is well known."""
_JAVASCRIPT = {"string": "Text", "number": "Double", "boolean": "Boolean", "bigint": "BigInteger"}
_REFERENCES = {"Date": "TimestampTz", "Buffer": "Binary", "Uint8Array": "Binary"}


@dataclass(slots=True)
class TypeContext:
    """What the type of a column hangs on beside its own facts.

    Args:
        enum: Gives the class of an enum; the column's own if it has no name in the database.
        custom: Python types of custom SQL types, as `module:name`, by the SQL type.
        imports: Collects the names to import, by module.
    """

    enum: Callable[[ColumnType], str]
    custom: dict[str, str] = field(default_factory=dict)
    imports: dict[str, set[str]] = field(default_factory=dict)

    def need(self, module: str, name: str) -> str:
        """Note an import and return the name."""
        self.imports.setdefault(module, set()).add(name)
        return name

    def annotated(self, base: Doc, *metadata: Doc) -> Doc:
        """Return `Annotated[base, ...]`."""
        return subscript(self.need("typing", "Annotated"), base, *metadata)


def runtime(name: str) -> str:
    """Return a name of the runtime as generated models write it."""
    return f"_t.{name}"


def python_type(of: ColumnType, context: TypeContext, ts_type: object = None) -> Doc:
    """Return the annotation of a column, without its nullability."""
    if of.base is not None:
        inner = subscript("list", either(python_type(of.base, context), "None"))
        return context.annotated(inner, runtime("Regular")) if of.base.base is not None else inner
    if of.column_type.endswith("CustomColumn"):
        return _custom(of, context, ts_type)
    known = _FIXED.get(of.column_type)
    special = _SPECIAL.get(of.column_type)
    made: Doc = special(of, context) if special is not None else runtime(known or "JsonAny")
    if of.enum_values is not None and "Enum" not in of.column_type and of.enum_values:
        return context.annotated(either(context.enum(of), made), runtime("KNOWN_FIRST"))
    return made


def _enum(of: ColumnType, context: TypeContext) -> Doc:
    return context.enum(of) if of.enum_values else runtime("PgText")


def _numeric(of: ColumnType, context: TypeContext) -> Doc:
    postgres, mysql = of.column_type.startswith("Pg"), of.column_type.startswith("MySql")
    base = {"number": "float", "bigint": "int"}.get(of.data_type) or context.need("decimal", "Decimal")
    items: list[Doc] = []
    precision, scale = of.precision, of.scale
    if mysql and precision is None:
        precision, scale = 10, 0
    if precision is not None:
        items += [str(precision), str(scale or 0)]
    if of.unsigned:
        items.append("unsigned=True")
    if not postgres:
        items.append("special=False")
    return context.annotated(base, call(runtime("Numeric"), *items))


def _pg_length(of: ColumnType, context: TypeContext) -> Doc:
    limit = 1 if of.column_type == "PgChar" and of.length is None else of.length
    if limit is None:
        return runtime("PgText")
    return context.annotated(runtime("PgText"), call(runtime("PgLength"), str(limit)))


def _timestamp(of: ColumnType, _context: TypeContext) -> Doc:
    return runtime("TimestampTz" if of.with_timezone else "Timestamp")


def _vector(of: ColumnType, context: TypeContext) -> Doc:
    half: list[Doc] = ["half=True"] if of.column_type == "PgHalfVector" else []
    return context.annotated(runtime("VectorItems"), call(runtime("Vector"), str(of.dimensions), *half))


def _text_with(head: str) -> Callable[[ColumnType, TypeContext], Doc]:
    return lambda of, context: context.annotated(runtime("PgText"), call(runtime(head), str(of.dimensions)))


def _mysql_integer(of: ColumnType, _context: TypeContext) -> Doc:
    name, _, unsigned = of.sql_type.partition(" ")
    return runtime(("U" if unsigned else "") + _MYSQL_INTEGERS.get(name, "Int8"))


def _mysql_text(of: ColumnType, context: TypeContext) -> Doc:
    limit = _MYSQL_TEXT.get(of.sql_type, _MYSQL_TEXT["text"])
    return context.annotated(runtime("Text"), call(runtime("Bytes"), str(limit)))


def _mysql_length(of: ColumnType, context: TypeContext) -> Doc:
    return context.annotated(runtime("Text"), call(runtime("PgLength"), str(of.length if of.length is not None else 1)))


def _mysql_binary(of: ColumnType, context: TypeContext) -> Doc:
    return context.annotated(
        runtime("MySqlBinary"), call(runtime("Bytes"), str(of.length if of.length is not None else 1))
    )


def _mysql_float(of: ColumnType, context: TypeContext) -> Doc:
    if of.precision is not None and of.scale is not None:
        items: list[Doc] = [
            str(of.precision),
            str(of.scale),
            *(["unsigned=True"] if of.unsigned else []),
            "special=False",
        ]
        return context.annotated("float", call(runtime("Numeric"), *items))
    base = runtime("FiniteReal" if of.column_type == "MySqlFloat" else "FiniteDouble")
    return context.annotated(base, runtime("NOT_NEGATIVE")) if of.unsigned else base


def _custom(of: ColumnType, context: TypeContext, ts_type: object) -> Doc:  # noqa: PLR0911 - one return for each kind
    name = of.sql_type.strip().lower()
    bare = re.sub(r"\s*\([^)]*\)", "", name)
    for key in (of.sql_type, name, bare):
        if key in context.custom:
            module, _, attribute = context.custom[key].partition(":")
            return context.need(module, attribute) if attribute else module
    sized = re.fullmatch(r"(?:varchar|character varying|char)\s*\((\d+)\)", name)
    if sized:
        return context.annotated(runtime("PgText"), call(runtime("PgLength"), sized.group(1)))
    sized = re.fullmatch(r"(?:numeric|decimal)\s*\((\d+)\s*(?:,\s*(\d+)\s*)?\)", name)
    if sized:
        decimal = context.need("decimal", "Decimal")
        return context.annotated(decimal, call(runtime("Numeric"), sized.group(1), sized.group(2) or "0"))
    if bare in CUSTOM:
        sqlite = of.column_type.startswith("SQLite") and CUSTOM[bare].startswith("Int")
        return runtime("Int8" if sqlite else CUSTOM[bare])
    if isinstance(ts_type, str) and ts_type in _JAVASCRIPT:
        return runtime("PgText" if ts_type == "string" and of.column_type.startswith("Pg") else _JAVASCRIPT[ts_type])
    if isinstance(ts_type, dict) and ts_type.get("ref") in _REFERENCES:
        return runtime(_REFERENCES[str(ts_type["ref"])])
    return context.need("typing", "Any")


_SPECIAL: dict[str, Callable[[ColumnType, TypeContext], Doc]] = {
    "PgEnumColumn": _enum,
    "PgEnumObjectColumn": _enum,
    "MySqlEnumColumn": _enum,
    "MySqlEnumObjectColumn": _enum,
    "PgNumeric": _numeric,
    "PgNumericNumber": _numeric,
    "PgNumericBigInt": _numeric,
    "PgChar": _pg_length,
    "PgVarchar": _pg_length,
    "PgTimestamp": _timestamp,
    "PgVector": _vector,
    "PgHalfVector": _vector,
    "PgSparseVector": _text_with("SparseVector"),
    "PgBinaryVector": _text_with("Bits"),
    "MySqlTinyInt": _mysql_integer,
    "MySqlSmallInt": _mysql_integer,
    "MySqlMediumInt": _mysql_integer,
    "MySqlInt": _mysql_integer,
    "MySqlBigInt53": _mysql_integer,
    "MySqlBigInt64": _mysql_integer,
    "MySqlDecimal": _numeric,
    "MySqlDecimalNumber": _numeric,
    "MySqlDecimalBigInt": _numeric,
    "MySqlFloat": _mysql_float,
    "MySqlDouble": _mysql_float,
    "MySqlText": _mysql_text,
    "MySqlChar": _mysql_length,
    "MySqlVarChar": _mysql_length,
    "MySqlBinary": _mysql_binary,
    "MySqlVarBinary": _mysql_binary,
    "SQLiteNumeric": _numeric,
    "SQLiteNumericNumber": _numeric,
    "SQLiteNumericBigInt": _numeric,
}
