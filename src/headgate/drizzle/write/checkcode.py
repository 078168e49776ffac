"""CHECK constraints as Python: the twin of a SQL expression, where there is a certain one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from headgate.drizzle.ir import Column as TableColumn
from headgate.drizzle.write.layout import Doc, call, string
from headgate.drizzle.write.sqlparse import Call, Column, Literal, Node, Untranslatable, parse

_COMPARE = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_LENGTHS = {"length", "char_length", "character_length"}
_NUMBERS = {"number", "bigint"}
_PLAIN_REGEX = re.compile(r"(?:[^\\\[\](){}*+?|.^$]|\\[dwsDWS.\\/+*?()\[\]{}^$|-]|\[[^\[\]\\]*\]|[(){}*+?|.^$])*")
_ABSTRUSE_REGEX = re.compile(r"\(\?|[*+?}][+?]|\\[dwsDWS]")


@dataclass(frozen=True, slots=True)
class Translated:
    """A check in Python.

    Args:
        code: The expression over `self`.
        columns: The attributes it reads.
    """

    code: Doc
    columns: tuple[str, ...]


def translate(expression: str, dialect: str, columns: Mapping[str, tuple[str, TableColumn]]) -> Translated:
    """Return a CHECK constraint as Python.

    Args:
        expression: The expression as drizzle-orm writes it.
        dialect: `pg`, `mysql` or `sqlite`.
        columns: The attribute and the facts of each column, by its name in the database.

    Raises:
        Untranslatable: If it has no certain twin.
    """
    writer = _Writer(dialect, columns)
    code = writer.truth(parse(expression, ""))
    return Translated(code, tuple(writer.used))


class _Writer:
    def __init__(self, dialect: str, columns: Mapping[str, tuple[str, TableColumn]]) -> None:
        self._dialect = dialect
        self._columns = columns
        self.used: list[str] = []

    def truth(self, node: Node) -> Doc:
        """Return a condition."""
        if isinstance(node, Call):
            return self._condition(node)
        if isinstance(node, Column) and self._kind(node) == "boolean":
            return call("_t.checks.eq", self.value(node), "True")
        raise Untranslatable(str(node))

    def _condition(self, node: Call) -> Doc:  # noqa: PLR0911 - one return for each kind
        name, operands = node.name, node.operands
        if name in {"and", "or"}:
            return call("_t.checks.both" if name == "and" else "_t.checks.either", *(self.truth(o) for o in operands))
        if name == "not":
            return call("_t.checks.negate", self.truth(operands[0]))
        if name == "is null":
            return call("_t.checks.is_null", self.value(operands[0]))
        if name in _COMPARE:
            return self._compare(name, operands)
        if name in {"between", "in"}:
            self._agree(operands, ordered=name == "between")
            return call(
                "_t.checks.between" if name == "between" else "_t.checks.among", *(self.value(o) for o in operands)
            )
        if name in {"like", "ilike"}:
            return self._like(name, operands)
        if name in {"~", "~*"} and self._dialect == "pg":
            return self._regex(name, operands)
        raise Untranslatable(name)

    def _compare(self, name: str, operands: tuple[Node, ...]) -> Doc:
        self._agree(operands, ordered=name not in {"=", "<>"})
        return call(f"_t.checks.{_COMPARE[name]}", *(self.value(o) for o in operands))

    def _agree(self, operands: tuple[Node, ...], *, ordered: bool) -> None:
        """Make sure that Python compares as the database does."""
        kinds = {self._kind(operand) for operand in operands} - {"null"}
        if len(kinds) > 1 or not kinds <= {"number", "text", "boolean", "moment"}:
            raise Untranslatable("a comparison of different types")
        if ordered and kinds == {"text"}:
            raise Untranslatable("the order of text depends on the collation")
        if self._dialect == "mysql" and kinds == {"text"}:
            raise Untranslatable("the equality of text depends on the collation")
        if "moment" in kinds and any(isinstance(operand, Literal) for operand in operands):
            raise Untranslatable("a date as text")

    def _like(self, name: str, operands: tuple[Node, ...]) -> Doc:
        left, right = operands
        if not isinstance(right, Literal) or not isinstance(right.value, str) or "\\" in right.value:
            raise Untranslatable(name)
        if self._kind(left) != "text" or self._dialect == "mysql":
            raise Untranslatable(name)
        ignore = name == "ilike" or self._dialect == "sqlite"
        extra = ["ignore_case=True"] if ignore else []
        return call("_t.checks.like", self.value(left), string(right.value), *extra)

    def _regex(self, name: str, operands: tuple[Node, ...]) -> Doc:
        left, right = operands
        if not isinstance(right, Literal) or not isinstance(right.value, str) or self._kind(left) != "text":
            raise Untranslatable(name)
        pattern = right.value
        if not _PLAIN_REGEX.fullmatch(pattern) or _ABSTRUSE_REGEX.search(pattern) or "[:" in pattern:
            raise Untranslatable(pattern)
        try:
            re.compile(pattern)
        except re.error as error:
            raise Untranslatable(pattern) from error
        strict = re.sub(r"\$(?=$|\||\))", r"\\Z", pattern)
        extra = ["ignore_case=True"] if name == "~*" else []
        return call("_t.checks.matches", self.value(left), string(strict), *extra)

    def value(self, node: Node) -> Doc:
        """Return a value."""
        if isinstance(node, Literal):
            return _literal(node)
        if isinstance(node, Column):
            attribute = self._column(node)[0]
            if attribute not in self.used:
                self.used.append(attribute)
            return f"self.{attribute}"
        if node.name in _LENGTHS and len(node.operands) == 1 and self._kind(node.operands[0]) == "text":
            if node.name == "length" and self._dialect == "mysql":
                raise Untranslatable("MySQL's length() counts bytes")
            return call("_t.checks.length", self.value(node.operands[0]))
        if node.name in {"lower", "upper"} and self._kind(node.operands[0]) == "text":
            return call("_t.checks.apply", f"str.{node.name}", self.value(node.operands[0]))
        if node.name in {"trim", "btrim"} and len(node.operands) == 1 and self._kind(node.operands[0]) == "text":
            return call("_t.checks.apply", "_t.checks.trim", self.value(node.operands[0]))
        if node.name in {"+", "-", "*"} and all(self._kind(o) == "number" for o in node.operands):
            functions = {"+": "add", "-": "sub", "*": "mul"}
            return call(f"_t.checks.{functions[node.name]}", *(self.value(o) for o in node.operands))
        raise Untranslatable(node.name)

    def _column(self, node: Column) -> tuple[str, TableColumn]:
        if node.name not in self._columns:
            raise Untranslatable(node.name)
        return self._columns[node.name]

    def _kind(self, node: Node) -> str:
        if isinstance(node, Literal):
            return _literal_kind(node)
        if isinstance(node, Column):
            return _column_kind(self._column(node)[1])
        if node.name in {*_LENGTHS, "+", "-", "*"}:
            return "number"
        return "text" if node.name in {"lower", "upper", "trim", "btrim"} else "other"


def _literal(node: Literal) -> str:
    if isinstance(node.value, str):
        return string(node.value)
    return repr(node.value)


def _literal_kind(node: Literal) -> str:
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "boolean"
    return "text" if isinstance(node.value, str) else "number"


def _column_kind(column: TableColumn) -> str:
    of = column.type
    if of.base is not None or of.data_type in {"json", "buffer", "array"}:
        return "other"
    if of.column_type in {"PgNumeric", "MySqlDecimal", "SQLiteNumeric"} or of.data_type in _NUMBERS:
        return "number"
    if of.data_type == "boolean":
        return "boolean"
    if of.data_type == "date":
        return "moment" if not of.column_type.startswith("SQLite") else "other"
    textual = {"PgText", "PgVarchar", "SQLiteText", "MySqlText", "MySqlVarChar"}
    named = of.column_type in textual or "Enum" in of.column_type
    return "text" if named or (of.column_type == "PgCustomColumn" and of.sql_type == "text") else "other"
