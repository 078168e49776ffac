"""TypeScript types behind `$type<T>`, expanded to what they mean.

The result is JSON: `"string"`, `"number"`, `"boolean"`, `"bigint"`, `"null"`, `{"lit": v}`, `{"union": [...]}`,
`{"array": T}`, `{"tuple": [...]}`, `{"object": {key: {"type": T, "optional": true}}, "name": N, "index": T}`,
`{"ref": "Date"}`, and `{"unknown": true, "source": text}` for what cannot be resolved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from headgate.drizzle.ir import JSON
from headgate.drizzle.static.evaluator import Evaluator
from headgate.drizzle.static.interpreter import evaluator
from headgate.drizzle.static.literals import numeral, string
from headgate.drizzle.static.scope import Scope
from headgate.drizzle.static.syntax import children, field, has_keyword, shorten, text
from headgate.drizzle.static.type_algebra import (
    as_optional,
    intersect,
    is_unknown,
    keys_of,
    literal,
    lookup,
    merge_objects,
    pick,
    union,
    unknown,
    without,
)
from headgate.drizzle.static.values import UNDEFINED, JSArray, JSObject, Unknown, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.orm.builders import TypeNode

_DEPTH = 40
_PRIMITIVES = {"string", "number", "boolean", "bigint"}
_NOTHING = {"undefined": "undefined", "void": "undefined", "null": "null"}
_REFERENCES = {"Date", "Buffer", "Uint8Array", "ArrayBuffer"}
_TRANSPARENT = {"Readonly", "Awaited", "NoInfer"}

Expand: TypeAlias = "Callable[[_Expander, Node, Scope], JSON]"


def expand(of: TypeNode) -> JSON:
    """Return what a type means."""
    expander = _Expander()
    out = expander.expand(of.node, of.scope)
    if of.member is not None:
        return lookup(out, {"lit": of.member}) or unknown(shorten(text(of.node)))
    return out


class _Expander:
    def __init__(self) -> None:
        self._stack: list[tuple[int, str]] = []
        self.evaluator: Evaluator = evaluator()

    def expand(self, node: Node, scope: Scope) -> JSON:
        handler = _HANDLERS.get(node.type)
        if handler is None or len(self._stack) > _DEPTH:
            return unknown(shorten(text(node)))
        return handler(self, node, scope)

    def named(self, name: str, arguments: list[Node], node: Node, scope: Scope) -> JSON:
        """Return what a type name means."""
        found = scope.find_type(name)
        if found is None:
            return self._built_in(name, arguments, node, scope)
        declaration, home = found
        if not declaration.type.endswith("_declaration"):
            return self.expand(declaration, home)
        key = (declaration.id, " ".join(text(a) for a in arguments))
        if key in self._stack:
            return {"ref": name}
        self._stack.append(key)
        try:
            return self._declared(name, declaration, self._with_arguments(declaration, arguments, home, scope))
        finally:
            self._stack.pop()

    def _with_arguments(self, declaration: Node, arguments: list[Node], home: Scope, scope: Scope) -> Scope:
        parameters = declaration.child_by_field_name("type_parameters")
        if parameters is None:
            return home
        inner = Scope(home.file, home)
        for i, parameter in enumerate(children(parameters)):
            default = parameter.child_by_field_name("value")
            if i < len(arguments):
                inner.types[text(field(parameter, "name"))] = (arguments[i], scope)
            elif default is not None:
                inner.types[text(field(parameter, "name"))] = (children(default)[0], inner)
        return inner

    def _declared(self, name: str, declaration: Node, scope: Scope) -> JSON:
        if declaration.type == "type_alias_declaration":
            out = self.expand(field(declaration, "value"), scope)
        elif declaration.type == "interface_declaration":
            out = self._interface(declaration, scope)
        elif declaration.type == "enum_declaration":
            return _of_enum(self.evaluator.eval_name(name, scope))
        else:
            return unknown(name)
        if isinstance(out, dict) and "object" in out and "name" not in out:
            return {**out, "name": name}
        return out

    def _interface(self, declaration: Node, scope: Scope) -> JSON:
        parts: list[JSON] = []
        for clause in children(declaration):
            if clause.type == "extends_type_clause":
                parts += [self.expand(parent, scope) for parent in clause.children_by_field_name("type")]
        own = self.expand(field(declaration, "body"), scope)
        for parent in parts:
            if isinstance(parent, dict) and parent.get("unknown"):
                return parent
        return merge_objects([*parts, own]) if parts else own

    def _built_in(self, name: str, arguments: list[Node], node: Node, scope: Scope) -> JSON:
        if name in _REFERENCES:
            return {"ref": name}
        if name in _TRANSPARENT and arguments:
            return self.expand(arguments[0], scope)
        handler = _UTILITIES.get(name)
        if handler is None or not arguments:
            return unknown(shorten(text(node)))
        return handler([self.expand(argument, scope) for argument in arguments])


def _record(arguments: list[JSON]) -> JSON:
    keys, value = arguments[0], arguments[1] if len(arguments) > 1 else unknown("Record")
    names = keys_of(keys)
    if names is None:
        return {"object": {}, "name": "Record", "index": value}
    return {"object": {name: {"type": value} for name in names}}


_UTILITIES: dict[str, Callable[[list[JSON]], JSON]] = {
    "Array": lambda a: {"array": a[0]},
    "ReadonlyArray": lambda a: {"array": a[0]},
    "Set": lambda _a: unknown("Set"),
    "Record": _record,
    "Partial": lambda a: as_optional(a[0], optional=True),
    "Required": lambda a: as_optional(a[0], optional=False),
    "NonNullable": lambda a: without(a[0], ["null", "undefined"]),
    "Exclude": lambda a: without(a[0], a[1]["union"] if isinstance(a[1], dict) and "union" in a[1] else [a[1]]),  # type: ignore[arg-type]
    "Extract": lambda _a: unknown("Extract"),
    "Pick": lambda a: pick(a[0], a[1], keep=True),
    "Omit": lambda a: pick(a[0], a[1], keep=False),
}


def _predefined(_x: _Expander, node: Node, _scope: Scope) -> JSON:
    name = text(node)
    if name in _PRIMITIVES:
        return name
    return _NOTHING.get(name) or unknown(name)


def _name(x: _Expander, node: Node, scope: Scope) -> JSON:
    return x.named(text(node), [], node, scope)


def _generic(x: _Expander, node: Node, scope: Scope) -> JSON:
    return x.named(text(field(node, "name")), children(field(node, "type_arguments")), node, scope)


def _union(x: _Expander, node: Node, scope: Scope) -> JSON:
    return union([x.expand(child, scope) for child in children(node)])


def _intersection(x: _Expander, node: Node, scope: Scope) -> JSON:
    return intersect([x.expand(child, scope) for child in children(node)], shorten(text(node)))


def _array(x: _Expander, node: Node, scope: Scope) -> JSON:
    return {"array": x.expand(children(node)[0], scope)}


def _inner(x: _Expander, node: Node, scope: Scope) -> JSON:
    return x.expand(children(node)[0], scope)


def _tuple(x: _Expander, node: Node, scope: Scope) -> JSON:
    items: list[JSON] = []
    for child in children(node):
        if child.type in {"rest_type", "optional_type", "optional_parameter"} or "..." in text(child)[:3]:
            members = [x.expand(_member_type(c), scope) for c in children(node)]
            flat = [m["array"] if isinstance(m, dict) and "array" in m else m for m in members]
            return {"array": union(flat)}
        items.append(x.expand(_member_type(child), scope))
    return {"tuple": items}


def _member_type(node: Node) -> Node:
    annotation = node.child_by_field_name("type")
    if annotation is not None and annotation.type == "type_annotation":
        return children(annotation)[0]
    return children(node)[0] if node.type in {"rest_type", "optional_type"} else node


def _object(x: _Expander, node: Node, scope: Scope) -> JSON:
    members: dict[str, JSON] = {}
    out: dict[str, JSON] = {"object": members}
    for child in children(node):
        if child.type == "property_signature":
            annotation = child.child_by_field_name("type")
            key = field(child, "name")
            name = string(key) if key.type == "string" else text(key)
            member: dict[str, JSON] = {
                "type": x.expand(children(annotation)[0], scope) if annotation else unknown("any")
            }
            if has_keyword(child, "?"):
                member["optional"] = True
            members[name] = member
        elif child.type == "index_signature":
            _index(x, child, scope, out)
    return out


def _index(x: _Expander, node: Node, scope: Scope, out: dict[str, JSON]) -> None:
    annotation = field(node, "type")
    value = x.expand(children(annotation)[0], scope)
    clause = next((child for child in children(node) if child.type == "mapped_type_clause"), None)
    names = keys_of(x.expand(field(clause, "type"), scope)) if clause is not None else None
    if names is None:
        out["index"] = value
        return
    optional = annotation.type == "opting_type_annotation"
    members = out["object"]
    assert isinstance(members, dict)  # noqa: S101 - told to the type checker
    for name in names:
        members[name] = {"type": value, "optional": True} if optional else {"type": value}


def _literal(_x: _Expander, node: Node, _scope: Scope) -> JSON:
    inner = children(node)[0]
    raw = text(inner)
    if inner.type == "string":
        return {"lit": string(inner)}
    if raw in _NOTHING:
        return _NOTHING[raw]
    if raw in {"true", "false"}:
        return {"lit": raw == "true"}
    sign = -1 if raw.startswith("-") else 1
    value = numeral(raw.lstrip("-"))
    return {"lit": sign * value} if isinstance(value, int | float) else unknown(raw)


def _lookup(x: _Expander, node: Node, scope: Scope) -> JSON:
    owner, key = children(node)
    return lookup(x.expand(owner, scope), x.expand(key, scope)) or unknown(shorten(text(node)))


def _keyof(x: _Expander, node: Node, scope: Scope) -> JSON:
    of = x.expand(children(node)[0], scope)
    if isinstance(of, dict) and isinstance(of.get("object"), dict) and "index" not in of:
        return union([{"lit": name} for name in of["object"]])  # type: ignore[union-attr]
    return unknown(shorten(text(node))) if is_unknown(of) or not isinstance(of, dict) else "string"


def _typeof(x: _Expander, node: Node, scope: Scope) -> JSON:
    return _of_value(x.evaluator.eval(children(node)[0], scope)) or unknown(shorten(text(node)))


def _of_value(value: Value) -> JSON:
    """Return the type of a constant."""
    if value is None:
        return "null"
    if isinstance(value, str | bool | int | float):
        return literal(value)
    if isinstance(value, JSArray) and value.taint is None:
        items = [_of_value(item) for item in value]
        return {"tuple": items} if all(item is not None for item in items) else None
    if isinstance(value, JSObject) and value.taint is None:
        members = {key: _of_value(item) for key, item in value.entries()}
        return {"object": {key: {"type": item or unknown(key)} for key, item in members.items()}}
    return None


def _of_enum(value: Value) -> JSON:
    if not isinstance(value, JSObject) or value.taint is not None:
        return unknown("enum")
    reverse = {str(v) for v in value.props.values() if isinstance(v, int)}
    values = [v for k, v in value.props.items() if k not in reverse]
    if any(isinstance(v, Unknown) or v is UNDEFINED for v in values):
        return unknown("enum")
    return union([{"lit": v} for v in values if isinstance(v, str | int | float)])


_HANDLERS: dict[str, Expand] = {
    "predefined_type": _predefined,
    "type_identifier": _name,
    "identifier": _name,
    "nested_type_identifier": _name,
    "generic_type": _generic,
    "union_type": _union,
    "intersection_type": _intersection,
    "array_type": _array,
    "readonly_type": _inner,
    "parenthesized_type": _inner,
    "optional_type": _inner,
    "tuple_type": _tuple,
    "object_type": _object,
    "interface_body": _object,
    "literal_type": _literal,
    "template_literal_type": lambda _x, _n, _s: "string",
    "lookup_type": _lookup,
    "index_type_query": _keyof,
    "type_query": _typeof,
}
