"""Keys, uniques, indexes, checks and policies of the extra configuration of a table."""

from __future__ import annotations

from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Host,
    JSArray,
    JSObject,
    Native,
    Unknown,
    Value,
    arg,
    known,
    prop,
)


class Index(Host):
    """`index('name').on(...)`."""

    changeable = True

    def __init__(self, name: Value, *, unique: bool) -> None:
        self.name = name
        self.unique = unique
        self.columns: list[Value] | None = None
        self.method: Value = UNDEFINED
        self.condition: Value = UNDEFINED

    def get(self, name: str) -> Value:
        """Return a method of the index builder."""
        if name in {"on", "onOnly"}:
            return Native(name, self._on)
        if name == "using" and self.columns is None:
            return Native(name, self._using)
        if name == "where":
            return Native(name, self._where)
        return Native(name, lambda _args: self)

    def _on(self, args: list[Value]) -> Value:
        self.columns = list(args)
        return self

    def _using(self, args: list[Value]) -> Value:
        self.method = arg(args, 0)
        self.columns = list(args[1:])
        return self

    def _where(self, args: list[Value]) -> Value:
        self.condition = arg(args, 0)
        return self


class Unique(Host):
    """`unique('name').on(...)`."""

    changeable = True

    def __init__(self, name: Value) -> None:
        self.name = name
        self.columns: list[Value] | None = None
        self.nulls_not_distinct = False

    def get(self, name: str) -> Value:
        """Return a method of the builder."""
        if name == "on":
            return Native(name, self._on)
        if name == "nullsNotDistinct":
            return Native(name, self._nulls)
        return Unknown(f"the method '{name}' of unique() is not modelled")

    def _on(self, args: list[Value]) -> Value:
        self.columns = list(args)
        return self

    def _nulls(self, _args: list[Value]) -> Value:
        self.nulls_not_distinct = True
        return self


class PrimaryKey(Host):
    """`primaryKey({ columns: [...] })`."""

    def __init__(self, columns: Value, name: Value) -> None:
        self.columns = columns
        self.name = name


class ForeignKey(Host):
    """`foreignKey({ columns, foreignColumns })`."""

    changeable = True

    def __init__(self, config: Value) -> None:
        self.config = config
        self.on_delete: Value = UNDEFINED
        self.on_update: Value = UNDEFINED

    def get(self, name: str) -> Value:
        """Return a method of the builder."""
        if name in {"onDelete", "onUpdate"}:
            return Native(name, lambda args: self._action(name, arg(args, 0)))
        return Unknown(f"the method '{name}' of foreignKey() is not modelled")

    def _action(self, name: str, action: Value) -> Value:
        if name == "onDelete":
            self.on_delete = action
        else:
            self.on_update = action
        return self


class Check(Host):
    """`check('name', sql)`."""

    def __init__(self, name: Value, value: Value) -> None:
        self.name = name
        self.value = value


class Policy(Host):
    """`pgPolicy('name', {...})`, kept with what a dump shows of it."""

    def __init__(self, name: Value, config: Value) -> None:
        self.name = name
        self.config = config

    def get(self, name: str) -> Value:
        """Return a method of the policy."""
        if name == "link":
            return Native(name, lambda _args: self)
        return self.name if name == "name" else super().get(name)


def _primary_key(args: list[Value]) -> Value:
    first = known(arg(args, 0))
    columns = prop(first, "columns")
    if columns is not UNDEFINED:
        return PrimaryKey(columns, prop(first, "name"))
    return PrimaryKey(JSArray(args), UNDEFINED)


def _foreign_key(args: list[Value]) -> Value:
    config = known(arg(args, 0))
    return ForeignKey(config.call([]) if isinstance(config, Function) else config)


CONSTRAINTS: dict[str, Value] = {
    "index": Native("index", lambda args: Index(arg(args, 0), unique=False)),
    "uniqueIndex": Native("uniqueIndex", lambda args: Index(arg(args, 0), unique=True)),
    "unique": Native("unique", lambda args: Unique(arg(args, 0))),
    "primaryKey": Native("primaryKey", _primary_key),
    "foreignKey": Native("foreignKey", _foreign_key),
    "check": Native("check", lambda args: Check(arg(args, 0), arg(args, 1))),
    "pgPolicy": Native("pgPolicy", lambda args: Policy(arg(args, 0), arg(args, 1))),
}


def flatten(extra: Value) -> list[Value]:
    """Return the builders of an extra configuration, given as list or as object.

    Raises:
        Unresolved: If it is not known as a whole.
    """
    extra = known(extra)
    if isinstance(extra, JSObject):
        rest: list[Value] = [] if extra.taint is None else [extra.taint]
        return [value for _key, value in extra.entries()] + rest
    if not isinstance(extra, JSArray):
        return []
    out: list[Value] = []
    for item in extra.items():
        out.extend(item.items() if isinstance(item, JSArray) else [item])
    return out
