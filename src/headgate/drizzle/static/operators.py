"""Operators, conditions and assignments."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from headgate.drizzle.static.evaluator import OutOfBudget
from headgate.drizzle.static.functions import bind
from headgate.drizzle.static.skipped import forget, forget_aliases, forget_given
from headgate.drizzle.static.syntax import children, field, text
from headgate.drizzle.static.values import (
    PROTOTYPE,
    UNDEFINED,
    Accessor,
    BigInt,
    Function,
    Host,
    JSArray,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    is_nullish,
    known,
    number,
    read_only,
    to_string,
    truthy,
    typeof,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator, Expression
    from headgate.drizzle.static.scope import Scope


_NUMERIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": math.fmod,
    "**": lambda a, b: float(a**b) if isinstance(a, float) or b < 0 else a**b,
}
_BITWISE: dict[str, Callable[[int, int], int]] = {
    "<<": lambda a, b: a << (b & 31),
    ">>": lambda a, b: a >> (b & 31),
    "|": lambda a, b: a | b,
    "&": lambda a, b: a & b,
    "^": lambda a, b: a ^ b,
}


def to_number(value: Value) -> float:
    """JavaScript's `Number(value)`.

    Raises:
        Unresolved: If the value is not known or has no plain number.
    """
    value = known(value)
    if isinstance(value, bool | int | float):
        return value
    if value is None:
        return 0
    if value is UNDEFINED:
        return math.nan
    if isinstance(value, str):
        return _number_of(value.strip())
    raise Unresolved(Unknown("the value has no number that can be known"))


def _number_of(text: str) -> float:
    """Return the number that a text says by JavaScript's grammar, which knows no `1_000` and no `inf`."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+", text):
        return int(text, 0)
    decimal = re.fullmatch(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", text)
    return float(text) if decimal else math.nan if text else 0


def strictly_equal(left: Value, right: Value) -> bool:
    """JavaScript's `===`.

    Raises:
        Unresolved: If a side is not known.
    """
    left, right = known(left), known(right)
    if isinstance(left, JSArray | JSObject | Host) or isinstance(right, JSArray | JSObject | Host):
        return left is right
    if isinstance(left, bool) or isinstance(right, bool) or isinstance(left, BigInt) != isinstance(right, BigInt):
        return left is right
    return left == right


def same(left: Value, right: Value) -> bool:
    """Whether collections take two values for one: as `===`, but NaN is NaN.

    Raises:
        Unresolved: If a side is not known.
    """
    both = isinstance(left, float) and isinstance(right, float)
    return strictly_equal(left, right) or (both and left != left and right != right)  # noqa: PLR0124 - NaN


def loosely_equal(left: Value, right: Value) -> bool:
    """JavaScript's `==`, without its conversions between objects and primitives.

    Raises:
        Unresolved: If a side is not known.
    """
    left, right = known(left), known(right)
    if is_nullish(left) or is_nullish(right):
        return is_nullish(left) and is_nullish(right)
    objects = [isinstance(side, JSArray | JSObject | Host | Function) for side in (left, right)]
    if all(objects) or (isinstance(left, str) and isinstance(right, str)):
        return strictly_equal(left, right)
    if any(objects):
        raise Unresolved(Unknown("comparing an object with '==' is not evaluated"))
    return to_number(left) == to_number(right)


def _add(left: Value, right: Value) -> Value:
    left, right = known(left), known(right)
    if any(isinstance(side, str | JSArray | JSObject) for side in (left, right)):
        return to_string(left) + to_string(right)
    return _arithmetic("+", left, right)


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, BigInt) and isinstance(right, BigInt):
        return _big(operator, int(left), int(right))
    if isinstance(left, BigInt) or isinstance(right, BigInt):
        raise Unresolved(Unknown("JavaScript refuses to mix bigints and other values"))
    a, b = to_number(left), to_number(right)
    if operator in {"<<", ">>", "|", "&", "^"}:
        return _bits(operator, int(a), int(b))
    if operator in {"/", "%"} and b == 0:
        return math.nan if a == 0 or operator == "%" else math.copysign(math.inf, a)
    result: float = _NUMERIC[operator](a, b)
    return number(float(result)) if isinstance(result, float) or abs(result) > 2**53 else result


def _big(operator: str, a: int, b: int) -> Value:
    operations: dict[str, Callable[[int], int]] = {"+": a.__add__, "-": a.__sub__, "*": a.__mul__, "**": a.__pow__}
    if operator not in operations:
        raise Unresolved(Unknown(f"'{operator}' between bigints is not evaluated"))
    return BigInt(operations[operator](b))


def _bits(operator: str, a: int, b: int) -> int:
    a = ((a + 2**31) % 2**32) - 2**31
    result = _BITWISE[operator](a, b)
    return ((result + 2**31) % 2**32) - 2**31


def _compare(operator: str, left: Value, right: Value) -> bool:
    left, right = known(left), known(right)
    a: float | str
    b: float | str
    a, b = (left, right) if isinstance(left, str) and isinstance(right, str) else (to_number(left), to_number(right))
    if isinstance(a, str) and isinstance(b, str):
        return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator]
    x, y = to_number(a), to_number(b)
    return {"<": x < y, ">": x > y, "<=": x <= y, ">=": x >= y}[operator]


def _in(left: Value, right: Value) -> bool:
    key = to_string(left)
    right = known(right)
    if isinstance(right, JSObject):
        if key not in right.props and right.taint is not None:
            raise Unresolved(right.taint)
        if key in PROTOTYPE and key not in right.props:
            raise Unresolved(Unknown("prototypes are not evaluated"))
        return key in right.props
    raise Unresolved(Unknown("'in' is evaluated on plain objects only"))


def apply(operator: str, left: Value, right: Value) -> Value:
    """Return the result of a binary operator.

    Raises:
        Unresolved: If it cannot be known.
    """
    if operator == "+":
        return _add(left, right)
    if operator in {"===", "!=="}:
        return strictly_equal(left, right) == (operator == "===")
    if operator in {"==", "!="}:
        return loosely_equal(left, right) == (operator == "==")
    if operator in {"<", ">", "<=", ">="}:
        return _compare(operator, left, right)
    if operator in {"-", "*", "/", "%", "**", "<<", ">>", "|", "&", "^"}:
        return _arithmetic(operator, known(left), known(right))
    if operator == "in":
        return _in(left, right)
    raise Unresolved(Unknown(f"the operator '{operator}' is not evaluated"))


def _logical(ev: Evaluator, operator: str, left: Value, right: Node, scope: Scope) -> Value:
    decided = is_nullish(known(left)) if operator == "??" else truthy(left) == (operator == "&&")
    return ev.eval(right, scope) if decided else left


def _binary(ev: Evaluator, node: Node, scope: Scope) -> Value:
    operator = text(field(node, "operator"))
    left = ev.eval(field(node, "left"), scope)
    if operator in {"&&", "||", "??"}:
        try:
            return _logical(ev, operator, left, field(node, "right"), scope)
        except OutOfBudget:
            raise
        except Unresolved as signal:
            raise Unresolved(forget(node, scope, signal.cause)) from signal
    return apply(operator, left, ev.eval(field(node, "right"), scope))


def _unary(ev: Evaluator, node: Node, scope: Scope) -> Value:  # noqa: PLR0911 - one return for each kind
    operator = text(field(node, "operator"))
    argument = field(node, "argument")
    if operator == "typeof":
        return _typeof(ev, argument, scope)
    if operator == "delete":
        try:
            return _delete(ev, argument, scope)
        except OutOfBudget:
            raise
        except Unresolved as signal:
            raise Unresolved(forget(node, scope, signal.cause)) from signal
    value = ev.eval(argument, scope)
    if operator == "void":
        return UNDEFINED
    if operator == "!":
        return not truthy(value)
    if operator == "-":
        return BigInt(-int(value)) if isinstance(value, BigInt) else number(-to_number(value))
    if operator == "+":
        return number(to_number(value))
    return _bits("^", int(to_number(value)), -1)


def _typeof(ev: Evaluator, argument: Node, scope: Scope) -> Value:
    value = ev.eval(argument, scope)
    if isinstance(value, Unknown) and argument.type == "identifier" and value.reason.endswith("is not defined"):
        return Unknown("whether a global exists depends on where the program runs", value.where)
    return typeof(value)


def _delete(ev: Evaluator, argument: Node, scope: Scope) -> Value:
    target = ev.eval(field(argument, "object"), scope)
    if isinstance(target, Unknown):
        forget_aliases(target, target)
        raise Unresolved(target)
    if not isinstance(target, JSObject):
        raise Unresolved(Unknown("only properties of plain objects can be deleted"))
    key = _member_key(ev, argument, scope)
    if target.readonly:
        raise Unresolved(Unknown("deleting from what is read-only is not evaluated"))
    if target.taint is not None and key not in target.props:
        target.spoil(target.taint)
    target.props.pop(key, None)
    return True


def _member_key(ev: Evaluator, node: Node, scope: Scope) -> str:
    if node.type == "member_expression":
        return text(field(node, "property"))
    return to_string(ev.sure(field(node, "index"), scope))


def _ternary(ev: Evaluator, node: Node, scope: Scope) -> Value:
    try:
        chosen = "consequence" if truthy(ev.eval(field(node, "condition"), scope)) else "alternative"
    except OutOfBudget:
        raise
    except Unresolved as signal:
        raise Unresolved(forget(node, scope, signal.cause)) from signal
    return ev.eval(field(node, chosen), scope)


def store(ev: Evaluator, target: Node, value: Value, scope: Scope) -> None:
    """Assign to a name, a property or a pattern.

    Raises:
        Unresolved: If the target is not known.
    """
    if target.type == "identifier":
        scope.assign(text(target), value)
    elif target.type in {"member_expression", "subscript_expression"}:
        _store_member(ev, target, value, scope)
    elif target.type in {"object_pattern", "array_pattern"}:
        bind(ev, target, value, scope, declare=False)
    elif target.type in {"parenthesized_expression", "non_null_expression", "as_expression"}:
        store(ev, children(target)[0], value, scope)
    else:
        raise Unresolved(Unknown(f"a {target.type} cannot be assigned to"))


def _store_member(ev: Evaluator, target: Node, value: Value, scope: Scope) -> None:
    owner = ev.eval(field(target, "object"), scope)
    if isinstance(owner, Unknown):
        forget_aliases(owner, owner)
        raise Unresolved(owner)
    if isinstance(owner, JSObject):
        _store_property(ev, owner, target, value, scope)
    elif isinstance(owner, JSArray):
        _store_element(ev, owner, target, value, scope)
    elif isinstance(owner, Function):
        owner.put(_member_key(ev, target, scope), value)
    elif isinstance(owner, Host):
        owner.spoil(Unknown("assigning to a property of this value is not evaluated", scope.file.where(target)))
    else:
        raise Unresolved(Unknown("assigning to a property of this value is not evaluated"))


def _put(ev: Evaluator, target: Node, value: Value, scope: Scope) -> None:
    """Assign, or forget what would have been assigned to."""
    try:
        store(ev, target, value, scope)
    except OutOfBudget:
        raise
    except Unresolved as signal:
        raise Unresolved(forget(_statement(target), scope, signal.cause)) from signal


def _statement(target: Node) -> Node:
    """Return the assignment that a target belongs to."""
    return target.parent or target


def _store_property(ev: Evaluator, owner: JSObject, target: Node, value: Value, scope: Scope) -> None:
    try:
        owner.props[_writable_key(ev, owner, target, scope)] = value
    except Unresolved as signal:
        forget_given([owner], signal.cause)
        owner.spoil(signal.cause)
        raise


def _writable_key(ev: Evaluator, owner: JSObject, target: Node, scope: Scope) -> str:
    key = _member_key(ev, target, scope)
    if owner.readonly or isinstance(owner.props.get(key), Accessor):
        raise Unresolved(Unknown("assigning to what is read-only, or has a setter, is not evaluated"))
    return key


def _store_element(ev: Evaluator, owner: JSArray, target: Node, value: Value, scope: Scope) -> None:
    key = ev.eval(field(target, "index"), scope) if target.type == "subscript_expression" else UNDEFINED
    if type(key) is int and 0 <= key <= len(owner) and owner.taint is None and not owner.readonly:
        owner[key:] = [value, *owner[key + 1 :]]
    else:
        owner.taint = Unknown("this change of an array is not evaluated", scope.file.where(target))


def _assign(ev: Evaluator, node: Node, scope: Scope) -> Value:
    value = ev.eval(field(node, "right"), scope)
    _put(ev, field(node, "left"), value, scope)
    return value


def _augmented(ev: Evaluator, node: Node, scope: Scope) -> Value:
    operator = text(field(node, "operator"))[:-1]
    target = field(node, "left")
    current = ev.eval(target, scope)
    if operator in {"&&", "||", "??"}:
        try:
            value = _logical(ev, operator, current, field(node, "right"), scope)
        except OutOfBudget:
            raise
        except Unresolved as signal:
            raise Unresolved(forget(node, scope, signal.cause)) from signal
    else:
        right = ev.eval(field(node, "right"), scope)
        value = Unknown("an operand is not known", scope.file.where(node))
        if not isinstance(current, Unknown) and not isinstance(right, Unknown):
            value = apply(operator, current, right)
    _put(ev, target, value, scope)
    return value


def _update(ev: Evaluator, node: Node, scope: Scope) -> Value:
    target = field(node, "argument")
    try:
        before = to_number(ev.eval(target, scope))
    except Unresolved as signal:
        raise Unresolved(forget(node, scope, signal.cause)) from signal
    after = before + (1 if text(field(node, "operator")) == "++" else -1)
    _put(ev, target, number(after), scope)
    prefix = node.children[0].type in {"++", "--"}
    return number(after if prefix else before)


def _sequence(ev: Evaluator, node: Node, scope: Scope) -> Value:
    value: Value = UNDEFINED
    for child in children(node):
        value = ev.eval(child, scope)
    return value


def _inner(ev: Evaluator, node: Node, scope: Scope) -> Value:
    return ev.eval(children(node)[0], scope)


def _asserted(ev: Evaluator, node: Node, scope: Scope) -> Value:
    return ev.eval(children(node)[-1], scope)


def _as(ev: Evaluator, node: Node, scope: Scope) -> Value:
    value = _inner(ev, node, scope)
    return read_only(value) if node.children[-1].type == "const" else value


OPERATORS: dict[str, Expression] = {
    "binary_expression": _binary,
    "unary_expression": _unary,
    "ternary_expression": _ternary,
    "assignment_expression": _assign,
    "augmented_assignment_expression": _augmented,
    "update_expression": _update,
    "sequence_expression": _sequence,
    "parenthesized_expression": _inner,
    "as_expression": _as,
    "satisfies_expression": _inner,
    "non_null_expression": _inner,
    "instantiation_expression": _inner,
    "type_assertion": _asserted,
}
