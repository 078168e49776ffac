"""Objects given to functions whose code is not at hand: they may come back changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.drizzle.static.functions import spoil_written
from headgate.drizzle.static.syntax import children
from headgate.drizzle.static.values import Foreign, Host, JSArray, JSObject, Unknown, Unresolved, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator
    from headgate.drizzle.static.scope import Scope

_PURE = {
    "@paralleldrive/cuid2", "@sinclair/typebox", "@t3-oss/env-core", "@t3-oss/env-nextjs", "arktype", "cuid",
    "date-fns", "dayjs", "drizzle-arktype", "drizzle-graphql", "drizzle-orm", "drizzle-typebox", "drizzle-valibot",
    "drizzle-zod", "effect", "joi", "nanoid", "node:crypto", "crypto", "typebox", "typeid-js", "ulid", "ulidx",
    "uuid", "uuidv7", "valibot", "yup", "zod",
}  # fmt: skip
"""Packages that schemas use and that change nothing they are given: validators, makers of ids, dates."""


def spoil_given(ev: Evaluator, target: Unknown, arguments: Node, scope: Scope) -> None:
    """Forget the objects that an unknown function is given, and what its callbacks would write to.

    What is read-only (``as const``) and what packages known for it leave alone stays known.
    """
    if arguments.type != "arguments" or (isinstance(target, Foreign) and _package(target.specifier) in _PURE):
        return
    spoil_written(arguments, scope, target)
    for node in children(arguments):
        try:
            value = ev.eval(children(node)[0] if node.type == "spread_element" else node, scope)
        except Unresolved:
            continue
        _spoil(value, target, set())


def _spoil(value: Value, cause: Unknown, seen: set[int]) -> None:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, JSObject):
        parts = list(value.props.values())
        if not value.readonly:
            value.spoil(cause)
    elif isinstance(value, JSArray):
        parts = list(value)
        if not value.readonly:
            value.taint = cause
    else:
        if isinstance(value, Host):
            value.spoil(cause)
        return
    for part in parts:
        _spoil(part, cause, seen)


def _package(specifier: str) -> str:
    """Return the name of the package that an import names."""
    return "/".join(specifier.split("/")[: 2 if specifier.startswith("@") else 1])
