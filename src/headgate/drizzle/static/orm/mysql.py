"""Column functions of `drizzle-orm/mysql-core`."""

from __future__ import annotations

from headgate.drizzle.static.builtins import GLOBALS
from headgate.drizzle.static.orm.builders import ColumnBuilder, Config, Spec
from headgate.drizzle.static.orm.kinds import CustomType, by_mode, configured, option, plain, scaled, simple, sized
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    JSArray,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
    to_string,
    truthy,
)


def _counting(native: Native) -> Native:
    """Return a column function whose columns know `autoIncrement`."""

    def make(args: list[Value]) -> Value:
        builder = native.call(args)
        if isinstance(builder, ColumnBuilder):
            builder.config.setdefault("autoIncrement", False)
        return builder

    return Native(native.name, make)


def _integer(column_type: str, data_type: str, sql_type: str, *, needs: bool = False) -> Native:
    def write(config: Config) -> str:
        return f"{sql_type} unsigned" if truthy(option(config, "unsigned")) else sql_type

    spec = Spec("mysql", column_type, data_type, write, ("autoIncrement",), ("autoincrement",))
    return _counting(configured(spec, "unsigned", needs=needs))


def _fractional(column_type: str, data_type: str, sql_type: str, *, separator: str = ",") -> Native:
    base = scaled(sql_type, separator)

    def write(config: Config) -> str:
        written = base(config)
        if written in {"decimal(10,0)", "decimal(10)"}:
            written = "decimal"
        return f"{written} unsigned" if truthy(option(config, "unsigned")) else written

    spec = Spec(
        "mysql", column_type, data_type, write, ("precision", "scale", "unsigned", "autoIncrement"), ("autoincrement",)
    )
    options = ("precision", "scale") if sql_type == "real" else ("precision", "scale", "unsigned")
    return _counting(configured(spec, *options))


def _text(column_type: str, sql_type: str, *options: str, needs: bool = False) -> Native:
    spec = Spec(
        "mysql", column_type, "string", sized(sql_type) if options else plain(sql_type), ("enumValues", "length")
    )
    return configured(spec, *options, enum=True, needs=needs)


def _binary(column_type: str, sql_type: str) -> Native:
    return configured(Spec("mysql", column_type, "string", sized(sql_type), ("length",)), "length")


def _basic(column_type: str, data_type: str, sql_type: str) -> Native:
    return configured(Spec("mysql", column_type, data_type, plain(sql_type)))


def _timed(column_type: str, data_type: str, sql_type: str, *abilities: str) -> Native:
    return configured(Spec("mysql", column_type, data_type, sized(sql_type, "fsp"), ("fsp",), abilities), "fsp")


def _enum_type(config: Config) -> str:
    values = option(config, "enumValues")
    if not isinstance(values, JSArray):
        raise Unresolved(Unknown("the values of this enum are not a list"))
    return "enum(" + ",".join(f"'{to_string(value)}'" for value in values.items()) + ")"


def _enum(args: list[Value]) -> Value:
    first, second = known(arg(args, 0)), arg(args, 1)
    name = first if isinstance(first, str) else ""
    source = known(second) if isinstance(first, str) else first
    as_list = isinstance(source, JSArray)
    values: Value = source if as_list else UNDEFINED
    if isinstance(source, JSObject):
        values = GLOBALS["Object"].get("values").call([source])  # type: ignore[attr-defined]
    if not isinstance(values, JSArray) or not list(values.items()):
        raise Unresolved(Unknown("mysqlEnum needs a list of values that is not empty"))
    spec = Spec(
        "mysql", "MySqlEnumColumn" if as_list else "MySqlEnumObjectColumn", "string", _enum_type, ("enumValues",)
    )
    return ColumnBuilder(spec, name, {"enumValues": values})


_SERIAL = Spec("mysql", "MySqlSerial", "number", plain("serial"), ("autoIncrement",), ("autoincrement",))

MYSQL_COLUMNS: dict[str, Function] = {
    "bigint": by_mode(
        {"number": _integer("MySqlBigInt53", "number", "bigint")},
        _integer("MySqlBigInt64", "bigint", "bigint"),
        needs=True,
    ),
    "binary": _binary("MySqlBinary", "binary"),
    "boolean": _basic("MySqlBoolean", "boolean", "boolean"),
    "char": _text("MySqlChar", "char", "length"),
    "customType": CustomType("mysql", "MySqlCustomColumn"),
    "date": by_mode({"string": _basic("MySqlDateString", "string", "date")}, _basic("MySqlDate", "date", "date")),
    "datetime": by_mode(
        {"string": _timed("MySqlDateTimeString", "string", "datetime")}, _timed("MySqlDateTime", "date", "datetime")
    ),
    "decimal": by_mode(
        {
            "number": _fractional("MySqlDecimalNumber", "number", "decimal"),
            "bigint": _fractional("MySqlDecimalBigInt", "bigint", "decimal"),
        },
        _fractional("MySqlDecimal", "string", "decimal"),
    ),
    "double": _fractional("MySqlDouble", "number", "double"),
    "float": _fractional("MySqlFloat", "number", "float"),
    "real": _fractional("MySqlReal", "number", "real", separator=", "),
    "int": _integer("MySqlInt", "number", "int"),
    "json": _basic("MySqlJson", "json", "json"),
    "mediumint": _integer("MySqlMediumInt", "number", "mediumint"),
    "mysqlEnum": Native("mysqlEnum", _enum),
    "serial": simple(_SERIAL, {"hasDefault": True, "autoIncrement": True}),
    "smallint": _integer("MySqlSmallInt", "number", "smallint"),
    "text": _text("MySqlText", "text"),
    "tinytext": _text("MySqlText", "tinytext"),
    "mediumtext": _text("MySqlText", "mediumtext"),
    "longtext": _text("MySqlText", "longtext"),
    "time": _timed("MySqlTime", "string", "time"),
    "timestamp": by_mode(
        {"string": _timed("MySqlTimestampString", "string", "timestamp", "mysql-now")},
        _timed("MySqlTimestamp", "date", "timestamp", "mysql-now"),
    ),
    "tinyint": _integer("MySqlTinyInt", "number", "tinyint"),
    "varbinary": _binary("MySqlVarBinary", "varbinary"),
    "varchar": _text("MySqlVarChar", "varchar", "length", needs=True),
    "year": _basic("MySqlYear", "number", "year"),
}
