"""Functions written in TypeScript, their parameters, and destructuring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.drizzle.static.evaluator import OutOfBudget, located
from headgate.drizzle.static.scope import Scope
from headgate.drizzle.static.syntax import children, field, has_keyword, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSArray,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
    prop,
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
        this: What `this` is, for methods of object literals.
    """

    def __init__(self, ev: Evaluator, node: Node, scope: Scope, this: Value = UNDEFINED) -> None:
        self.ev = ev
        self.node = node
        self.scope = scope
        self.this = this
        name = node.child_by_field_name("name")
        self.name = text(name) if name is not None else ""
        self._opaque = has_keyword(node, "async") or node.type.startswith("generator")

    def call(self, args: list[Value], this: Value = UNDEFINED) -> Value:
        """Run the body; an unknown where a decision in it cannot be taken."""
        return self.call_typed(args, this, [], None)

    def call_typed(self, args: list[Value], this: Value, types: list[Node], types_scope: Scope | None) -> Value:
        """Run the body with explicit type arguments."""
        if self._opaque:
            return Unknown("the result of an asynchronous function is not known", self.scope.file.where(self.node))
        scope = Scope(self.scope.file, self.scope)
        scope.this = (
            self.scope.this if self.node.type == "arrow_function" else (this if this is not UNDEFINED else self.this)
        )
        if types and types_scope is not None:
            self._bind_types(scope, types, types_scope)
        self.ev.depth += 1
        try:
            self._bind_parameters(scope, args)
            return self._run(scope)
        except OutOfBudget:
            raise
        except Unresolved as signal:
            spoil_written(field(self.node, "body"), scope, signal.cause)
            return located(signal.cause, self.node, self.scope)
        finally:
            self.ev.depth -= 1

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


def bind(ev: Evaluator, pattern: Node, value: Value, scope: Scope) -> None:
    """Bind the names of a pattern to the parts of a value."""
    kind = pattern.type
    if kind in {"identifier", "shorthand_property_identifier_pattern"}:
        if isinstance(value, Closure) and not value.name:
            value.name = text(pattern)
        scope.names[text(pattern)] = value
    elif kind == "object_pattern":
        _bind_object(ev, pattern, value, scope)
    elif kind == "array_pattern":
        _bind_array(ev, pattern, value, scope)
    elif kind in {"assignment_pattern", "object_assignment_pattern"}:
        if value is UNDEFINED:
            value = ev.eval(field(pattern, "right"), scope)
        bind(ev, field(pattern, "left"), value, scope)
    else:
        raise Unresolved(Unknown(f"a {kind} cannot be assigned to", scope.file.where(pattern)))


def _bind_object(ev: Evaluator, pattern: Node, value: Value, scope: Scope) -> None:
    from headgate.drizzle.static.literals import property_key, spread  # noqa: PLC0415 - literals make functions

    taken: set[str] = set()
    for child in children(pattern):
        if child.type == "rest_pattern":
            rest = JSObject()
            spread(rest, value)
            for key in taken:
                rest.props.pop(key, None)
            bind(ev, children(child)[0], rest, scope)
            continue
        if child.type == "pair_pattern":
            key, target = property_key(ev, field(child, "key"), scope), field(child, "value")
        elif child.type == "object_assignment_pattern":
            key, target = text(field(child, "left")), child
        else:
            key, target = text(child), child
        taken.add(key)
        bind(ev, target, _part(value, key), scope)


def _bind_array(ev: Evaluator, pattern: Node, value: Value, scope: Scope) -> None:
    from headgate.drizzle.static.literals import iterate  # noqa: PLC0415 - literals make functions

    if isinstance(value, Unknown):
        for child in children(pattern):
            bind(ev, children(child)[0] if child.type == "rest_pattern" else child, value, scope)
        return
    items = iterate(value)
    at = 0
    named = {child.id for child in children(pattern)}
    for child in pattern.children:
        if child.type == ",":
            at += 1
        elif child.id in named:
            rest = child.type == "rest_pattern"
            bind(ev, children(child)[0] if rest else child, JSArray(items[at:]) if rest else arg(items, at), scope)


def _part(value: Value, key: str) -> Value:
    return value if isinstance(value, Unknown) else prop(known(value), key)


def spoil_written(node: Node, scope: Scope, cause: Unknown) -> None:
    """Forget everything that skipped code would have written to.

    A statement that could not be executed may change a variable or fill an object. Those values are no longer known.
    """
    stack = [node]
    while stack:
        current = stack.pop()
        target = _written(current)
        if target is not None:
            _spoil(target, scope, cause)
        stack.extend(current.named_children)


def spoil_arguments(call: Node, scope: Scope, cause: Unknown) -> None:
    """Forget the objects given to a function that could not be followed, and was called for what it does to them."""
    for argument in children(field(call, "arguments")):
        if argument.type in {"identifier", "member_expression"}:
            _spoil(argument, scope, cause, binding=False)


def _written(node: Node) -> Node | None:
    kind = node.type
    if kind in {"assignment_expression", "augmented_assignment_expression"}:
        return node.child_by_field_name("left")
    if kind == "update_expression" or (kind == "unary_expression" and has_keyword(node, "delete")):
        return node.child_by_field_name("argument")
    if kind != "call_expression":
        return None
    callee = field(node, "function")
    if callee.type != "member_expression":
        return None
    arguments = children(field(node, "arguments"))
    if text(callee) == "Object.assign" and arguments:
        return arguments[0]
    return callee


def _spoil(target: Node, scope: Scope, cause: Unknown, *, binding: bool = True) -> None:
    root = target
    while root.type in {"member_expression", "subscript_expression", "non_null_expression"}:
        root = root.child_by_field_name("object") or children(root)[0]
    if root.type != "identifier":
        return
    name = text(root)
    holder = scope.holder(name)
    if holder is None:
        return
    value = holder.names[name]
    if isinstance(value, JSObject | Host):
        value.spoil(cause)
    elif isinstance(value, JSArray):
        value.taint = cause
    elif root is target and binding:
        holder.names[name] = cause


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
