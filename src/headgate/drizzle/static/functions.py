"""Functions written in TypeScript, their parameters, and destructuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.drizzle.static.evaluator import OutOfBudget, located
from headgate.drizzle.static.scope import Scope
from headgate.drizzle.static.syntax import children, field, has_keyword, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    JSArray,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    arg,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator


class Closure(Function):
    """A function of the schema, with the scope it was made in.

    Args:
        ev: The evaluator that runs it.
        node: An arrow function, function or method.
        scope: The scope around it.
    """

    def __init__(self, ev: Evaluator, node: Node, scope: Scope) -> None:
        self.ev = ev
        self.node = node
        self.scope = scope
        name = node.child_by_field_name("name")
        self.name = text(name) if name is not None else ""
        self._opaque = has_keyword(node, "async") or node.type.startswith("generator")

    def call(self, args: list[Value], this: Value = UNDEFINED) -> Value:
        """Run the body; an unknown where a decision in it cannot be taken."""
        return self.call_typed(args, this, [], None)

    def call_typed(self, args: list[Value], this: Value, types: list[Node], types_scope: Scope | None) -> Value:
        """Run the body with explicit type arguments."""
        scope = Scope(self.scope.file, self.scope)
        scope.function_level = True
        scope.this = self.scope.this if self.node.type == "arrow_function" else this
        if types and types_scope is not None:
            self._bind_types(scope, types, types_scope)
        self.ev.depth += 1
        try:
            self._bind_parameters(scope, args)
            if self._opaque:
                cause = Unknown("the result of an asynchronous function is not known", self.scope.file.where(self.node))
                return self._forget(scope, cause)
            return self._run(scope)
        except OutOfBudget:
            raise
        except Unresolved as signal:
            return located(self._forget(scope, signal.cause), self.node, self.scope)
        finally:
            self.ev.depth -= 1

    def _forget(self, scope: Scope, cause: Unknown) -> Unknown:
        """Forget what the body, which could not be run to its end, may have changed."""
        from headgate.drizzle.static.skipped import forget  # noqa: PLC0415 - skipped code calls functions

        return forget(field(self.node, "body"), scope, cause)

    def _run(self, scope: Scope) -> Value:
        from headgate.drizzle.static.statements import run_body  # noqa: PLC0415 - statements make functions

        body = field(self.node, "body")
        if body.type == "statement_block":
            return run_body(self.ev, body, scope)
        return self.ev.eval(body, scope)

    def _bind_types(self, scope: Scope, types: list[Node], types_scope: Scope) -> None:
        parameters = self.node.child_by_field_name("type_parameters")
        if parameters is None:
            return
        for parameter, given in zip(children(parameters), types, strict=False):
            scope.types[text(field(parameter, "name"))] = (given, types_scope)

    def _bind_parameters(self, scope: Scope, args: list[Value]) -> None:
        single = self.node.child_by_field_name("parameter")
        if single is not None:
            scope.names[text(single)] = arg(args, 0)
            return
        at = 0
        for parameter in children(field(self.node, "parameters")):
            pattern = field(parameter, "pattern")
            if pattern.type == "this":
                continue
            if pattern.type == "rest_pattern":
                bind(self.ev, children(pattern)[0], JSArray(args[at:]), scope)
                return
            value = arg(args, at)
            default = parameter.child_by_field_name("value")
            if value is UNDEFINED and default is not None:
                value = self.ev.eval(default, scope)
            bind(self.ev, pattern, value, scope)
            at += 1


def bind(ev: Evaluator, pattern: Node, value: Value, scope: Scope, *, declare: bool = True) -> None:
    """Bind the names of a pattern to the parts of a value.

    Args:
        ev: The evaluator.
        pattern: A name, a pattern, or what else can be assigned to.
        value: The value.
        scope: The scope of the code.
        declare: Whether the names are declared here, or only given new values.
    """
    kind = pattern.type
    if kind in {"identifier", "shorthand_property_identifier_pattern"}:
        if isinstance(value, Closure) and not value.name:
            value.name = text(pattern)
        if declare:
            scope.names[text(pattern)] = value
        else:
            scope.assign(text(pattern), value)
    elif kind == "object_pattern":
        _bind_object(ev, pattern, value, scope, declare=declare)
    elif kind == "array_pattern":
        _bind_array(ev, pattern, value, scope, declare=declare)
    elif kind in {"assignment_pattern", "object_assignment_pattern"}:
        if value is UNDEFINED:
            value = ev.eval(field(pattern, "right"), scope)
        bind(ev, field(pattern, "left"), value, scope, declare=declare)
    elif not declare and kind in {"member_expression", "subscript_expression"}:
        from headgate.drizzle.static.operators import store  # noqa: PLC0415 - assignments bind patterns

        store(ev, pattern, value, scope)
    else:
        raise Unresolved(Unknown(f"a {kind} cannot be assigned to", scope.file.where(pattern)))


def _bind_object(ev: Evaluator, pattern: Node, value: Value, scope: Scope, *, declare: bool) -> None:
    from headgate.drizzle.static.literals import property_key, spread  # noqa: PLC0415 - literals make functions

    taken: set[str] = set()
    for child in children(pattern):
        if child.type == "rest_pattern":
            rest = JSObject()
            spread(rest, value)
            for key in taken:
                rest.props.pop(key, None)
            bind(ev, children(child)[0], rest, scope, declare=declare)
            continue
        if child.type == "pair_pattern":
            key, target = property_key(ev, field(child, "key"), scope), field(child, "value")
        elif child.type == "object_assignment_pattern":
            key, target = text(field(child, "left")), child
        else:
            key, target = text(child), child
        taken.add(key)
        bind(ev, target, _part(value, key), scope, declare=declare)


def _bind_array(ev: Evaluator, pattern: Node, value: Value, scope: Scope, *, declare: bool) -> None:
    from headgate.drizzle.static.literals import iterate  # noqa: PLC0415 - literals make functions

    if isinstance(value, Unknown):
        for child in children(pattern):
            rest = child.type == "rest_pattern"
            bind(ev, children(child)[0] if rest else child, value, scope, declare=declare)
        return
    items = iterate(value)
    at = 0
    named = {child.id for child in children(pattern)}
    for child in pattern.children:
        if child.type == ",":
            at += 1
        elif child.id in named:
            rest = child.type == "rest_pattern"
            part = JSArray(items[at:]) if rest else arg(items, at)
            bind(ev, children(child)[0] if rest else child, part, scope, declare=declare)


def _part(value: Value, key: str) -> Value:
    from headgate.drizzle.static.access import read  # noqa: PLC0415 - calls bind parameters

    return read(value, key)


def pattern_names(pattern: Node) -> list[str]:
    """Return the names that a pattern binds."""
    if pattern.type in {"identifier", "shorthand_property_identifier_pattern"}:
        return [text(pattern)]
    if pattern.type == "pair_pattern":
        return pattern_names(field(pattern, "value"))
    if pattern.type in {"object_assignment_pattern", "assignment_pattern"}:
        return pattern_names(field(pattern, "left"))
    return [name for child in children(pattern) for name in pattern_names(child)]


def function(ev: Evaluator, node: Node, scope: Scope) -> Value:
    """Return the closure of a function expression."""
    name = node.child_by_field_name("name")
    if name is None:
        return Closure(ev, node, scope)
    inner = Scope(scope.file, scope)
    inner.this = scope.this
    closure = Closure(ev, node, inner)
    inner.names[text(name)] = closure
    return closure
