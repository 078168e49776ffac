"""`relations(table, ({ one, many }) => ({...}))`."""

from __future__ import annotations

from headgate.drizzle.static.values import Function, Host, JSObject, Native, Unknown, Unresolved, Value, arg, known


class Relation(Host):
    """One relation.

    Args:
        kind: `one` or `many`.
        target: The other table.
        config: Fields, references and name.
    """

    def __init__(self, kind: str, target: Value, config: Value) -> None:
        self.kind = kind
        self.target = target
        self.config = config


class Relations(Host):
    """The relations of a table, evaluated once all tables exist."""

    def __init__(self, table: Value, config: Value) -> None:
        self.table = table
        self._config = config

    def entries(self) -> list[tuple[str, Value]]:
        """Return the relations by key.

        Raises:
            Unresolved: If the object of relations is not known.
        """
        function = known(self._config)
        if not isinstance(function, Function):
            raise Unresolved(Unknown("relations() needs a function"))
        helpers = JSObject({kind: _helper(kind) for kind in ("one", "many")})
        found = known(function.call([helpers]))
        if not isinstance(found, JSObject):
            raise Unresolved(Unknown("the function of relations() returns no object"))
        if found.taint is not None:
            raise Unresolved(found.taint)
        return found.entries()


def _helper(kind: str) -> Native:
    return Native(kind, lambda args: Relation(kind, arg(args, 0), arg(args, 1)))


def _relations(args: list[Value]) -> Value:
    return Relations(arg(args, 0), arg(args, 1))


RELATIONS: dict[str, Value] = {"relations": Native("relations", _relations)}
