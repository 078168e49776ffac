"""Recognising the well-known functions behind `$defaultFn`, which have a twin in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.drizzle.static.functions import Closure
from headgate.drizzle.static.syntax import children, field, text
from headgate.drizzle.static.values import Foreign, Unresolved, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.scope import Scope

_DEPTH = 4
_PACKAGES: Final = {
    ("nanoid", "nanoid"): "nanoid",
    ("nanoid/non-secure", "nanoid"): "nanoid",
    ("@paralleldrive/cuid2", "createId"): "cuid2",
    ("cuid", "default"): "cuid",
    ("ulid", "ulid"): "ulid",
    ("ulidx", "ulid"): "ulid",
    ("uuid", "v4"): "uuid4",
    ("uuid", "v7"): "uuid7",
    ("uuidv7", "uuidv7"): "uuid7",
    ("crypto", "randomUUID"): "uuid4",
    ("node:crypto", "randomUUID"): "uuid4",
}


def factory_of(value: Value) -> str | None:
    """Return the name of the well-known function a default comes from.

    Returns:
        `nanoid`, `cuid`, `cuid2`, `ulid`, `uuid4`, `uuid7` or `now`; `None` for any other.
    """
    return _of_value(value, _DEPTH)


def _of_value(value: Value, depth: int) -> str | None:
    if isinstance(value, Foreign):
        return _PACKAGES.get((value.specifier, value.name))
    if not isinstance(value, Closure) or depth == 0:
        return None
    body = field(value.node, "body")
    if body.type == "statement_block":
        statements = children(body)
        if len(statements) != 1 or statements[0].type != "return_statement" or not children(statements[0]):
            return None
        body = children(statements[0])[0]
    return _of_expression(body, value.scope, depth)


def _of_expression(node: Node, scope: Scope, depth: int) -> str | None:
    while node.type in {"parenthesized_expression", "as_expression", "non_null_expression"}:
        node = children(node)[0]
    if node.type == "new_expression":
        arguments = node.child_by_field_name("arguments")
        plain = arguments is None or not children(arguments)
        return "now" if plain and text(field(node, "constructor")) == "Date" else None
    if node.type != "call_expression" or field(node, "arguments").type != "arguments":
        return None
    callee = field(node, "function")
    if text(callee) in {"crypto.randomUUID", "globalThis.crypto.randomUUID"}:
        return "uuid4"
    if children(field(node, "arguments")):
        return None
    return _of_callee(callee, scope, depth)


def _of_callee(callee: Node, scope: Scope, depth: int) -> str | None:
    try:
        if callee.type == "identifier":
            return _of_value(scope.lookup(text(callee)), depth - 1)
        if callee.type == "member_expression":
            owner = scope.lookup(text(field(callee, "object")))
            if isinstance(owner, Foreign):
                return _PACKAGES.get((owner.specifier, text(field(callee, "property"))))
    except Unresolved:
        return None
    return None
