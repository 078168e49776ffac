"""Names and what they are bound to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from headgate.drizzle.static.values import UNDEFINED, Unknown, Unresolved, Value

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.syntax import SourceFile


class Uninitialised:
    """Marks a binding whose declaration has not run yet."""


UNINITIALISED = Uninitialised()


class TypeSource(Protocol):
    """Where a scope's types come from: its module."""

    def find_type(self, name: str) -> tuple[Node, Scope] | None:
        """Return the declaration of a type, and the scope it stands in."""
        ...

    def imported(self, name: str) -> Value | Uninitialised:
        """Return the value of a name that the module imports."""
        ...


class Scope:
    """A lexical scope.

    Args:
        file: The file the code is in, for places and types.
        parent: The enclosing scope.
        late: Asked for a name this scope does not hold (a module's imports and pending declarations).
    """

    __slots__ = ("file", "function_level", "late", "names", "owner", "parent", "this", "types")

    def __init__(
        self, file: SourceFile, parent: Scope | None = None, late: Callable[[str], Value | Uninitialised] | None = None
    ) -> None:
        self.file = file
        self.parent = parent
        self.late = late
        self.names: dict[str, Value | Uninitialised] = {}
        self.types: dict[str, tuple[Node, Scope]] = {}
        self.this: Value = parent.this if parent is not None else UNDEFINED
        self.function_level = parent is None
        self.owner: TypeSource | None = None

    def lookup(self, name: str) -> Value:
        """Return the value of a name.

        Raises:
            Unresolved: If the name is not bound, or not yet.
        """
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name, UNINITIALISED)
            if not isinstance(value, Uninitialised):
                return value
            if scope.late is not None:
                value = scope.late(name)
                if not isinstance(value, Uninitialised):
                    return value
            elif name in scope.names:
                raise Unresolved(Unknown(f"'{name}' is used before it is declared"))
            scope = scope.parent
        raise Unresolved(Unknown(f"'{name}' is not defined"))

    def present(self, name: str) -> Value | Uninitialised:
        """Return the value of a name, without running what would still have to be run for it.

        Raises:
            Unresolved: If it is imported from where it cannot be read.
        """
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name, UNINITIALISED)
            if not isinstance(value, Uninitialised):
                return value
            if scope.owner is not None:
                return scope.owner.imported(name)
            scope = scope.parent
        return UNINITIALISED

    def holder(self, name: str) -> Scope | None:
        """Return the scope that binds a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.parent
        return None

    def function_scope(self) -> Scope:
        """Return the scope of the function or module around, where `var` declares."""
        scope = self
        while not scope.function_level and scope.parent is not None:
            scope = scope.parent
        return scope

    def assign(self, name: str, value: Value) -> None:
        """Give an existing name a new value.

        Raises:
            Unresolved: If the name is not bound.
        """
        scope = self.holder(name)
        if scope is None:
            raise Unresolved(Unknown(f"'{name}' is not defined"))
        scope.names[name] = value

    def find_type(self, name: str) -> tuple[Node, Scope] | None:
        """Return what a type name stands for: a type argument of a call, or a declaration of the module."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.types:
                return scope.types[name]
            if scope.owner is not None:
                return scope.owner.find_type(name)
            scope = scope.parent
        return None
