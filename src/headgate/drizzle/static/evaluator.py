"""The evaluator: expressions and statements of TypeScript, as far as schemas use them.

What cannot be known becomes :class:`~headgate.drizzle.static.values.Unknown` and travels on as a value: it only matters
if it reaches a fact of the schema. A decision that hangs on something unknown stops the function it is in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from headgate.drizzle.static.scope import Scope
from headgate.drizzle.static.values import Unknown, Unresolved, Value

if TYPE_CHECKING:
    from tree_sitter import Node

_BUDGET = 2_000_000
"""Nodes evaluated before a schema is said never to end; a large real one takes a tenth of it."""
_DEPTH = 120

Expression: TypeAlias = "Callable[[Evaluator, Node, Scope], Value]"


class Evaluator:
    """Evaluates nodes of syntax trees.

    Args:
        expressions: The handler of each type of node.
    """

    def __init__(self, expressions: dict[str, Expression]) -> None:
        self._expressions = expressions
        self._steps = 0
        self.depth = 0
        self.unknowns = 0
        """How many expressions turned out unknown so far: each may stand for code that throws."""

    def eval(self, node: Node, scope: Scope) -> Value:
        """Return the value of an expression; an :class:`Unknown` where it cannot be known.

        Raises:
            Unresolved: Only for the limits of the evaluator: a program that does not end.
        """
        self._steps += 1
        if self._steps > _BUDGET or self.depth > _DEPTH:
            raise OutOfBudget(Unknown("the program does not come to an end here", scope.file.where(node)))
        kind = node.type
        handler = self._expressions.get(kind)
        if handler is None:
            return Unknown(f"'{kind}' is not evaluated", scope.file.where(node))
        try:
            value = handler(self, node, scope)
            if not isinstance(value, Unknown):
                return value
            self.unknowns += 1
            return located(value, node, scope)
        except RecursionError:
            raise OutOfBudget(Unknown("the expression nests too deeply", scope.file.where(node))) from None
        except OutOfBudget:
            raise
        except Unresolved as signal:
            self.unknowns += 1
            return located(signal.cause, node, scope)

    def eval_name(self, name: str, scope: Scope) -> Value:
        """Return the value of a name; an :class:`Unknown` where it cannot be known."""
        try:
            return scope.lookup(name)
        except Unresolved as signal:
            return signal.cause

    def sure(self, node: Node, scope: Scope) -> Value:
        """Return the value of an expression that a decision hangs on.

        Raises:
            Unresolved: If it is not known.
        """
        value = self.eval(node, scope)
        if isinstance(value, Unknown):
            raise Unresolved(value)
        return value


class OutOfBudget(Unresolved):
    """The program takes more steps, or nests deeper, than any schema needs."""


def located(cause: Unknown, node: Node, scope: Scope) -> Unknown:
    """Return the unknown with its place, this node's unless it already has one."""
    return cause if cause.where is not None else replace(cause, where=scope.file.where(node))
