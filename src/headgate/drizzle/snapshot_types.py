"""The type of a column from its SQL type alone, as snapshots have it."""

from __future__ import annotations

import re
from typing import Final

from headgate.drizzle.ir import ColumnType, Dialect

_PG: Final = {
    "serial": ("PgSerial", "number"),
    "smallserial": ("PgSmallSerial", "number"),
    "bigserial": ("PgBigSerial64", "bigint"),
    "integer": ("PgInteger", "number"),
    "smallint": ("PgSmallInt", "number"),
    "bigint": ("PgBigInt64", "bigint"),
    "boolean": ("PgBoolean", "boolean"),
    "text": ("PgText", "string"),
    "varchar": ("PgVarchar", "string"),
    "char": ("PgChar", "string"),
    "numeric": ("PgNumeric", "string"),
    "real": ("PgReal", "number"),
    "double precision": ("PgDoublePrecision", "number"),
    "json": ("PgJson", "json"),
    "jsonb": ("PgJsonb", "json"),
    "time": ("PgTime", "string"),
    "timestamp": ("PgTimestamp", "date"),
    "date": ("PgDateString", "string"),
    "interval": ("PgInterval", "string"),
    "point": ("PgPointTuple", "array"),
    "line": ("PgLine", "array"),
    "geometry": ("PgGeometry", "array"),
    "uuid": ("PgUUID", "string"),
    "inet": ("PgInet", "string"),
    "cidr": ("PgCidr", "string"),
    "macaddr": ("PgMacaddr", "string"),
    "macaddr8": ("PgMacaddr8", "string"),
    "bit": ("PgBinaryVector", "string"),
    "vector": ("PgVector", "array"),
    "halfvec": ("PgHalfVector", "array"),
    "sparsevec": ("PgSparseVector", "string"),
}
_MYSQL: Final = {
    "serial": ("MySqlSerial", "number"),
    "tinyint": ("MySqlTinyInt", "number"),
    "smallint": ("MySqlSmallInt", "number"),
    "mediumint": ("MySqlMediumInt", "number"),
    "int": ("MySqlInt", "number"),
    "bigint": ("MySqlBigInt64", "bigint"),
    "boolean": ("MySqlBoolean", "boolean"),
    "decimal": ("MySqlDecimal", "string"),
    "double": ("MySqlDouble", "number"),
    "float": ("MySqlFloat", "number"),
    "real": ("MySqlReal", "number"),
    "text": ("MySqlText", "string"),
    "tinytext": ("MySqlText", "string"),
    "mediumtext": ("MySqlText", "string"),
    "longtext": ("MySqlText", "string"),
    "varchar": ("MySqlVarChar", "string"),
    "char": ("MySqlChar", "string"),
    "binary": ("MySqlBinary", "string"),
    "varbinary": ("MySqlVarBinary", "string"),
    "json": ("MySqlJson", "json"),
    "date": ("MySqlDate", "date"),
    "datetime": ("MySqlDateTime", "date"),
    "timestamp": ("MySqlTimestamp", "date"),
    "time": ("MySqlTime", "string"),
    "year": ("MySqlYear", "number"),
}
_SQLITE: Final = {
    "integer": ("SQLiteInteger", "number"),
    "text": ("SQLiteText", "string"),
    "real": ("SQLiteReal", "number"),
    "numeric": ("SQLiteNumeric", "string"),
    "blob": ("SQLiteBlobBuffer", "buffer"),
}
_CUSTOM: Final = {"pg": "PgCustomColumn", "mysql": "MySqlCustomColumn", "sqlite": "SQLiteCustomColumn"}
_SIZED: Final = re.compile(
    r"([a-z0-9_ ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*((?:with time zone|unsigned)?)", re.IGNORECASE
)


def column_type(sql_type: str, dialect: Dialect) -> ColumnType:
    """Return the type of a column; a custom one where drizzle-orm has no builder for it."""
    if dialect == "mysql" and sql_type.lower().startswith("enum("):
        values = tuple(v.replace("''", "'") for v in re.findall(r"'((?:[^']|'')*)'", sql_type))
        return ColumnType("MySqlEnumColumn", "string", sql_type, values)
    match = _SIZED.fullmatch(sql_type.strip())
    known = {"pg": _PG, "mysql": _MYSQL, "sqlite": _SQLITE}[dialect]
    if match is None or match.group(1).lower() not in known:
        return ColumnType(_CUSTOM[dialect], "custom", sql_type)
    kind, data_type = known[match.group(1).lower()]
    first, second = (int(part) if part else None for part in (match.group(2), match.group(3)))
    zoned = match.group(4).lower() == "with time zone"
    timed = dialect == "pg" and kind in {"PgTime", "PgTimestamp"}
    scaled = kind.endswith(("Numeric", "Decimal", "Double", "Float", "Real", "Interval")) or timed
    vector = kind.endswith(("Vector",))
    clocked = kind in {"MySqlDateTime", "MySqlTimestamp", "MySqlTime"}
    return ColumnType(
        kind,
        data_type,
        sql_type,
        length=first if not (scaled or vector or clocked) else None,
        precision=first if scaled else None,
        scale=second if scaled else None,
        with_timezone=zoned if timed else None,
        dimensions=first if vector else None,
        fsp=first if clocked else None,
        unsigned=True if match.group(4).lower() == "unsigned" and scaled else None,
    )
