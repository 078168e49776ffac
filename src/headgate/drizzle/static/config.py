"""Reading `drizzle.config.*` without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headgate.drizzle.problems import SchemaError
from headgate.drizzle.static.literals import iterate
from headgate.drizzle.static.modules import Graph, Module
from headgate.drizzle.static.resolution import Resolver
from headgate.drizzle.static.values import (
    UNDEFINED,
    JSArray,
    JSObject,
    Unresolved,
    Value,
    is_nullish,
    known,
    prop,
    to_string,
)


@dataclass(frozen=True, slots=True)
class KitConfig:
    """The part of drizzle-kit's configuration that says where the schema is.

    Args:
        schema: Paths and globs, as written.
        dialect: As written.
        casing: As written.
    """

    schema: tuple[str, ...]
    dialect: str | None
    casing: str | None


def read_config(path: Path) -> KitConfig:
    """Return what a configuration says.

    Raises:
        SchemaError: If it does not say for certain where the schema is.
    """
    graph = Graph(Resolver())
    loaded = graph.load(path)
    exported: Value = loaded.export("default") if isinstance(loaded, Module) else loaded.props.get("default", UNDEFINED)
    try:
        config = known(exported)
        if isinstance(config, JSArray) and config:
            config = known(config[0])
        if not isinstance(config, JSObject):
            raise SchemaError("the configuration exports no object", file=str(path), hint="Use --schema PATH instead.")
        paths = known(prop(config, "schema"))
        listed = iterate(paths) if isinstance(paths, JSArray) else [] if is_nullish(paths) else [paths]
        schema = tuple(to_string(item) for item in listed)
        dialect, casing = _option(config, "dialect"), _option(config, "casing")
    except Unresolved as signal:
        cause = signal.cause
        line = cause.where.line if cause.where is not None else None
        hint = "Use --schema PATH instead."
        raise SchemaError(
            f"where the schema is cannot be read: {cause.reason}", file=str(path), line=line, hint=hint
        ) from signal
    if not schema:
        raise SchemaError("the configuration names no schema", file=str(path), hint="Use --schema PATH instead.")
    return KitConfig(schema, dialect, casing)


def _option(config: JSObject, name: str) -> str | None:
    value = known(prop(config, name))
    return None if is_nullish(value) else to_string(value)
