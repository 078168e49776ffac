"""Parsing TypeScript: files, nodes, and where they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.drizzle.static.values import Where
from headgate.errors import MissingExtraError

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_EXPRESSION_LENGTH = 120
_TAGGED = re.compile(rb"(?<![\w$])[A-Za-z_$][\w$]*\s*<")
_NEWER = re.compile(
    rb"""^[ \t]*export[ \t]+type[ \t]*\*[^;'"\n]*from[ \t]*['"][^'"\n]*['"][ \t]*;?|\btypeof(?=\s+import\s*\()""",
    re.MULTILINE,
)
"""Types that the grammar does not know: `export type * from 'x'`, and the `typeof` of `typeof import('x')`."""
_parsers: dict[bool, Parser] = {}


class SourceFile:
    """One parsed file.

    Args:
        path: Where it lies; only for messages.
        source: Its content.

    Attributes:
        root: The syntax tree. Where the text is no TypeScript it contains error nodes.
        syntax_error: Line and text of the first of them, if there is one.
    """

    def __init__(self, path: Path, source: bytes) -> None:
        self.path = path
        self.root = _parse(path, source)
        self.syntax_error = _first_error(self.root) if self.root.has_error else None

    @classmethod
    def load(cls, path: Path) -> SourceFile:
        """Read and parse a file."""
        return cls(path, path.read_bytes())

    def where(self, node: Node) -> Where:
        """Return the place of a node."""
        return Where(str(self.path), node.start_point[0] + 1, shorten(text(node)))


def text(node: Node) -> str:
    """Return the source text of a node."""
    raw = node.text
    return raw.decode(errors="replace") if raw is not None else ""


def shorten(expression: str) -> str:
    """Put an expression on one line of readable length."""
    flat = " ".join(expression.split())
    return flat if len(flat) <= _EXPRESSION_LENGTH else flat[: _EXPRESSION_LENGTH - 1] + "…"


def field(node: Node, name: str) -> Node:
    """Return a field that the grammar promises."""
    child = node.child_by_field_name(name)
    if child is None:  # pragma: no cover - the grammar guarantees it in a tree without errors
        message = f"{node.type} without {name}"
        raise ValueError(message)
    return child


def children(node: Node) -> list[Node]:
    """Return the named children without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def has_keyword(node: Node, keyword: str) -> bool:
    """Whether a keyword stands directly in a node (`type` in `import type`)."""
    return any(child.type == keyword for child in node.children if not child.is_named)


def _parse(path: Path, source: bytes) -> Node:
    parser = _parser(tsx=path.suffix in {".tsx", ".jsx"})
    source = _NEWER.sub(lambda match: re.sub(rb"[^\n]", b" ", match[0]), source)
    prepared, blanked = _blank_tag_types(source)
    root = parser.parse(prepared).root_node
    if blanked and not all(_is_tag(root, at) for at in blanked):
        root = parser.parse(source).root_node
    return root


def _parser(*, tsx: bool) -> Parser:
    if tsx not in _parsers:
        try:
            import tree_sitter_typescript  # noqa: PLC0415 - an optional dependency
            from tree_sitter import Language, Parser  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise MissingExtraError("Reading a Drizzle schema", "drizzle") from error
        language = tree_sitter_typescript.language_tsx() if tsx else tree_sitter_typescript.language_typescript()
        _parsers[tsx] = Parser(Language(language))
    return _parsers[tsx]


def _blank_tag_types(source: bytes) -> tuple[bytes, list[int]]:
    """Blank the type arguments of tagged templates, which the grammar reads as comparisons.

    Returns the source with `sql<T>` followed by a template turned into `sql   `, and the positions of those templates.
    """
    if b">`" not in source and re.search(rb">\s+`", source) is None:
        return source, []
    out = bytearray(source)
    ticks = []
    for match in _TAGGED.finditer(source):
        opening = match.end() - 1
        closing = _closing_angle(source, opening)
        if closing is None:
            continue
        tick = closing + 1
        while tick < len(source) and source[tick : tick + 1].isspace():
            tick += 1
        if source[tick : tick + 1] != b"`":
            continue
        for i in range(opening, closing + 1):
            if out[i] != ord("\n"):
                out[i] = ord(" ")
        ticks.append(tick)
    return bytes(out), ticks


def _closing_angle(source: bytes, opening: int) -> int | None:
    depth = 0
    for i in range(opening, min(len(source), opening + 2000)):
        char = source[i]
        if char == ord("<"):
            depth += 1
        elif char == ord(">") and source[i - 1] != ord("="):
            depth -= 1
            if depth == 0:
                return i
        elif char == ord("`"):
            return None
    return None


def _is_tag(root: Node, at: int) -> bool:
    node = root.descendant_for_byte_range(at, at + 1)
    while node is not None and node.type != "template_string":
        node = node.parent
    return (
        node is not None and node.start_byte == at and node.parent is not None and node.parent.type == "call_expression"
    )


def _first_error(node: Node) -> tuple[int, str]:
    if node.type == "ERROR" or node.is_missing:
        return node.start_point[0] + 1, shorten(text(node)) or f"missing {node.type}"
    for child in node.children:
        if child.has_error or child.is_missing:
            return _first_error(child)
    return node.start_point[0] + 1, shorten(text(node))
