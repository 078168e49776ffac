"""Python names: safe ones, from TypeScript keys, database names and enum values."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from pydantic import BaseModel

from headgate.drizzle.runtime.models import Model

_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+[a-z]*|[^\W\d_a-zA-Z]+")
_BUILTIN_TYPES = {"int", "str", "float", "bool", "bytes", "list", "dict", "tuple", "set", "type", "object"}
_RESERVED = frozenset(
    {name for name in dir(BaseModel) if not name.startswith("__")}
    | {name for name in dir(Model) if not name.startswith("__")}
    | _BUILTIN_TYPES
)
_LIKE_DIGITS = {"I", "O"}
_PLURALS = {
    "news": "news",
    "series": "series",
    "species": "species",
    "data": "data",
    "media": "media",
    "movies": "movie",
    "cookies": "cookie",
    "people": "person",
    "children": "child",
    "indices": "index",
    "matrices": "matrix",
    "analyses": "analysis",
    "statuses": "status",
    "aliases": "alias",
    "buses": "bus",
    "quizzes": "quiz",
}


def words(name: str) -> list[str]:
    """Return the words of a name in any casing."""
    return _WORDS.findall(name)


def snake(name: str) -> str:
    """Return a name in `snake_case`."""
    return "_".join(word.lower() for word in words(name))


def pascal(name: str) -> str:
    """Return a name in `PascalCase`."""
    made = "".join(
        word[:1].upper() + word[1:].lower() if word.isupper() else word[:1].upper() + word[1:] for word in words(name)
    )
    return made if made[:1].isalpha() else f"N{made}"


def attribute(name: str) -> str:
    """Return a safe attribute name for a column."""
    made = snake(name) or "field"
    if made[0].isdigit():
        made = f"field_{made}"
    if name.startswith("_") or keyword.iskeyword(made) or made in _RESERVED or not made.isidentifier():
        made += "_"
    return made if made.isidentifier() else "field_"


def member(value: str) -> str:
    """Return a safe member name for an enum value."""
    made = "_".join(word.upper() for word in words(value)) or "EMPTY"
    if made[0].isdigit():
        made = f"VALUE_{made}"
    if made in _LIKE_DIGITS:
        made += "_"
    return made if made.isidentifier() and not keyword.iskeyword(made) else "VALUE"


def singular(name: str) -> str:
    """Return an English plural's singular, by its ending."""
    lower = name.lower()
    for plural, one in _PLURALS.items():
        if lower.endswith(plural):
            return (
                name[: len(name) - len(plural)] + one.capitalize()
                if name[-len(plural)].isupper()
                else name[: -len(plural)] + one
            )
    if lower.endswith(("ss", "us", "is", "ics")) or not lower.endswith("s"):
        return name
    if lower.endswith("ies") and len(name) > 4:  # noqa: PLR2004 - ties, pies
        return name[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zzes")) or (
        lower.endswith("uses") and not lower.endswith(("ouses", "auses"))
    ):
        return name[:-2]
    return name[:-1]


def class_name(export: str) -> str:
    """Return the class name of a table: its export's singular in `PascalCase`."""
    made = pascal(export)
    if made.endswith("Table") and made != "Table":
        made = made.removesuffix("Table")
    made = singular(made)
    return f"{made}_" if made in _CLASSES or keyword.iskeyword(made) else made


_CLASSES = frozenset(name for name in dir(builtins) if name[0].isupper()) | {
    "Annotated",
    "ClassVar",
    "Decimal",
    "Literal",
    "Self",
    "StrEnum",
    "UUID",
}


def free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken: the one wanted, or with a number."""
    made, count = name, 2
    while made in taken:
        made = f"{name.rstrip('_')}_{count}"
        count += 1
    return made


def unique(names: Iterable[str]) -> list[str]:
    """Return names without repetition: a repeated one gets a number."""
    seen: set[str] = set()
    out = []
    for name in names:
        made = free(name, seen)
        seen.add(made)
        out.append(made)
    return out
