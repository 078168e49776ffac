"""Preparing sources for Node: where their imports lead, without those that are only types."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.drizzle.static.literals import string
from headgate.drizzle.static.resolution import Resolver
from headgate.drizzle.static.syntax import SourceFile, children, has_keyword, text

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPE_NODES = {
    "type_annotation",
    "type_arguments",
    "type_parameters",
    "type_alias_declaration",
    "interface_declaration",
    "nested_type_identifier",
    "generic_type",
    "type_query",
    "implements_clause",
    "union_type",
    "intersection_type",
    "array_type",
    "lookup_type",
    "object_type",
    "import_statement",
}


@dataclass(slots=True)
class Prepared:
    """A file as Node gets it.

    Args:
        source: Its text, unused imports removed, each line where it was.
        links: The files its imports lead to.
        names: The names it takes from each package.
    """

    source: str
    links: dict[str, str] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)


def prepare(entries: list[Path], resolver: Resolver) -> dict[str, Prepared]:
    """Return every file that is reached from the entries, by path."""
    out: dict[str, Prepared] = {}
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if str(path) in out or path.suffix == ".json" or "node_modules" in path.parts:
            continue
        prepared = _prepare(path, resolver)
        out[str(path)] = prepared
        waiting += [Path(link) for link in prepared.links.values()]
    return out


def _prepare(path: Path, resolver: Resolver) -> Prepared:
    file = SourceFile(path, path.read_bytes())
    used, members = _used_names(file.root)
    source = path.read_bytes()
    prepared = Prepared("")
    edits: list[tuple[int, int, bytes]] = []
    for node in children(file.root):
        origin = node.child_by_field_name("source")
        if origin is None:
            continue
        specifier = string(origin)
        names = prepared.names.setdefault(specifier, [])
        if node.type == "import_statement":
            kept = _kept(node, used, members, names)
            lines = b"\n" * text(node).count("\n")
            edits.append((node.start_byte, node.end_byte, kept.encode() + lines))
        elif not has_keyword(node, "type"):
            names += _exported_names(node)
        found = resolver.resolve(specifier, path)
        if found is not None and not found.name.endswith(".d.ts"):
            prepared.links[specifier] = str(found.resolve())
    for start, end, replacement in reversed(edits):
        source = source[:start] + replacement + source[end:]
    prepared.source = source.decode(errors="replace")
    prepared.names = {specifier: sorted(set(names)) or ["default"] for specifier, names in prepared.names.items()}
    return prepared


def _used_names(root: Node) -> tuple[set[str], dict[str, set[str]]]:
    """Return the names used as values, and the members read from each."""
    used: set[str] = set()
    members: dict[str, set[str]] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in {"identifier", "shorthand_property_identifier"}:
            used.add(text(node))
        elif node.type == "member_expression":
            owner, member = node.child_by_field_name("object"), node.child_by_field_name("property")
            if owner is not None and member is not None and owner.type == "identifier":
                members.setdefault(text(owner), set()).add(text(member))
        stack.extend(child for child in node.named_children if child.type not in _TYPE_NODES)
    return used, members


def _kept(node: Node, used: set[str], members: dict[str, set[str]], names: list[str]) -> str:
    """Return an import without the names that are only types, noting the others."""
    clause = next((child for child in children(node) if child.type == "import_clause"), None)
    source = node.child_by_field_name("source")
    origin = text(source) if source is not None else "''"
    if clause is None:
        return text(node)
    if has_keyword(node, "type"):
        return ""
    parts: list[str] = []
    for part in children(clause):
        if part.type == "identifier" and text(part) in used:
            parts.append(text(part))
            names.append("default")
        elif part.type == "namespace_import" and text(children(part)[0]) in used:
            parts.append(text(part))
            names += sorted(members.get(text(children(part)[0]), set()))
        elif part.type == "named_imports":
            kept = [s for s in children(part) if not has_keyword(s, "type") and _local(s) in used]
            names += [text(children(s)[0]) for s in kept]
            parts += [f"{{ {', '.join(text(s) for s in kept)} }}"] if kept else []
    return f"import {', '.join(parts)} from {origin};" if parts else ""


def _local(specifier: Node) -> str:
    return text(children(specifier)[-1])


def _exported_names(node: Node) -> list[str]:
    clause = next((child for child in children(node) if child.type == "export_clause"), None)
    return [text(children(s)[0]) for s in children(clause) if not has_keyword(s, "type")] if clause is not None else []
