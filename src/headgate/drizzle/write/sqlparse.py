"""A small parser for the expressions that CHECK constraints are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<string>(?:[eE])?'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
      | (?P<word>[A-Za-z_][\w$]*)
      | (?P<operator>::|!~\*|!~|~\*|~|<=|>=|<>|!=|=|<|>|\+|-|\*|/|%|\(|\)|,|\.|\[|\])
    )""",
    re.VERBOSE,
)


class Untranslatable(Exception):  # noqa: N818 - a signal between two functions of this package
    """The expression uses something that has no certain twin in Python."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column, by its name in the database."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function with its operands."""

    name: str
    operands: tuple[Node, ...]


Node: TypeAlias = Column | Literal | Call
_COMPARISONS = {"=", "<>", "!=", "<", "<=", ">", ">=", "~", "~*", "!~", "!~*"}
_CASTS = {"text", "varchar", "integer", "int", "numeric", "bigint", "smallint"}


def parse(expression: str, table: str) -> Node:
    """Return the tree of a CHECK expression.

    Args:
        expression: The expression as drizzle-orm writes it.
        table: The table's name, which may qualify columns.

    Raises:
        Untranslatable: If it uses something beyond comparisons, `BETWEEN`, `IN`, `LIKE`, regular expressions,
            arithmetic, lengths and boolean operators.
    """
    parser = _Parser(_tokens(expression), table)
    tree = parser.disjunction()
    if parser.peek() != ("end", ""):
        raise Untranslatable(parser.peek()[1])
    return tree


def _tokens(expression: str) -> list[tuple[str, str]]:
    out = []
    at = 0
    text = expression.strip().rstrip(";")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Untranslatable(text[at : at + 10])
        value = match.group(match.lastgroup)
        out.append((match.lastgroup, value.lower() if match.lastgroup == "word" else value))
        at = match.end()
    return out


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], table: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._table = table

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self._at += 1
        return token

    def accept(self, value: str) -> bool:
        if self.peek()[1] == value and self.peek()[0] in {"word", "operator"}:
            self._at += 1
            return True
        return False

    def expect(self, value: str) -> None:
        if not self.accept(value):
            raise Untranslatable(self.peek()[1])

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Call("or", tuple(parts))

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.accept("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else Call("and", tuple(parts))

    def negation(self) -> Node:
        if self.accept("not"):
            return Call("not", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Node:
        left = self.sum()
        if self.accept("is"):
            return self._is(left)
        negated = self.accept("not")
        found = self._predicate(left)
        if found is not None:
            return Call("not", (found,)) if negated else found
        if negated:
            raise Untranslatable("not")
        operator = self.peek()[1]
        if self.peek()[0] == "operator" and operator in _COMPARISONS:
            self.take()
            return self._compared(operator, left)
        return left

    def _is(self, left: Node) -> Node:
        negated = self.accept("not")
        if self.accept("null"):
            test: Node = Call("is null", (left,))
        else:
            raise Untranslatable("is")
        return Call("not", (test,)) if negated else test

    def _compared(self, operator: str, left: Node) -> Node:
        if self.accept("any"):
            return Call("in", (left, *self._array()))
        right = self.sum()
        if operator.startswith("!~"):
            return Call("not", (Call(operator[1:], (left, right)),))
        return Call("<>" if operator == "!=" else operator, (left, right))

    def _array(self) -> tuple[Node, ...]:
        self.expect("(")
        self.expect("array")
        self.expect("[")
        items = [self.sum()]
        while self.accept(","):
            items.append(self.sum())
        self.expect("]")
        self.expect(")")
        return tuple(items)

    def _predicate(self, left: Node) -> Node | None:
        if self.accept("between"):
            low = self.sum()
            self.expect("and")
            return Call("between", (left, low, self.sum()))
        if self.accept("in"):
            self.expect("(")
            items = [self.sum()]
            while self.accept(","):
                items.append(self.sum())
            self.expect(")")
            return Call("in", (left, *items))
        for name in ("like", "ilike"):
            if self.accept(name):
                return Call(name, (left, self.sum()))
        return None

    def sum(self) -> Node:
        left = self.product()
        while self.peek() in {("operator", "+"), ("operator", "-")}:
            operator = self.take()[1]
            left = Call(operator, (left, self.product()))
        return left

    def product(self) -> Node:
        left = self.unary()
        while self.peek() == ("operator", "*"):
            self.take()
            left = Call("*", (left, self.unary()))
        return left

    def unary(self) -> Node:
        if self.accept("-"):
            inner = self.unary()
            if isinstance(inner, Literal) and isinstance(inner.value, int | float):
                return Literal(-inner.value)
            return Call("-", (Literal(0), inner))
        return self._cast(self.primary())

    def _cast(self, node: Node) -> Node:
        while self.accept("::"):
            kind, name = self.take()
            if kind != "word" or name not in _CASTS or not isinstance(node, Literal | Column):
                raise Untranslatable(f"::{name}")
            if isinstance(node, Column) and name not in {"text", "varchar"}:
                raise Untranslatable(f"::{name}")
        return node

    def primary(self) -> Node:
        kind, value = self.take()
        if kind == "number":
            return Literal(float(value) if re.search(r"[.eE]", value) else int(value))
        if kind == "string":
            return Literal(_unquoted(value))
        if kind == "operator" and value == "(":
            inner = self.disjunction()
            self.expect(")")
            return inner
        if kind == "word" and value in {"true", "false", "null"}:
            return Literal({"true": True, "false": False, "null": None}[value])
        if kind == "word" and self.peek() == ("operator", "("):
            return self._call(value)
        if kind in {"word", "quoted"}:
            return self._column(kind, value)
        raise Untranslatable(value)

    def _call(self, name: str) -> Node:
        self.expect("(")
        operands = [self.sum()]
        while self.accept(","):
            operands.append(self.sum())
        self.expect(")")
        return Call(name, tuple(operands))

    def _column(self, kind: str, value: str) -> Node:
        name = _identifier(kind, value)
        while self.accept("."):
            kind, value = self.take()
            if kind not in {"word", "quoted"}:
                raise Untranslatable(value)
            name = _identifier(kind, value)
        return Column(name)


def _identifier(kind: str, value: str) -> str:
    if kind == "word":
        return value
    mark = value[0]
    return value[1:-1].replace(mark * 2, mark)


def _unquoted(value: str) -> str:
    if value[0] in {"e", "E"}:
        raise Untranslatable(value)
    return value[1:-1].replace("''", "'")
