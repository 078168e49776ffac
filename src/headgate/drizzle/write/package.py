"""The source of a whole package of models: a module per table, enums, and an `__init__` that knows them all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from headgate.drizzle.ir import Schema
from headgate.drizzle.write.layout import call, docstring, render, string, width
from headgate.drizzle.write.module import Section, TableWriter
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.plan import EnumClass, NamePlan, TableNames, plan_names

_MARK = "# headgate: "
_FUTURE = "from __future__ import annotations"
_STANDARD = {"typing", "decimal", "enum"}


def write_package(schema: Schema, options: WriteOptions | None = None) -> dict[str, str]:
    """Return the files of a package of models, by name. The same schema gives the same bytes.

    Args:
        schema: The schema.
        options: How models are written.
    """
    options = options or WriteOptions()
    token = width.set(options.line_length)
    try:
        return _package(schema, options)
    finally:
        width.reset(token)


def _package(schema: Schema, options: WriteOptions) -> dict[str, str]:
    plan = plan_names(schema, options)
    sections: dict[str, list[tuple[TableNames, Section]]] = {}
    taken: dict[str, set[str]] = {}
    for names in plan.tables:
        used = taken.setdefault(names.module, set(_classes_of(plan) if options.single_file else ()))
        section = TableWriter(names, plan, options, used).write()
        sections.setdefault(names.module, []).append((names, section))
    files = {f"{module}.py": _module(parts, module, single=options.single_file) for module, parts in sections.items()}
    if plan.enums:
        files["enums.py"] = _enums(plan.enums.values())
    files["__init__.py"] = _init(plan, sections)
    return {name: mark(text) for name, text in sorted(files.items())}


def _classes_of(plan: NamePlan) -> list[str]:
    return [names.row + suffix for names in plan.tables for suffix in ("", "Insert", "Update")]


def mark(source: str) -> str:
    """Return a file with a line that says what its content should be, to notice edits by hand."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    return f"{_MARK}written from a Drizzle schema, do not edit ({digest})\n{source}"


def is_untouched(text: str) -> bool | None:
    """Whether a file is as it was written; `None` if it was not written by Headgate at all."""
    first, _, rest = text.partition("\n")
    match = re.fullmatch(rf"{_MARK}.*\((\w{{16}})\)", first)
    if match is None:
        return None
    return mark(rest).partition("\n")[0] == first


def _imports(imports: dict[str, set[str]], enums: set[str]) -> list[str]:
    groups: list[list[str]] = [[], [], []]
    for module, names in sorted(imports.items()):
        groups[0 if module in _STANDARD else 1].append(_import(module, names))
    groups[1].append("from headgate.drizzle import runtime as _t")
    groups[1].sort(key=lambda line: line.split()[1])
    if enums:
        groups[2].append(_import(".enums", enums))
    return [line for group in groups if group for line in ["", *group]]


def _order(name: str) -> tuple[int, list[tuple[str, int]], str]:
    """Sort constants first, then classes, then the rest, numbers by their value, as isort does."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    parts = re.findall(r"(\D*)(\d*)", name)
    return kind, [(text, int(digits or -1)) for text, digits in parts], name


def _import(module: str, names: set[str]) -> str:
    ordered = sorted(names, key=lambda name: (_order(name)[0], *_order(name.lower())[1:], name))
    one = f"from {module} import {', '.join(ordered)}"
    if len(one) <= width.get():
        return one
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in ordered) + ")"


def _module(parts: list[tuple[TableNames, Section]], module: str, *, single: bool) -> str:
    imports: dict[str, set[str]] = {}
    enums: set[str] = set()
    for _names, section in parts:
        enums |= section.enums
        for name, needed in section.imports.items():
            imports.setdefault(name, set()).update(needed)
    table = parts[0][0].table
    title = "Models of all tables." if single else f"Models of `{table.name}`."
    lines = [*docstring([title], 0), "", _FUTURE, *_imports(imports, enums)]
    for i, (_names, section) in enumerate(parts):
        gap = ["", ""] if i or section.lines[0].startswith("class ") else [""]
        lines += [*gap, *section.lines]
    del module
    return "\n".join(lines) + "\n"


def _enums(enums: Iterable[EnumClass]) -> str:
    lines = ['"""Enums of the schema."""', "", _FUTURE, "", "from enum import StrEnum"]
    for enum in sorted(enums, key=lambda e: e.name):
        lines += ["", "", f"class {enum.name}(StrEnum):", *docstring([enum.source], 4), ""]
        lines += [f"    {name} = {string(value)}" for name, value in enum.members]
    return "\n".join(lines) + "\n"


def _init(plan: NamePlan, sections: dict[str, list[tuple[TableNames, Section]]]) -> str:
    lines = ['"""Models of a Drizzle schema."""', "", _FUTURE, "", "from headgate.drizzle import runtime as _t", ""]
    exports: list[str] = []
    imports = {".enums": set(plan.enums)} if plan.enums else {}
    exports += plan.enums
    constants: list[str] = []
    for module in sorted(sections):
        names: set[str] = set()
        for table, section in sections[module]:
            names |= set(section.exports)
            constants.append(table.constant)
        imports[f".{module}"] = names
        exports += names
    lines += [_import(module, names) for module, names in sorted(imports.items())]
    if constants:
        head = "TABLES = "
        lines += ["", head + render(call("_t.in_dependency_order", *sorted(constants)), before=len(head))]
        lines += ['"""All tables, each after those it refers to."""']
        exports.append("TABLES")
    ordered = sorted(exports, key=_order)
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in ordered), "]"]
    return "\n".join(lines) + "\n"
