"""drizzle-orm's `casing` option: names in the database made from TypeScript keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from headgate.drizzle.problems import SchemaError

_WORD = re.compile(r"[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+")


def _words(name: str) -> list[str]:
    return _WORD.findall(re.sub(r"['\u2019]", "", name))


def snake_case(name: str) -> str:
    """Return `userId` as `user_id`."""
    return "_".join(word.lower() for word in _words(name))


def camel_case(name: str) -> str:
    """Return `user_id` as `userId`."""
    words = _words(name)
    return "".join(word.lower() if i == 0 else word[0].upper() + word[1:] for i, word in enumerate(words))


def casing_function(casing: str | None) -> Callable[[str], str]:
    """Return the function behind a casing option.

    Raises:
        SchemaError: If there is no such option.
    """
    functions: dict[str | None, Callable[[str], str]] = {None: str, "snake_case": snake_case, "camelCase": camel_case}
    if casing not in functions:
        raise SchemaError(f"unknown casing '{casing}'", hint="Use snake_case or camelCase, as in drizzle.config.ts.")
    return functions[casing]
