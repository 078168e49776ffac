"""What code that could not be followed may have changed, and forgetting it.

A statement whose condition is unknown is not run, a function that cannot be followed stops half-way, and the code of a
package is not at hand. What such code may write to is no longer known. Plain writes are told by the name they begin
with. A write through a name of the skipped code's own could reach anything that the code mentions, so all of that goes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from headgate.drizzle.static.functions import Closure, pattern_names
from headgate.drizzle.static.scope import Scope, Uninitialised
from headgate.drizzle.static.syntax import children, field, has_keyword, text
from headgate.drizzle.static.values import (
    Accessor,
    Foreign,
    Host,
    JSArray,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

_PURE_PACKAGES: Final = {
    "@paralleldrive/cuid2", "@sinclair/typebox", "@t3-oss/env-core", "@t3-oss/env-nextjs", "arktype", "cuid",
    "date-fns", "dayjs", "drizzle-arktype", "drizzle-graphql", "drizzle-orm", "drizzle-typebox", "drizzle-valibot",
    "drizzle-zod", "effect", "joi", "nanoid", "node:crypto", "crypto", "typebox", "typeid-js", "ulid", "ulidx",
    "uuid", "uuidv7", "valibot", "yup", "zod",
}  # fmt: skip
"""Packages that schemas use and that change nothing they are given: validators, makers of ids, dates."""
_HARMLESS_GLOBALS: Final = {
    "Array", "BigInt", "Boolean", "Date", "Error", "Intl", "JSON", "Math", "Number", "Object", "Promise", "RangeError",
    "RegExp", "String", "Symbol", "TypeError", "URL", "clearTimeout", "console", "crypto", "decodeURIComponent",
    "encodeURIComponent", "isFinite", "isNaN", "parseFloat", "parseInt", "performance", "process", "require",
    "setTimeout", "structuredClone",
}  # fmt: skip
_WRITING_OBJECT_METHODS: Final = {"assign", "defineProperties", "defineProperty", "setPrototypeOf"}
READING: Final = frozenset({
    "at", "charAt", "concat", "endsWith", "entries", "every", "filter", "find", "findIndex", "findLast", "flat",
    "flatMap", "forEach", "get", "getTime", "has", "hasOwnProperty", "includes", "indexOf", "join", "keys",
    "lastIndexOf", "map", "match", "padEnd", "padStart", "reduce", "reduceRight", "repeat", "replace", "replaceAll",
    "slice", "some", "split", "startsWith", "substring", "test", "toFixed", "toISOString", "toLowerCase", "toReversed",
    "toSorted", "toString", "toUpperCase", "trim", "trimEnd", "trimStart", "values", "log", "warn", "error",
})  # fmt: skip
"""Methods that change nothing but what their callbacks change."""
_WRAPPERS: Final = {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}
_FRESH: Final = {"object", "array", "new_expression", "arrow_function", "function_expression"}


def is_pure(value: Value) -> bool:
    """Whether a value comes from a package that changes nothing it is given."""
    if not isinstance(value, Foreign):
        return False
    parts = value.specifier.split("/")
    return "/".join(parts[: 2 if value.specifier.startswith("@") else 1]) in _PURE_PACKAGES


def forget(node: Node, scope: Scope, cause: Unknown) -> Unknown:
    """Forget what skipped code may have written to.

    Returns:
        The cause, with the objects that the code's value may be: who writes into it writes into them.
    """
    skipped = _Skipped(cause)
    skipped.code(node, scope)
    skipped.forget()
    found = [value for value in skipped.mentioned if not isinstance(value, Closure)]
    return replace(cause, aliases=(*cause.aliases, *found)) if found else cause


def forget_given(values: Iterable[Value], cause: Unknown) -> None:
    """Forget the objects that an unknown function is given, and what their functions would write to."""
    skipped = _Skipped(cause)
    for value in values:
        skipped.mention(value)
        _spoil(value, cause, set())
    skipped.forget()


def forget_callbacks(values: Iterable[Value], cause: Unknown) -> None:
    """Forget what functions would write to that were given to a method which failed before or while calling them."""
    skipped = _Skipped(cause)
    for value in values:
        if isinstance(value, Closure | Unknown):
            skipped.mention(value)
            _spoil(value, cause, set())
    skipped.forget()


def forget_aliases(value: Value, cause: Unknown) -> None:
    """Forget the objects that an unknown value may be, after something was written into it."""
    if isinstance(value, Unknown):
        _spoil(value, cause, set())


class _Skipped:
    """Looks through code that is not run."""

    def __init__(self, cause: Unknown) -> None:
        self.mentioned: list[Value] = []
        self._cause = cause
        self._seen: set[int] = set()
        self._visited: set[tuple[int, int]] = set()
        self._wild = False

    def forget(self) -> None:
        """Forget all that was mentioned, if the code writes through names whose meaning is not known."""
        if self._wild:
            done: set[int] = set()
            for value in self.mentioned:
                _spoil(value, self._cause, done)

    def mention(self, value: Value) -> None:
        """Note a value that the code can reach; the code of functions is looked through as if it were called."""
        if id(value) in self._seen:
            return
        self._seen.add(id(value))
        if isinstance(value, Accessor) and value.closure is not None:
            value = value.closure
        if isinstance(value, Closure):
            self.mentioned.append(value)
            self.code(value.node, value.scope)
        elif isinstance(value, JSObject | JSArray | Host):
            self.mentioned.append(value)
            for part in _parts(value):
                self.mention(part)
        elif isinstance(value, Unknown):
            for part in value.aliases:
                self.mention(part)

    def code(self, node: Node, scope: Scope) -> None:
        """Look through code that would run in a scope."""
        if (node.id, id(scope)) in self._visited:
            return
        self._visited.add((node.id, id(scope)))
        own = _own_names(node)
        stack = [node]
        while stack:
            current = stack.pop()
            self._look(current, scope, own)
            stack.extend(current.named_children)

    def _look(self, node: Node, scope: Scope, own: dict[str, bool]) -> None:
        kind = node.type
        if kind in {"identifier", "shorthand_property_identifier"}:
            self.mention(_present(scope, text(node)))
        elif kind == "this":
            self.mention(scope.this)
        elif kind in {"assignment_expression", "augmented_assignment_expression"}:
            self._written(field(node, "left"), scope, own)
        elif kind == "update_expression" or (kind == "unary_expression" and has_keyword(node, "delete")):
            self._written(field(node, "argument"), scope, own)
        elif kind == "for_in_statement" and node.child_by_field_name("kind") is None:
            self._written(field(node, "left"), scope, own)
        elif kind == "call_expression":
            self._called(field(node, "function"), scope, own)
        elif kind == "new_expression":
            self._called(field(node, "constructor"), scope, own)

    def _written(self, target: Node, scope: Scope, own: dict[str, bool]) -> None:
        """Forget the target of an assignment."""
        target = _bare(target)
        if target.type == "identifier":
            holder = scope.holder(text(target))
            if holder is not None:
                holder.names[text(target)] = self._cause
        elif target.type in {"member_expression", "subscript_expression"}:
            self._changed(target, scope, own)
        elif target.type in {"object_pattern", "array_pattern", "rest_pattern"}:
            for part in children(target):
                self._written(part, scope, own)
        elif target.type == "pair_pattern":
            self._written(field(target, "value"), scope, own)
        elif target.type in {"assignment_pattern", "object_assignment_pattern"}:
            self._written(field(target, "left"), scope, own)
        elif target.type == "shorthand_property_identifier_pattern":
            holder = scope.holder(text(target))
            if holder is not None:
                holder.names[text(target)] = self._cause

    def _changed(self, path: Node, scope: Scope, own: dict[str, bool]) -> None:
        """Forget the object at the begin of a path, into which something is written."""
        depth, root = _root(path)
        if root.type == "identifier":
            name = text(root)
            value = _present(scope, name)
            if name in own:
                self._wild |= not (own[name] and depth == 1)
            elif isinstance(value, Uninitialised):
                self._wild |= name not in _HARMLESS_GLOBALS
            if name not in own or name in scope.names:
                _spoil(value, self._cause, set())
        else:
            self._wild = True
            if root.type == "this":
                _spoil(scope.this, self._cause, set())

    def _called(self, callee: Node, scope: Scope, own: dict[str, bool]) -> None:
        """Judge a call. What functions at hand do is found where they are mentioned."""
        callee = _bare(callee)
        _depth, root = _root(callee)
        while root.type == "call_expression":
            _depth, root = _root(field(root, "function"))
        name = text(root) if root.type == "identifier" else ""
        value = _present(scope, name) if name and name not in own else None
        if isinstance(value, Unknown):
            self._wild |= not is_pure(value)
        elif isinstance(value, Uninitialised):
            self._wild |= name not in _HARMLESS_GLOBALS or (
                name == "Object" and _method(callee) in _WRITING_OBJECT_METHODS
            )
            self._wild |= name == "Array" and _method(callee) not in {"from", "isArray", "of", ""}
        elif callee.type in {"member_expression", "subscript_expression"}:
            self._method(callee, value, scope, own)
        elif name in own or not name:
            inline = callee.type in {"arrow_function", "function_expression", "super"}
            self._wild |= not inline and not own.get(name, False)

    def _method(self, callee: Node, value: Value, scope: Scope, own: dict[str, bool]) -> None:
        """Judge the call of a method on something that is at hand, or on a name of the code's own."""
        if _method(callee) in READING:
            return
        if isinstance(value, JSObject):
            # its own functions are looked through where it is mentioned
            self._wild |= any(not isinstance(part, Closure | Native) for part in value.props.values())
            return
        package = isinstance(value, Host) and not value.changeable
        if not package and not isinstance(value, Native | Closure):
            self._changed(callee, scope, own)


def _parts(value: JSObject | JSArray | Host) -> list[Value]:
    if isinstance(value, JSObject):
        return list(value.props.values())
    return list(value) if isinstance(value, JSArray) else value.parts()


def _spoil(value: Value, cause: Unknown, done: set[int]) -> None:
    """Forget an object and all it is made of; what TypeScript lets nobody change stays."""
    if id(value) in done:
        return
    done.add(id(value))
    if isinstance(value, Unknown):
        for part in value.aliases:
            _spoil(part, cause, done)
    elif isinstance(value, JSObject | JSArray | Host):
        parts = _parts(value)
        if isinstance(value, JSArray):
            value.taint = value.taint if value.readonly else cause
        elif isinstance(value, Host) or not value.readonly:
            value.spoil(cause)
        for part in parts:
            _spoil(part, cause, done)


def _present(scope: Scope, name: str) -> Value | Uninitialised:
    """Return the value of a name, as far as it has one already."""
    try:
        return scope.present(name)
    except Unresolved as signal:
        return signal.cause


def _bare(node: Node) -> Node:
    while node.type in _WRAPPERS and children(node):
        node = children(node)[0]
    return node


def _root(path: Node) -> tuple[int, Node]:
    """Return how many steps a path has, and the expression it begins with."""
    depth = 0
    path = _bare(path)
    while path.type in {"member_expression", "subscript_expression"}:
        path = _bare(field(path, "object"))
        depth += 1
    return depth, path


def _method(callee: Node) -> str:
    return text(field(callee, "property")) if callee.type == "member_expression" else ""


def _own_names(node: Node) -> dict[str, bool]:
    """Return the names that code declares itself, and whether each is made fresh there."""
    out: dict[str, bool] = {}
    stack = [node]
    while stack:
        current = stack.pop()
        kind = current.type
        if kind == "variable_declarator":
            value = current.child_by_field_name("value")
            fresh = value is not None and _bare(value).type in _FRESH
            for name in pattern_names(field(current, "name")):
                out[name] = fresh and name not in out
        elif kind in {"required_parameter", "optional_parameter", "rest_pattern"}:
            pattern = current.child_by_field_name("pattern")
            for name in pattern_names(pattern) if pattern is not None else []:
                out[name] = False
        elif kind == "arrow_function" and current.child_by_field_name("parameter") is not None:
            out[text(field(current, "parameter"))] = False
        elif kind == "for_in_statement" and current.child_by_field_name("kind") is not None:
            out.update(dict.fromkeys(pattern_names(field(current, "left")), False))
        elif kind == "catch_clause" and current.child_by_field_name("parameter") is not None:
            out.update(dict.fromkeys(pattern_names(field(current, "parameter")), False))
        elif kind in {"function_declaration", "class_declaration"}:
            out[text(field(current, "name"))] = True
        stack.extend(current.named_children)
    return out
