"""Column builders: the chain `text('name').notNull().default('x')`, step by step as drizzle-orm takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from headgate.drizzle.static.orm.sql import SQL, Raw
from headgate.drizzle.static.values import (
    UNDEFINED,
    Host,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
    prop,
    truthy,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.scope import Scope

Config: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Spec:
    """What makes a kind of column.

    Args:
        dialect: `pg`, `mysql` or `sqlite`.
        column_type: drizzle-orm's class name (`PgVarchar`).
        data_type: Its JavaScript type (`string`).
        sql_type: The SQL type, from the column's configuration.
        facts: The configuration that drizzle-orm shows as properties of the column, in its order.
        abilities: Extra methods: `identity`, `now`, `random`, `autoincrement`, `integer-key`, `epoch`.
    """

    dialect: str
    column_type: str
    data_type: str
    sql_type: Callable[[Config], str]
    facts: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()


@dataclass(slots=True)
class Reference:
    """A `.references(() => other.id, actions)`.

    Args:
        column: The function that returns the column.
        on_delete: Its action, `undefined` if none.
        on_update: Its action, `undefined` if none.
    """

    column: Value
    on_delete: Value
    on_update: Value


@dataclass(slots=True)
class TypeNode:
    """A TypeScript type in the sources, for `$type<T>`."""

    node: Node
    scope: Scope
    member: str | None = None


class ColumnBuilder(Host):
    """A column builder; mutable and shared, exactly as in drizzle-orm.

    Args:
        spec: The kind of column.
        name: The name given, `""` for none.
        config: Further configuration of the kind.
    """

    changeable = True

    def __init__(self, spec: Spec, name: Value, config: Config | None = None) -> None:
        self.spec = spec
        self.config: Config = {
            "name": name,
            "keyAsName": name == "",
            "notNull": False,
            "hasDefault": False,
            "primaryKey": False,
            "isUnique": False,
            **(config or {}),
        }
        self.references: list[Reference] = []
        self.type: TypeNode | None = None
        self.base: ColumnBuilder | None = None
        self.broken: Unknown | None = None

    def get(self, name: str) -> Value:
        """Return a method of the builder."""
        for ability in self.spec.abilities:
            special = _ABILITIES[ability].get(name)
            if special is not None:
                return self._method(name, special)
        common = _METHODS.get(name)
        if common is not None:
            return self._method(name, common)
        if name == "$type":
            return _TypeMethod(self)
        if name == "array" and self.spec.dialect == "pg":
            return Native(name, self._array)
        return Unknown(f"drizzle-orm's {self.spec.column_type} has no method '{name}'")

    def _method(self, name: str, run: Callable[[ColumnBuilder, list[Value]], Value]) -> Value:
        return Native(name, lambda args: run(self, args))

    def spoil(self, cause: Unknown) -> None:
        """Note that code which could not be executed changes this builder."""
        self.broken = cause

    def set_name(self, key: str) -> None:
        """Take the key as name, unless there is one."""
        if self.config["name"] == "":
            self.config["name"] = key

    def _array(self, args: list[Value]) -> Value:
        size = arg(args, 0)
        out = ColumnBuilder(ARRAY, self.config["name"], {"size": size})
        out.base = self
        out.broken = self.broken
        return out


class _TypeMethod(Native):
    """`$type<T>()`, which needs its type argument."""

    def __init__(self, builder: ColumnBuilder) -> None:
        super().__init__("$type", lambda _args: builder)
        self._builder = builder

    def call_with_types(self, _args: list[Value], types: list[Node], scope: Scope) -> Value:
        self._builder.type = TypeNode(types[0], scope)
        return self._builder


def _array_type(config: Config) -> str:
    raise NotImplementedError(config)  # pragma: no cover - arrays are named by their base, in describe


ARRAY = Spec("pg", "PgArray", "array", _array_type)


def _set(builder: ColumnBuilder, **config: Value) -> Value:
    builder.config.update(config)
    return builder


def _default(builder: ColumnBuilder, args: list[Value]) -> Value:
    return _set(builder, default=arg(args, 0), hasDefault=True)


def _default_fn(builder: ColumnBuilder, args: list[Value]) -> Value:
    return _set(builder, defaultFn=arg(args, 0), hasDefault=True)


def _on_update_fn(builder: ColumnBuilder, args: list[Value]) -> Value:
    return _set(builder, onUpdateFn=arg(args, 0), hasDefault=True)


def _references(builder: ColumnBuilder, args: list[Value]) -> Value:
    actions = arg(args, 1)
    on_delete = actions if isinstance(actions, Unknown) else prop(actions, "onDelete")
    on_update = actions if isinstance(actions, Unknown) else prop(actions, "onUpdate")
    builder.references.append(Reference(arg(args, 0), on_delete, on_update))
    return builder


def _unique(builder: ColumnBuilder, args: list[Value]) -> Value:
    nulls = UNDEFINED
    if builder.spec.dialect == "pg" and len(args) > 1:
        options = args[1]
        nulls = options if isinstance(options, Unknown) else prop(options, "nulls")  # type: ignore[assignment]
    return _set(builder, isUnique=True, uniqueName=arg(args, 0), uniqueType=nulls)


def _generated(builder: ColumnBuilder, args: list[Value]) -> Value:
    mode: Value = "stored"
    if builder.spec.dialect != "pg":
        options = arg(args, 1)
        mode = options if isinstance(options, Unknown) else prop(options, "mode")
        mode = "virtual" if mode is UNDEFINED else mode
    return _set(builder, generated=JSObject({"as": arg(args, 0), "type": "always", "mode": mode}))


def _primary_key(builder: ColumnBuilder, _args: list[Value]) -> Value:
    return _set(builder, primaryKey=True, notNull=True)


_METHODS: dict[str, Callable[[ColumnBuilder, list[Value]], Value]] = {
    "notNull": lambda b, _a: _set(b, notNull=True),
    "default": _default,
    "$defaultFn": _default_fn,
    "$default": _default_fn,
    "$onUpdateFn": _on_update_fn,
    "$onUpdate": _on_update_fn,
    "primaryKey": _primary_key,
    "references": _references,
    "unique": _unique,
    "generatedAlwaysAs": _generated,
}


def _identity(kind: str) -> Callable[[ColumnBuilder, list[Value]], Value]:
    def run(builder: ColumnBuilder, args: list[Value]) -> Value:
        identity: dict[str, Value] = {"type": kind}
        options = known(arg(args, 0))
        if isinstance(options, JSObject):
            identity["sequenceName"] = options.get("name")
            identity["sequenceOptions"] = JSObject({k: v for k, v in options.entries() if k != "name"}, options.taint)
        return _set(builder, generatedIdentity=JSObject(identity), hasDefault=True, notNull=True)

    return run


def _sql_default(text: str) -> Callable[[ColumnBuilder, list[Value]], Value]:
    return lambda builder, _args: _set(builder, default=SQL([Raw(text)]), hasDefault=True)


def _integer_key(builder: ColumnBuilder, args: list[Value]) -> Value:
    options = arg(args, 0)
    if truthy(prop(options, "autoIncrement")):
        builder.config["autoIncrement"] = True
    return _set(builder, hasDefault=True, primaryKey=True, notNull=True)


_ABILITIES: dict[str, dict[str, Callable[[ColumnBuilder, list[Value]], Value]]] = {
    "identity": {
        "generatedAlwaysAsIdentity": _identity("always"),
        "generatedByDefaultAsIdentity": _identity("byDefault"),
    },
    "now": {"defaultNow": _sql_default("now()")},
    "mysql-now": {
        "defaultNow": _sql_default("(now())"),
        "onUpdateNow": lambda b, _a: _set(b, hasOnUpdateNow=True, hasDefault=True),
    },
    "random": {"defaultRandom": _sql_default("gen_random_uuid()")},
    "autoincrement": {"autoincrement": lambda b, _a: _set(b, autoIncrement=True, hasDefault=True)},
    "integer-key": {"primaryKey": _integer_key},
    "epoch": {"defaultNow": _sql_default("(cast((julianday('now') - 2440587.5)*86400000 as integer))")},
}


def name_and_config(args: list[Value]) -> tuple[Value, Value]:
    """Return the name and the options of a column function, whichever were given."""
    first = arg(args, 0)
    if isinstance(first, Unknown):
        return first, arg(args, 1)
    name = first if isinstance(first, str) else ""
    return name, first if isinstance(first, JSObject) or first is None else arg(args, 1)


def options_of(config: Value, *names: str) -> Config:
    """Return options of a column as its configuration; an unknown one stays unknown."""
    if isinstance(config, Unknown):
        return dict.fromkeys(names, config)
    return {name: prop(config, name) for name in names}


def with_data_type(spec: Spec, column_type: str, data_type: str) -> Spec:
    """Return a variant of a kind (`PgNumeric` as `PgNumericNumber`)."""
    return replace(spec, column_type=column_type, data_type=data_type)


def required(config: Value, kind: str) -> Value:
    """Return options that drizzle-orm reads without asking.

    Raises:
        Unresolved: If there are none: drizzle-orm throws there.
    """
    if config is UNDEFINED or config is None:
        raise Unresolved(Unknown(f"drizzle-orm's {kind} needs its options"))
    return known(config)
