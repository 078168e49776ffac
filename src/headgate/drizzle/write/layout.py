"""Laying out Python source the way `ruff format` does, so that formatting it again changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

width: ContextVar[int] = ContextVar("width", default=88)
"""Columns of a line."""


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets: on one line if it fits, else one item a line with a comma after each.

    Args:
        head: What stands before the bracket.
        items: What stands in it.
        brackets: The two brackets.
        lone: Whether a comma after a single item would change its meaning.
        comma: Whether a single item needs a comma behind it, as in a tuple.
    """

    head: str
    items: tuple[Doc, ...]
    brackets: str = "()"
    lone: bool = False
    comma: bool = False
    one_line: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay it out on one line, once."""
        inside = ", ".join([flat(item) for item in self.items]) + ("," if self.comma else "")
        object.__setattr__(self, "one_line", f"{self.head}{self.brackets[0]}{inside}{self.brackets[1]}")


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts that stand beside each other."""

    parts: tuple[Doc, ...]
    one_line: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Lay it out on one line, once."""
        object.__setattr__(self, "one_line", "".join([flat(part) for part in self.parts]))


Doc: TypeAlias = str | Group | Joined


def call(head: str, *items: Doc) -> Group:
    """Return a call."""
    return Group(head, items)


def subscript(head: str, *items: Doc) -> Group:
    """Return a subscript."""
    return Group(head, items, "[]", lone=len(items) == 1)


def keyword(name: str, value: Doc) -> Doc:
    """Return a keyword argument."""
    return f"{name}={value}" if isinstance(value, str) else Joined((f"{name}=", value))


def either(*parts: Doc) -> Doc:
    """Return a union of types."""
    flat: list[Doc] = []
    for part in parts:
        flat += [" | ", part] if flat else [part]
    return flat[0] if len(flat) == 1 else Joined(tuple(flat))


def tuple_of(items: Sequence[Doc]) -> Doc:
    """Return a tuple."""
    if not items:
        return "()"
    return Group("", tuple(items), comma=len(items) == 1)


def flat(doc: Doc) -> str:
    """Return a document on one line."""
    return doc if isinstance(doc, str) else doc.one_line


def render(doc: Doc, *, indent: int = 0, before: int = 0, after: int = 0, force: bool = False) -> str:
    """Return a document as text.

    Args:
        doc: The document.
        indent: Columns the line is indented by.
        before: Columns taken on the line before the document.
        after: Columns that must stay free behind it.
        force: Put each item on a line of its own even if all fit on one.
    """
    one = flat(doc)
    if isinstance(doc, str) or (before + len(one) + after <= width.get() and not force):
        return one
    if isinstance(doc, Joined):
        return _joined(doc, indent, before, after)
    inner = indent + 4
    comma = "" if doc.lone else ","
    lines = [" " * inner + render(item, indent=inner, before=inner, after=len(comma)) + comma for item in doc.items]
    return f"{doc.head}{doc.brackets[0]}\n" + "\n".join(lines) + f"\n{' ' * indent}{doc.brackets[1]}"


def _joined(doc: Joined, indent: int, before: int, after: int) -> str:
    out = ""
    for i, part in enumerate(doc.parts):
        rest = sum(len(flat(p)) for p in doc.parts[i + 1 :] if isinstance(p, str)) + after
        taken = len(out.rsplit("\n", maxsplit=1)[-1]) if "\n" in out else before + len(out)
        out += render(part, indent=indent, before=taken, after=rest)
    return out


def declaration(name: str, annotation: Doc, value: Doc | None) -> str:
    """Return a field of a class as source, indented by four."""
    before = f"    {name}: "
    shown = "" if value is None else f" = {flat(value)}"
    one = before + flat(annotation) + shown
    if len(one) <= width.get():
        return one
    if isinstance(value, Group) and value.items:
        head = f"{before}{flat(annotation)} = "
        if len(head) + len(value.head) + 1 <= width.get():
            return head + render(value, indent=4, before=len(head), force=True)
    if (
        value is not None
        and len(before) + len(flat(annotation)) + 4 <= width.get()
        and len(flat(value)) + 8 <= width.get()
    ):
        return f"{before}{flat(annotation)} = (\n        {flat(value)}\n    )"
    if isinstance(annotation, Joined):
        parts = [part for part in annotation.parts if part != " | "]
        lines = [render(part, indent=8, before=8 if i == 0 else 10) for i, part in enumerate(parts)]
        body = "\n".join(f"        {'| ' if i else ''}{line}" for i, line in enumerate(lines))
        if 8 + len(flat(annotation)) <= width.get():
            body = f"        {flat(annotation)}"
        return f"{before}(\n{body}\n    ){shown}"
    return before + render(annotation, indent=4, before=len(before), force=True) + shown


def string(value: str) -> str:
    """Return a string literal with the quotes that `ruff format` prefers."""
    if value.isascii() and value.isprintable() and not _NEEDS_CARE.search(value):
        return f'"{value}"'
    mark = "'" if value.count('"') > value.count("'") else '"'
    out = []
    for char in value:
        if char in {"\\", mark}:
            out.append("\\" + char)
        elif char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif not char.isprintable():
            out.append(_escaped(ord(char)))
        else:
            out.append(char)
    return f"{mark}{''.join(out)}{mark}"


_NEEDS_CARE = re.compile(r"[\"'\\]")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BYTE, _PLANE = 0x100, 0x10000


def _escaped(code: int) -> str:
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _PLANE else f"\\U{code:08x}"


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else " " for char in line)


def docstring(lines: Sequence[str], indent: int) -> list[str]:
    """Return a docstring as lines of source."""
    clean = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip() for line in lines]
    clean = [line if line.isprintable() else _printable(line) for line in clean]
    pad = " " * indent
    if len(clean) == 1:
        closing = ' """' if clean[0].endswith('"') else '"""'
        return [f'{pad}"""{clean[0]}{closing}']
    body = [f"{pad}{line}" if line else "" for line in clean[1:]]
    return [f'{pad}"""{clean[0]}', *body, f'{pad}"""']
