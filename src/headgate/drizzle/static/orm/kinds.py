"""What the column functions of the three dialects share: making factories from tables of kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from headgate.drizzle.static.orm.builders import (
    ColumnBuilder,
    Config,
    Spec,
    TypeNode,
    name_and_config,
    options_of,
    required,
)
from headgate.drizzle.static.syntax import children, field, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Function,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    is_nullish,
    known,
    prop,
    to_string,
    truthy,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.scope import Scope


def option(config: Config, name: str) -> Value:
    """Return an option that the SQL type depends on.

    Raises:
        Unresolved: If it is not known.
    """
    return known(config.get(name, UNDEFINED))


def plain(text: str) -> Callable[[Config], str]:
    """Return a SQL type without parameters."""
    return lambda _config: text


def sized(text: str, parameter: str = "length", *, gap: str = "") -> Callable[[Config], str]:
    """Return a SQL type with one optional parameter: `varchar(20)`."""

    def write(config: Config) -> str:
        size = option(config, parameter)
        return text if size is UNDEFINED else f"{text}{gap}({to_string(size)})"

    return write


def scaled(text: str, separator: str) -> Callable[[Config], str]:
    """Return a SQL type with precision and scale: `numeric(10, 2)`."""

    def write(config: Config) -> str:
        precision, scale = option(config, "precision"), option(config, "scale")
        if precision is UNDEFINED:
            return text
        if scale is UNDEFINED:
            return f"{text}({to_string(precision)})"
        return f"{text}({to_string(precision)}{separator}{to_string(scale)})"

    return write


def simple(spec: Spec, defaults: Config | None = None) -> Native:
    """Return a column function that takes a name only."""

    def make(args: list[Value]) -> Value:
        name = arg(args, 0)
        if is_nullish(name):
            name = ""
        return ColumnBuilder(
            spec, name if isinstance(name, str | Unknown) else Unknown("a column's name is no text"), defaults
        )

    return Native(spec.column_type, make)


def configured(spec: Spec, *options: str, needs: bool = False, enum: bool = False) -> Native:
    """Return a column function that takes a name and options."""

    def make(args: list[Value]) -> Value:
        name, config = name_and_config(args)
        if needs:
            required(config, spec.column_type)
        chosen = options_of(config, *options)
        if enum:
            values = config if isinstance(config, Unknown) else prop(config, "enum")
            chosen["enumValues"] = values
        return ColumnBuilder(spec, name, chosen)

    return Native(spec.column_type, make)


def by_mode(modes: dict[str, Native], fallback: Native, *, unset: Native | None = None, needs: bool = False) -> Native:
    """Return a column function whose `mode` option chooses the kind.

    Args:
        modes: The kind of each mode.
        fallback: The kind of any other mode.
        unset: The kind where no mode is given; `fallback` if left out.
        needs: Whether the options must be given.
    """

    def make(args: list[Value]) -> Value:
        _name, config = name_and_config(args)
        if needs:
            required(config, fallback.name)
        mode = known(prop(config, "mode"))
        if not truthy(mode):
            return (unset or fallback).call(args)
        chosen = modes.get(mode, fallback) if isinstance(mode, str) else fallback
        return chosen.call(args)

    return Native(fallback.name, make)


def _custom_type(config: Config) -> str:
    function = option(config, "dataTypeFn")
    if not isinstance(function, Function):
        raise Unresolved(Unknown("customType has no dataType function"))
    return to_string(function.call([config.get("fieldConfig", UNDEFINED)]))


class CustomType(Native):
    """`customType<{data: T}>({...})`, which makes a column function."""

    def __init__(self, dialect: str, column_type: str) -> None:
        super().__init__("customType", lambda args: self._factory(args, None))
        self._spec = Spec(dialect, column_type, "custom", _custom_type)

    def call_with_types(self, args: list[Value], types: list[Node], scope: Scope) -> Value:
        """Make the column function, keeping the type of its data."""
        return self._factory(args, _data_type(types[0], scope))

    def _factory(self, args: list[Value], data: TypeNode | None) -> Value:
        params = arg(args, 0)
        function = params if isinstance(params, Unknown) else prop(params, "dataType")

        def make(column_args: list[Value]) -> Value:
            name, config = name_and_config(column_args)
            builder = ColumnBuilder(self._spec, name, {"dataTypeFn": function, "fieldConfig": config})
            builder.type = data
            return builder

        return Native("customType", make)


def _data_type(node: Node, scope: Scope) -> TypeNode:
    """Return the `data` member of a custom type's parameter."""
    if node.type == "object_type":
        for member in children(node):
            if member.type == "property_signature" and text(field(member, "name")) == "data":
                return TypeNode(children(field(member, "type"))[0], scope)
    return TypeNode(node, scope, member="data")


class EnumFunction(Function):
    """What `pgEnum` returns: a column function that knows its values.

    Args:
        name: The enum's name in the database.
        values: Its values.
        schema: Its schema, `None` for the default one.
        from_object: Whether it was made from an object instead of a list.
    """

    def __init__(self, name: Value, values: Value, schema: Value, *, from_object: bool) -> None:
        self.enum_name = name
        self.values = values
        self.schema = schema
        kind = "PgEnumObjectColumn" if from_object else "PgEnumColumn"
        self._spec = Spec("pg", kind, "string", lambda config: to_string(known(config["enumName"])), ("enumValues",))

    def call(self, args: list[Value], this: Value = UNDEFINED) -> Value:
        """Make a column of this enum."""
        del this
        name = arg(args, 0)
        if not isinstance(name, str | Unknown):
            name = ""
        config: Config = {"enumName": self.enum_name, "enumValues": self.values, "enumSchema": self.schema}
        return ColumnBuilder(self._spec, name, config)

    def get(self, name: str) -> Value:
        """Return a property of the enum."""
        if name == "schema":
            return UNDEFINED if self.schema is None else self.schema
        return {"enumName": self.enum_name, "enumValues": self.values}.get(name, UNDEFINED)

    def path(self, _write: object) -> list[str]:
        """Return the parts of its name, as it stands in SQL."""
        names = [self.enum_name] if is_nullish(self.schema) else [self.schema, self.enum_name]
        return [to_string(known(part)) for part in names]
