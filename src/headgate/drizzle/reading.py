"""Reading a schema with one of the three engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from headgate.drizzle.ir import Column, Schema, Table
from headgate.drizzle.problems import Problem, SchemaError
from headgate.drizzle.sources import Source

Engine: TypeAlias = Literal["static", "node", "snapshot"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a schema is read.

    Args:
        engine: `static` reads the sources, `node` runs them, `snapshot` reads drizzle-kit's snapshot.
        tsconfig: The TypeScript configuration; the nearest to each file if left out.
        drizzle: For `node`: a folder whose `node_modules` holds drizzle-orm, if the project has none.
        environment: For `node`: the environment variables the schema may read.
        seconds: For `node`: the time limit.
        megabytes: For `node`: the memory limit.
    """

    engine: Engine = "static"
    tsconfig: Path | None = None
    drizzle: Path | None = None
    environment: Sequence[str] = ()
    seconds: float = 60.0
    megabytes: int = 1024


def read_schema(source: Source, options: ReadOptions | None = None) -> Schema:
    """Return the schema of a source.

    Raises:
        SchemaError: If it cannot be read, or holds tables of several dialects and none was chosen.
        MissingExtraError: If what the engine needs is not installed.
    """
    options = options or ReadOptions()
    schema = _read(source, options)
    return _checked(_one_dialect(schema, source.dialect))


def _read(source: Source, options: ReadOptions) -> Schema:
    if options.engine == "snapshot":
        from headgate.drizzle.snapshot import read_snapshot  # noqa: PLC0415 - only when asked for

        return read_snapshot(source.entries)
    from headgate.drizzle.static.reader import read_static  # noqa: PLC0415 - needs an optional dependency

    static = read_static(source.entries, root=source.root, casing=source.casing, tsconfig=options.tsconfig)
    if options.engine == "static":
        return static
    from headgate.drizzle.node.reader import Limits, read_node  # noqa: PLC0415 - only when asked for

    exact = read_node(
        source.entries,
        root=source.root,
        casing=source.casing,
        tsconfig=options.tsconfig,
        drizzle=options.drizzle,
        environment=options.environment,
        limits=Limits(options.seconds, options.megabytes),
    )
    return _with_types(exact, static)


def _with_types(exact: Schema, static: Schema) -> Schema:
    """Return what ran, with the types that only the sources show."""
    shown = {
        (table.export, column.key): column
        for table in static.tables
        for column in table.columns
        if column.ts_type is not None or column.factory is not None
    }

    def typed(table: Table, column: Column) -> Column:
        found = shown.get((table.export, column.key))
        return column if found is None else replace(column, ts_type=found.ts_type, factory=found.factory)

    tables = [replace(table, columns=tuple(typed(table, column) for column in table.columns)) for table in exact.tables]
    return replace(exact, tables=tuple(tables))


def _one_dialect(schema: Schema, dialect: str | None) -> Schema:
    """Return the tables of one dialect.

    Raises:
        SchemaError: If there are several and none was chosen.
    """
    found: dict[str, str] = {}
    for table in schema.tables:
        found.setdefault(table.dialect, f"{table.file} ({table.export})")
    if dialect is None and len(found) > 1:
        listed = ", ".join(f"{name} in {place}" for name, place in sorted(found.items()))
        raise SchemaError(
            f"the schema mixes dialects: {listed}", hint="Choose one with --dialect, or name the files of one only."
        )
    if dialect is None or found.keys() <= {dialect}:
        return schema
    tables = tuple(table for table in schema.tables if table.dialect == dialect)
    views = tuple(view for view in schema.views if view.dialect == dialect)
    return replace(schema, tables=tables, views=views)


def _checked(schema: Schema) -> Schema:
    """Return the schema, with a problem for every second table of one name."""
    problems = []
    places: dict[tuple[str | None, str], Table] = {}
    for table in schema.tables:
        other = places.setdefault((table.schema, table.name), table)
        if other is not table:
            reason = f"a second table called '{table.name}', the first is in {other.file}:{other.line} ({other.export})"
            problems.append(Problem(table.file, table.line, table.export, reason, table.export))
    return replace(schema, problems=(*schema.problems, *problems)) if problems else schema
