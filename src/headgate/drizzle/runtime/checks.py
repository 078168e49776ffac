"""CHECK constraints: SQL's three-valued logic, in which a check fails only if it is false."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from headgate.drizzle.runtime.models import UNSET

Truth: TypeAlias = bool | None


def _absent(*values: Any) -> bool:
    return any(value is None or value is UNSET for value in values)


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, float) and isinstance(right, Decimal):
        return Decimal(repr(left)), right
    if isinstance(left, Decimal) and isinstance(right, float):
        return left, Decimal(repr(right))
    if isinstance(left, UUID) and isinstance(right, str):
        return str(left), right
    return left, right


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Truth]:
    def run(left: Any, right: Any) -> Truth:
        if _absent(left, right):
            return None
        return bool(test(*_comparable(left, right)))

    return run


eq = _compare(lambda a, b: a == b)
ne = _compare(lambda a, b: a != b)
lt = _compare(lambda a, b: a < b)
le = _compare(lambda a, b: a <= b)
gt = _compare(lambda a, b: a > b)
ge = _compare(lambda a, b: a >= b)


def both(*parts: Truth) -> Truth:
    """Return SQL's `AND`."""
    if False in parts:
        return False
    return None if None in parts else True


def either(*parts: Truth) -> Truth:
    """Return SQL's `OR`."""
    if True in parts:
        return True
    return None if None in parts else False


def negate(part: Truth) -> Truth:
    """Return SQL's `NOT`."""
    return None if part is None else not part


def is_null(value: Any) -> Truth:
    """Return SQL's `IS NULL`; unknown for a field that was left out, which the database may fill in."""
    return None if value is UNSET else value is None


def among(value: Any, *choices: Any) -> Truth:
    """Return SQL's `IN`."""
    return either(*(eq(value, choice) for choice in choices))


def between(value: Any, low: Any, high: Any) -> Truth:
    """Return SQL's `BETWEEN`."""
    return both(ge(value, low), le(value, high))


def length(value: Any) -> int | None:
    """Return the length of a text in code points."""
    return None if _absent(value) else len(value)


def apply(function: Callable[..., Any], *values: Any) -> Any:
    """Call a function, unless an argument is NULL."""
    return None if _absent(*values) else function(*values)


def trim(value: str) -> str:
    """Return a text without the spaces around it."""
    return value.strip(" ")


def _arithmetic(run: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: None if _absent(left, right) else run(*_comparable(left, right))


add = _arithmetic(lambda a, b: a + b)
sub = _arithmetic(lambda a, b: a - b)
mul = _arithmetic(lambda a, b: a * b)


@lru_cache(maxsize=256)
def _pattern(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)


def matches(value: Any, pattern: str, *, ignore_case: bool = False) -> Truth:
    """Return PostgreSQL's `~` and `~*`."""
    if _absent(value):
        return None
    return _pattern(pattern, re.IGNORECASE if ignore_case else 0).search(value) is not None


def like(value: Any, pattern: str, *, ignore_case: bool = False) -> Truth:
    """Return SQL's `LIKE` and PostgreSQL's `ILIKE`."""
    if _absent(value):
        return None
    written = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
    return _pattern(written, re.DOTALL | (re.IGNORECASE if ignore_case else 0)).fullmatch(value) is not None


def require(truth: Truth, name: str, expression: str) -> None:
    """Refuse a row whose check is false.

    Raises:
        ValueError: If the check is false.
    """
    if truth is False:
        raise ValueError(f"the check {name} fails: {expression}")
