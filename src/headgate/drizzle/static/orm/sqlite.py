"""Column functions of `drizzle-orm/sqlite-core`."""

from __future__ import annotations

from headgate.drizzle.static.orm.builders import ColumnBuilder, Config, Spec
from headgate.drizzle.static.orm.kinds import CustomType, by_mode, configured, option, plain
from headgate.drizzle.static.values import Function, Native, Value, to_string, truthy


def _basic(column_type: str, data_type: str, sql_type: str) -> Native:
    return configured(Spec("sqlite", column_type, data_type, plain(sql_type)))


def _integer(column_type: str, data_type: str, *abilities: str, mode: bool = False) -> Native:
    facts = ("mode", "autoIncrement") if mode else ("autoIncrement",)
    spec = Spec("sqlite", column_type, data_type, plain("integer"), facts, ("integer-key", *abilities))
    inner = configured(spec, *(("mode",) if mode else ()))

    def make(args: list[Value]) -> Value:
        builder = inner.call(args)
        if isinstance(builder, ColumnBuilder):
            builder.config["autoIncrement"] = False
        return builder

    return Native(column_type, make)


def _text_type(config: Config) -> str:
    length = option(config, "length")
    return f"text({to_string(length)})" if truthy(length) else "text"


_INTEGER = by_mode(
    {
        "timestamp": _integer("SQLiteTimestamp", "date", "epoch", mode=True),
        "timestamp_ms": _integer("SQLiteTimestamp", "date", "epoch", mode=True),
        "boolean": _integer("SQLiteBoolean", "boolean", mode=True),
    },
    _integer("SQLiteInteger", "number"),
)

SQLITE_COLUMNS: dict[str, Function] = {
    "blob": by_mode(
        {"json": _basic("SQLiteBlobJson", "json", "blob"), "bigint": _basic("SQLiteBigInt", "bigint", "blob")},
        _basic("SQLiteBlobBuffer", "buffer", "blob"),
    ),
    "customType": CustomType("sqlite", "SQLiteCustomColumn"),
    "integer": _INTEGER,
    "int": _INTEGER,
    "numeric": by_mode(
        {
            "number": _basic("SQLiteNumericNumber", "number", "numeric"),
            "bigint": _basic("SQLiteNumericBigInt", "bigint", "numeric"),
        },
        _basic("SQLiteNumeric", "string", "numeric"),
    ),
    "real": _basic("SQLiteReal", "number", "real"),
    "text": by_mode(
        {"json": _basic("SQLiteTextJson", "json", "text")},
        configured(Spec("sqlite", "SQLiteText", "string", _text_type, ("enumValues", "length")), "length", enum=True),
    ),
}
