"""The static reader: entries in, facts out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from headgate.drizzle import ir
from headgate.drizzle.problems import Problem, SchemaError
from headgate.drizzle.static.describe import Describer
from headgate.drizzle.static.facts import encode
from headgate.drizzle.static.modules import Graph, Module
from headgate.drizzle.static.orm import relations, tables, views
from headgate.drizzle.static.orm.kinds import EnumFunction
from headgate.drizzle.static.resolution import Resolver
from headgate.drizzle.static.suspects import may_be_table
from headgate.drizzle.static.values import JSArray, Unknown, Unresolved, Value, Where, is_nullish, known, to_string

T = TypeVar("T")


@dataclass(slots=True)
class _Found:
    """What the entries export, in the order it will be listed."""

    tables: list[ir.Table] = field(default_factory=list)
    views: list[ir.View] = field(default_factory=list)
    enums: list[ir.EnumType] = field(default_factory=list)
    relations: list[ir.TableRelations] = field(default_factory=list)
    schemas: list[ir.Named] = field(default_factory=list)
    sequences: list[ir.Named] = field(default_factory=list)
    roles: list[ir.Named] = field(default_factory=list)


def read_static(
    entries: Iterable[Path], *, root: Path | None = None, casing: str | None = None, tsconfig: Path | None = None
) -> ir.Schema:
    """Read schema files without running them.

    Args:
        entries: The files that export the schema.
        root: The folder that paths in the result are relative to; the files' common folder if left out.
        casing: The project's `casing` option.
        tsconfig: The TypeScript configuration that resolves imports; the nearest to each file if left out.

    Raises:
        SchemaError: If a file cannot be read.
        MissingExtraError: If the extra `drizzle` is not installed.
    """
    files = [Path(entry).resolve() for entry in entries]
    base = (root or common_folder(files)).resolve()

    def relative(file: str) -> str:
        path = Path(file)
        return path.relative_to(base).as_posix() if path.is_relative_to(base) else os.path.relpath(file, base)

    graph = Graph(Resolver(tsconfig))
    describer = Describer(casing, relative)
    found = _Found()
    seen: set[int] = set()
    modules = [_load(graph, path) for path in files]
    for module in modules:
        _collect(module, describer, found, seen, relative(str(module.file.path)))
    for module in graph.modules():
        for unknown in module.unread_effects():
            describer.report(unknown, Where(str(module.file.path), 1, "import"))
    problems = [*_syntax_problems(graph, relative), *dict.fromkeys(describer.problems)]
    return ir.Schema(
        root=str(base),
        entries=tuple(relative(str(path)) for path in files),
        casing=casing,
        files=tuple(relative(str(path)) for path in graph.files()),
        problems=tuple(problems),
        tables=tuple(found.tables),
        views=tuple(found.views),
        enums=tuple(found.enums),
        relations=tuple(found.relations),
        schemas=tuple(found.schemas),
        sequences=tuple(found.sequences),
        roles=tuple(found.roles),
    )


def common_folder(files: list[Path]) -> Path:
    """Return the folder that all files lie in."""
    return Path(os.path.commonpath([file.parent for file in files])) if files else Path.cwd()


def _load(graph: Graph, path: Path) -> Module:
    try:
        return graph.module(path)
    except (OSError, TypeError) as error:
        raise SchemaError("the schema file cannot be read", file=str(path), hint="Check the path.") from error


def _syntax_problems(graph: Graph, relative: Callable[[str], str]) -> list[Problem]:
    out = []
    for module in graph.modules():
        if module.file.syntax_error is not None:
            line, near = module.file.syntax_error
            out.append(Problem(relative(str(module.file.path)), line, near, "a syntax error"))
    return out


def _collect(module: Module, describer: Describer, found: _Found, seen: set[int], file: str) -> None:
    module.run()
    for unknown in module.unread_stars():
        describer.report(unknown, Where(str(module.file.path), 1, "export *"))
    for name in sorted(module.export_names(), key=lambda exported: (exported == "default", exported)):
        value = module.export(name)
        if id(value) in seen:
            continue
        seen.add(id(value))
        place = module.place(name)
        try:
            _sort_in(name, file, value, describer, found, place=place)
        except Unresolved as signal:
            describer.report(signal.cause, place, name)
        if isinstance(value, Unknown) and may_be_table(module, name, value):
            describer.report(value, place, name)


def _sort_in(name: str, file: str, value: Value, describer: Describer, found: _Found, *, place: Where) -> None:
    if isinstance(value, tables.TableAlias):
        return
    if isinstance(value, tables.Table):
        _append(found.tables, describer.table(name, file, value, place))
    elif isinstance(value, views.View):
        _append(found.views, describer.view(name, file, value, place))
    elif isinstance(value, relations.Relations):
        _append(found.relations, describer.relations(name, file, value, place))
    elif isinstance(value, EnumFunction):
        values = known(value.values)
        listed = tuple(to_string(v) for v in values.items()) if isinstance(values, JSArray) else ()
        found.enums.append(ir.EnumType(name, file, to_string(value.enum_name), _optional(value.schema), listed))
    elif isinstance(value, tables.Schema):
        found.schemas.append(ir.Named(name, file, to_string(value.name)))
    elif isinstance(value, tables.Sequence):
        options = None if is_nullish(value.options) else encode(value.options, describer.writer("pg"))
        found.sequences.append(ir.Named(name, file, to_string(value.name), _optional(value.schema), options))
    elif isinstance(value, tables.Role):
        found.roles.append(ir.Named(name, file, to_string(value.name)))


def _append(items: list[T], item: T | None) -> None:
    if item is not None:
        items.append(item)


def _optional(value: Value) -> str | None:
    return None if is_nullish(value) else to_string(value)
