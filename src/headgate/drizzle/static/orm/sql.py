"""`sql` templates and operators, and how drizzle-orm writes them out with parameters inlined."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from headgate.drizzle.static.builtins import plain
from headgate.drizzle.static.literals import iterate
from headgate.drizzle.static.values import (
    UNDEFINED,
    BigInt,
    Host,
    JSArray,
    JSDate,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
    number_text,
    to_string,
    truthy,
)


class Raw(Host):
    """A piece of SQL text."""

    def __init__(self, text: str) -> None:
        self.text = text


class Name(Host):
    """An identifier that is quoted when it is written."""

    def __init__(self, name: str) -> None:
        self.name = name


class Param(Host):
    """A value bound to a column, which says how it is written."""

    def __init__(self, value: Value, column: Value) -> None:
        self.value = value
        self.column = column


class SQL(Host):
    """A fragment of SQL.

    Args:
        chunks: Its parts: text, names, columns, tables, values, other fragments.
    """

    changeable = True

    def __init__(self, chunks: list[Value]) -> None:
        self.chunks = chunks

    def get(self, name: str) -> Value:
        """Return a method of the fragment."""
        if name in {"mapWith", "inlineParams", "getSQL"}:
            return Native(name, lambda _args: self)
        if name == "as":
            return Native(name, self._alias)
        if name == "append":
            return Native(name, self._append)
        if name == "if":
            return Native(name, lambda args: self if truthy(arg(args, 0)) else UNDEFINED)
        return Unknown(f"the method '{name}' of sql is not modelled")

    def spoil(self, cause: Unknown) -> None:
        """Forget the text: something unknown may have been appended."""
        self.chunks = [cause]

    def _alias(self, args: list[Value]) -> Value:
        alias = known(arg(args, 0))
        return self if alias is UNDEFINED else Aliased(self, to_string(alias))

    def _append(self, args: list[Value]) -> Value:
        other = known(arg(args, 0))
        if not isinstance(other, SQL):
            raise Unresolved(Unknown("only sql can be appended to sql"))
        self.chunks += other.chunks
        return self


class Aliased(Host):
    """A fragment with a name, in a view's selection."""

    def __init__(self, sql: SQL, alias: str) -> None:
        self.sql = sql
        self.alias = alias


@runtime_checkable
class Quotable(Protocol):
    """A table, column or enum that stands in SQL by its name."""

    def path(self, write: Writer) -> list[str]:
        """Return the parts of the name, outermost first, unquoted."""
        ...


@runtime_checkable
class Encoding(Protocol):
    """A column, which says how a value compared with it is written."""

    def encoded(self, value: Value) -> Value:
        """Return the value as its driver gets it."""
        ...


class Writer:
    """Writes fragments in one dialect.

    Args:
        dialect: `pg`, `mysql` or `sqlite`.
        column_name: The database's name of a column, after casing.
        bare: Leave the table's name away before columns, as queries over one table do.
    """

    def __init__(self, dialect: str, column_name: Callable[[Host], str], *, bare: bool = False) -> None:
        self.quote = "`" if dialect == "mysql" else '"'
        self.column_name = column_name
        self.bare = bare

    def identifier(self, name: str) -> str:
        """Return a quoted identifier."""
        return f"{self.quote}{name.replace(self.quote, self.quote * 2)}{self.quote}"

    def write(self, chunk: Value) -> str:  # noqa: PLR0911 - one return for each kind
        """Return the text of a chunk.

        Raises:
            Unresolved: If a part of it is not known.
        """
        chunk = known(chunk)
        if isinstance(chunk, Raw):
            return chunk.text
        if isinstance(chunk, SQL):
            return "".join(self.write(part) for part in chunk.chunks)
        if isinstance(chunk, Name):
            return self.identifier(chunk.name)
        if isinstance(chunk, Aliased):
            return self.identifier(chunk.alias)
        if isinstance(chunk, Param):
            return self.value(chunk.column.encoded(chunk.value) if isinstance(chunk.column, Encoding) else chunk.value)
        if isinstance(chunk, Quotable):
            return ".".join(self.identifier(part) for part in chunk.path(self))
        if isinstance(chunk, JSArray):
            return f"({', '.join(self.write(part) for part in chunk.items())})"
        if chunk is UNDEFINED:
            return ""
        return self.value(chunk)

    def value(self, value: Value) -> str:
        """Return a value as a literal.

        Raises:
            Unresolved: If it is not known, or is nothing that has a literal.
        """
        value = known(value)
        if value is None:
            return "null"
        if isinstance(value, SQL):
            return self.write(value)
        if isinstance(value, BigInt):
            raise Unresolved(Unknown("drizzle-orm writes no bigint into sql"))
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return number_text(float(value))
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, JSDate):
            raise Unresolved(Unknown("a date in sql is written in the time zone of the machine"))
        if isinstance(value, JSObject):
            return _quoted(json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")))
        raise Unresolved(Unknown("a value in sql has no literal that is known"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _template(args: list[Value]) -> Value:
    strings = iterate(arg(args, 0))
    chunks: list[Value] = []
    if len(args) > 1 or (strings and strings[0] != ""):
        chunks.append(Raw(to_string(strings[0])))
    for value, piece in zip(args[1:], strings[1:], strict=True):
        chunks += [value, Raw(to_string(piece))]
    return SQL(chunks)


def _join(args: list[Value]) -> Value:
    chunks: list[Value] = []
    for i, item in enumerate(iterate(arg(args, 0))):
        if i and len(args) > 1:
            chunks.append(args[1])
        chunks.append(item)
    return SQL(chunks)


SQL_TAG = Native(
    "sql",
    _template,
    {
        "raw": Native("raw", lambda args: SQL([Raw(to_string(arg(args, 0)))])),
        "empty": Native("empty", lambda _args: SQL([])),
        "identifier": Native("identifier", lambda args: Name(to_string(arg(args, 0)))),
        "join": Native("join", _join),
        "fromList": Native("fromList", lambda args: SQL(iterate(arg(args, 0)))),
        "param": Native("param", lambda args: Param(arg(args, 0), arg(args, 1))),
    },
)


def _bound(value: Value, column: Value) -> Value:
    plain_value = not isinstance(value, SQL | Param | Name | Aliased) and not isinstance(value, Quotable)
    return Param(value, column) if plain_value else value


def _binary(operator: str) -> Native:
    return Native(operator, lambda a: SQL([arg(a, 0), Raw(f" {operator} "), _bound(arg(a, 1), arg(a, 0))]))


def _suffix(operator: str) -> Native:
    return Native(operator, lambda a: SQL([arg(a, 0), Raw(f" {operator}")]))


def _among(operator: str) -> Native:
    def run(args: list[Value]) -> Value:
        column, values = arg(args, 0), known(arg(args, 1))
        if isinstance(values, JSArray):
            if not values:
                return SQL([Raw("false" if operator == "in" else "true")])
            return SQL([column, Raw(f" {operator} "), JSArray(_bound(v, column) for v in values.items())])
        return SQL([column, Raw(f" {operator} "), values])

    return Native(operator, run)


def _between(args: list[Value]) -> Value:
    column = arg(args, 0)
    return SQL([column, Raw(" between "), _bound(arg(args, 1), column), Raw(" and "), _bound(arg(args, 2), column)])


def _combine(operator: str) -> Native:
    def run(args: list[Value]) -> Value:
        conditions = [a for a in args if a is not UNDEFINED]
        if len(conditions) < 2:  # noqa: PLR2004 - one condition stands without parentheses
            return SQL(list(conditions)) if conditions else UNDEFINED
        chunks: list[Value] = [Raw("(")]
        for i, condition in enumerate(conditions):
            chunks += [Raw(f" {operator} "), condition] if i else [condition]
        return SQL([*chunks, Raw(")")])

    return Native(operator, run)


def _order(direction: str) -> Native:
    return Native(direction, lambda a: SQL([arg(a, 0), Raw(f" {direction}")]))


def _aggregate(name: str) -> Native:
    def run(args: list[Value]) -> Value:
        inner: list[Value] = [args[0]] if args and args[0] is not UNDEFINED else [Raw("*")]
        return SQL([Raw(f"{name}("), *inner, Raw(")")])

    return Native(name, run)


OPERATORS: dict[str, Value] = {
    "sql": SQL_TAG,
    "eq": _binary("="),
    "ne": _binary("<>"),
    "gt": _binary(">"),
    "gte": _binary(">="),
    "lt": _binary("<"),
    "lte": _binary("<="),
    "like": _binary("like"),
    "ilike": _binary("ilike"),
    "notLike": _binary("not like"),
    "notIlike": _binary("not ilike"),
    "isNull": _suffix("is null"),
    "isNotNull": _suffix("is not null"),
    "inArray": _among("in"),
    "notInArray": _among("not in"),
    "between": Native("between", _between),
    "and": _combine("and"),
    "or": _combine("or"),
    "not": Native("not", lambda a: SQL([Raw("not "), arg(a, 0)])),
    "exists": Native("exists", lambda a: SQL([Raw("exists "), arg(a, 0)])),
    "asc": _order("asc"),
    "desc": _order("desc"),
    "count": _aggregate("count"),
    "sum": _aggregate("sum"),
    "avg": _aggregate("avg"),
    "max": _aggregate("max"),
    "min": _aggregate("min"),
}
