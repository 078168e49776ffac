"""Literals, templates, arrays and objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headgate.drizzle.static.functions import Closure
from headgate.drizzle.static.syntax import children, field, has_keyword, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Accessor,
    BigInt,
    Function,
    Host,
    JSArray,
    JSObject,
    Native,
    Regex,
    Unknown,
    Unresolved,
    Value,
    is_nullish,
    known,
    number,
    to_string,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator, Expression
    from headgate.drizzle.static.scope import Scope

_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])")
_SIMPLE = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "\n": "",
    "\r\n": "",
    "\u2028": "",
}


def unescape(raw: str) -> str:
    """Return the text that a string literal's body stands for."""
    if "\\" not in raw:
        return raw
    cooked = _ESCAPE.sub(_replace, raw)
    return cooked.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _replace(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] == "u" and len(code) > 1:
        return chr(int(code.strip("u{}"), 16))
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return _SIMPLE.get(code, code)


def string(node: Node) -> str:
    """Return the value of a `string` node."""
    return unescape(text(node)[1:-1])


def _string(_ev: Evaluator, node: Node, _scope: Scope) -> Value:
    return string(node)


def numeral(raw: str) -> Value:
    """Return the value of a number literal."""
    digits = raw.replace("_", "").lower()
    if digits.endswith("n") and not digits.startswith("0x"):
        return BigInt(int(digits[:-1], 0))
    if digits[:2] in {"0x", "0o", "0b"}:
        return BigInt(int(digits[:-1], 0)) if digits.endswith("n") else int(digits, 0)
    return number(float(digits))


def _number(_ev: Evaluator, node: Node, _scope: Scope) -> Value:
    return numeral(text(node))


def _regex(_ev: Evaluator, node: Node, _scope: Scope) -> Value:
    flags = node.child_by_field_name("flags")
    return Regex(text(field(node, "pattern")), text(flags) if flags else "")


def template_parts(ev: Evaluator, node: Node, scope: Scope) -> tuple[list[str], list[str], list[Value]]:
    """Return the cooked strings, the raw strings and the values of a template."""
    source = node.text or b""
    start = node.start_byte
    cooked: list[str] = []
    raw: list[str] = []
    values: list[Value] = []
    at = 1
    for child in node.named_children:
        if child.type != "template_substitution":
            continue
        piece = source[at : child.start_byte - start].decode(errors="replace")
        raw.append(piece)
        cooked.append(unescape(piece))
        values.append(ev.eval(children(child)[0], scope))
        at = child.end_byte - start
    piece = source[at:-1].decode(errors="replace")
    raw.append(piece)
    cooked.append(unescape(piece))
    return cooked, raw, values


def _template(ev: Evaluator, node: Node, scope: Scope) -> Value:
    if not node.named_child_count:
        return text(node)[1:-1]
    cooked, _raw, values = template_parts(ev, node, scope)
    out = [cooked[0]]
    for value, piece in zip(values, cooked[1:], strict=True):
        out += [to_string(value), piece]
    return "".join(out)


def _array(ev: Evaluator, node: Node, scope: Scope) -> Value:
    out = JSArray()
    gap = True
    for token in node.children[1:-1]:
        if token.type == "," and gap:
            raise Unresolved(Unknown("an array with holes is not evaluated"))
        gap = token.type == "," if token.type != "comment" else gap
    for child in children(node):
        if child.type == "spread_element":
            out.extend(iterate(ev.eval(children(child)[0], scope)))
        else:
            out.append(ev.eval(child, scope))
    return out


def iterate(value: Value) -> list[Value]:
    """Return what iterating over a value gives.

    Raises:
        Unresolved: If the value is not known, or is no iterable that is modelled.
    """
    value = known(value)
    if isinstance(value, JSArray):
        return list(value.items())
    if isinstance(value, str):
        return list(value)
    items = getattr(value, "iterate", None)
    if callable(items):
        result: list[Value] = items()
        return result
    raise Unresolved(Unknown("the value cannot be iterated over"))


def property_key(ev: Evaluator, node: Node, scope: Scope) -> str:
    """Return the key of a property.

    Raises:
        Unresolved: If a computed key is not known.
    """
    if node.type == "computed_property_name":
        return to_string(ev.sure(children(node)[0], scope))
    return _fixed_key(node)


def _fixed_key(node: Node) -> str:
    if node.type == "string":
        return string(node)
    return to_string(numeral(text(node))) if node.type == "number" else text(node)


def _object(ev: Evaluator, node: Node, scope: Scope) -> Value:
    out = JSObject()
    members = children(node)
    start = 0
    if members and members[0].type == "spread_element":
        start = _after_spread(ev, out, members, scope)
    for member in members[start:]:
        _member(ev, out, member, scope)
    return out


def _after_spread(ev: Evaluator, out: JSObject, members: list[Node], scope: Scope) -> int:
    """Define what begins a literal as V8 does after a leading spread, and return how many members that were.

    Up to the next spread or computed key, getters come after everything else, and of one name only the last is defined.
    """
    _member(ev, out, members[0], scope)
    last = {_plain_key(member): i for i, member in enumerate(members)}
    late: dict[str, Value] = {}
    end = next((i for i, member in enumerate(members) if i > 0 and _plain_key(member) is None), len(members))
    for i, member in enumerate(members[1:end], 1):
        name = _plain_key(member)
        if name is not None and _is_accessor(member):
            late[name] = _accessor(ev, member, late.get(name), out, scope)
        elif last[name] == i:
            late.pop(name or "", None)
            _member(ev, out, member, scope)
        else:
            _member(ev, JSObject(), member, scope)
    out.props.update(late)
    return end


def _plain_key(member: Node) -> str | None:
    """Return the key of a member, unless it is a spread or its key is computed."""
    key = member.child_by_field_name("key") or member.child_by_field_name("name")
    if key is None:
        return None if member.type == "spread_element" else text(member)
    return None if key.type == "computed_property_name" else _fixed_key(key)


def _is_accessor(member: Node) -> bool:
    return member.type == "method_definition" and (has_keyword(member, "get") or has_keyword(member, "set"))


def _member(ev: Evaluator, out: JSObject, member: Node, scope: Scope) -> None:
    kind = member.type
    if kind == "pair":
        _define(ev, out, field(member, "key"), scope, ev.eval(field(member, "value"), scope))
    elif kind == "shorthand_property_identifier":
        out.props[text(member)] = ev.eval(member, scope)
    elif kind == "spread_element":
        spread(out, ev.eval(children(member)[0], scope))
    elif kind == "method_definition":
        key = field(member, "name")
        if not _is_accessor(member):
            _define(ev, out, key, scope, Closure(ev, member, scope))
            return
        try:
            there = out.props.get(property_key(ev, key, scope))
        except Unresolved:
            there = None
        _define(ev, out, key, scope, _accessor(ev, member, there, out, scope))


def _accessor(ev: Evaluator, member: Node, there: Value, out: JSObject, scope: Scope) -> Accessor:
    closure = Closure(ev, member, scope)
    if has_keyword(member, "get"):
        return Accessor(lambda: closure.call([], out), closure)
    return there if isinstance(there, Accessor) else Accessor(lambda: UNDEFINED, closure)


def _define(ev: Evaluator, out: JSObject, key: Node, scope: Scope, value: Value) -> None:
    try:
        name = property_key(ev, key, scope)
        out.props[name] = value
        if name == "__proto__":
            out.spoil(Unknown("prototypes are not evaluated", scope.file.where(key)))
    except Unresolved as signal:
        cause = signal.cause
        out.spoil(cause if cause.where else Unknown(cause.reason, scope.file.where(key)))


def spread(out: JSObject, value: Value) -> None:
    """Copy a value's own properties into an object, as `{...value}` does."""
    if isinstance(value, Unknown):
        out.spoil(value)
        return
    if is_nullish(value) or isinstance(value, bool | int | float):
        return
    if isinstance(value, JSObject):
        if value.taint is not None:
            out.spoil(value.taint)
        for name in value.keys():  # noqa: SIM118 - keys() orders them
            out.props[name] = value.get(name)
        return
    if isinstance(value, str | JSArray):
        for i, item in enumerate(iterate(value)):
            out.props[str(i)] = item
        return
    entries = getattr(value, "entries", None)
    if isinstance(value, Host) and callable(entries):
        for name, item in entries():
            out.props[name] = item
        return
    if isinstance(value, Function) and not isinstance(value, Native):
        out.props.update(value.own or {})
    elif not isinstance(value, Native):
        out.spoil(Unknown(f"the properties of a {type(value).__name__} are not modelled"))


LITERALS: dict[str, Expression] = {
    "string": _string,
    "number": _number,
    "regex": _regex,
    "template_string": _template,
    "array": _array,
    "object": _object,
    "true": lambda _e, _n, _s: True,
    "false": lambda _e, _n, _s: False,
    "null": lambda _e, _n, _s: None,
}
