"""Names, properties, calls and construction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headgate.drizzle.static.builtins import CONSTRUCTORS, GLOBALS, construct, method
from headgate.drizzle.static.evaluator import OutOfBudget
from headgate.drizzle.static.functions import Closure, function
from headgate.drizzle.static.literals import iterate, template_parts
from headgate.drizzle.static.skipped import READING, forget_aliases, forget_callbacks, forget_given, is_pure
from headgate.drizzle.static.syntax import children, field, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSArray,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    is_nullish,
    to_string,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator, Expression
    from headgate.drizzle.static.scope import Scope


def _identifier(_ev: Evaluator, node: Node, scope: Scope) -> Value:
    name = text(node)
    if name == "undefined":
        return UNDEFINED
    if name in GLOBALS and scope.holder(name) is None:
        try:
            return scope.lookup(name)
        except Unresolved:
            return GLOBALS[name]
    return scope.lookup(name)


def _this(_ev: Evaluator, _node: Node, scope: Scope) -> Value:
    return scope.this


def read(owner: Value, name: str) -> Value:
    """Return a property of any value.

    Raises:
        Unresolved: If the owner has no properties (JavaScript would throw).
    """
    if isinstance(owner, Unknown):
        return owner
    if is_nullish(owner):
        raise Unresolved(Unknown(f"'{name}' is read from {to_string(owner)}"))
    if isinstance(owner, JSObject):
        value = owner.get(name)
        return value if value is not UNDEFINED else method(owner, name)
    if isinstance(owner, Function):
        value = owner.get(name)
        return value if value is not UNDEFINED else method(owner, name)
    if isinstance(owner, Host):
        return owner.get(name)
    return method(owner, name)


def _chained(node: Node) -> bool:
    """Whether an optional chain stands at this link or further left."""
    current: Node | None = node
    while current is not None and current.type in {
        "member_expression",
        "subscript_expression",
        "call_expression",
        "non_null_expression",
    }:
        if any(child.type in {"optional_chain", "?."} for child in current.children):
            return True
        current = current.child_by_field_name("object") or current.child_by_field_name("function")
    return False


def _member(ev: Evaluator, node: Node, scope: Scope) -> Value:
    owner = ev.eval(field(node, "object"), scope)
    name = text(field(node, "property"))
    if is_nullish(owner) and _chained(node):
        return UNDEFINED
    return read(owner, name)


def _subscript(ev: Evaluator, node: Node, scope: Scope) -> Value:
    owner = ev.eval(field(node, "object"), scope)
    if is_nullish(owner) and _chained(node):
        return UNDEFINED
    if isinstance(owner, Unknown):
        return owner
    key = ev.eval(field(node, "index"), scope)
    if isinstance(key, Unknown):
        return replace(key, aliases=(*key.aliases, owner))
    if isinstance(owner, str | JSArray) and isinstance(key, int) and not isinstance(key, bool):
        items = iterate(owner)
        return items[key] if 0 <= key < len(items) else UNDEFINED
    return read(owner, to_string(key))


def _arguments(ev: Evaluator, node: Node, scope: Scope) -> list[Value]:
    out: list[Value] = []
    for child in children(node):
        if child.type == "spread_element":
            out.extend(iterate(ev.eval(children(child)[0], scope)))
        else:
            out.append(ev.eval(child, scope))
    return out


def _call(ev: Evaluator, node: Node, scope: Scope) -> Value:  # noqa: PLR0911 - one return for each kind
    callee = field(node, "function")
    this: Value = UNDEFINED
    if callee.type == "member_expression":
        this = ev.eval(field(callee, "object"), scope)
        if is_nullish(this) and _chained(callee):
            return UNDEFINED
        target = read(this, text(field(callee, "property")))
    elif callee.type == "import":
        return Unknown("a dynamic import is not evaluated")
    else:
        target = ev.eval(callee, scope)
    arguments = field(node, "arguments")
    if isinstance(target, Unknown):
        _lose(ev, target, this, node, scope)
        return target
    if is_nullish(target) and _chained(node):
        return UNDEFINED
    if not isinstance(target, Function):
        return Unknown(f"'{text(callee)[:60]}' is not a function that can be called")
    if arguments.type == "template_string":
        return _tagged(ev, target, arguments, scope)
    types = node.child_by_field_name("type_arguments")
    args = _arguments(ev, arguments, scope)
    try:
        value = invoke(target, args, this, children(types) if types else [], scope)
    except OutOfBudget:
        raise
    except Unresolved as signal:
        value = signal.cause
    if not isinstance(value, Unknown) or isinstance(target, Closure):
        return value
    forget_callbacks(args, value)
    return replace(value, aliases=(*value.aliases, this, *args))


def _lose(ev: Evaluator, target: Unknown, this: Value, node: Node, scope: Scope) -> None:
    """Forget what a call of an unknown function may have changed: what it is given, and what it is a method of."""
    callee, arguments = field(node, "function"), field(node, "arguments")
    name = text(field(callee, "property")) if callee.type == "member_expression" else ""
    if name not in READING:
        forget_aliases(this, target)
    if arguments.type == "arguments" and not is_pure(target):
        forget_given(_given(ev, arguments, scope), target)


def _given(ev: Evaluator, arguments: Node, scope: Scope) -> list[Value]:
    """Return the arguments of a call, those that are spread as a whole."""
    return [
        ev.eval(children(child)[0] if child.type == "spread_element" else child, scope) for child in children(arguments)
    ]


def invoke(target: Function, args: list[Value], this: Value, types: list[Node], scope: Scope) -> Value:
    """Call a function with explicit type arguments, for those that care."""
    if isinstance(target, Closure):
        return target.call_typed(args, this, types, scope)
    typed = getattr(target, "call_with_types", None)
    if types and callable(typed):
        result: Value = typed(args, types, scope)
        return result
    return target.call(args, this)


def _tagged(ev: Evaluator, target: Function, template: Node, scope: Scope) -> Value:
    cooked, raw, values = template_parts(ev, template, scope)
    if target.name == "String.raw":
        pieces = [raw[0]]
        for value, piece in zip(values, raw[1:], strict=True):
            pieces += [to_string(value), piece]
        return "".join(pieces)
    return target.call([JSArray(cooked), *values])


def _new(ev: Evaluator, node: Node, scope: Scope) -> Value:
    constructor = field(node, "constructor")
    arguments = node.child_by_field_name("arguments")
    name = text(constructor)
    if name in CONSTRUCTORS and scope.holder(name) is None:
        return construct(name, _arguments(ev, arguments, scope) if arguments is not None else [])
    target = ev.eval(constructor, scope)
    cause = target if isinstance(target, Unknown) else Unknown(f"'new {name[:60]}' is not evaluated")
    if arguments is not None and not is_pure(target):
        forget_given(_given(ev, arguments, scope), cause)
    return cause


def _await(_ev: Evaluator, node: Node, scope: Scope) -> Value:
    return Unknown("an awaited value is only known when the program runs", scope.file.where(node))


ACCESS: dict[str, Expression] = {
    "identifier": _identifier,
    "undefined": lambda _e, _n, _s: UNDEFINED,
    "shorthand_property_identifier": _identifier,
    "this": _this,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "call_expression": _call,
    "new_expression": _new,
    "await_expression": _await,
    "arrow_function": function,
    "function_expression": function,
    "generator_function": function,
}
