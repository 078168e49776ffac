"""When two documents count as the same. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Equality: TypeAlias = Callable[[Any, Any], bool]
"""Tells whether an old and a new value count as equal. Never called with two values that are equal anyway."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the fields of an entity are compared.

    A value that counts as equal keeps its stored form: many small drifts add up to a change once they leave the
    tolerance of what is stored.

    Args:
        ignore: Fields that are stored but never make a row changed.
        tolerance: By field, the absolute difference up to which two numbers count as equal.
        equality: By field, a function that tells whether two values count as equal.
    """

    ignore: frozenset[str] = frozenset()
    tolerance: Mapping[str, float] = field(default_factory=dict)
    equality: Mapping[str, Equality] = field(default_factory=dict)

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Return the fields that count as changed, each with its old and new value."""
        differ = changed_fields(before, after)
        if not (self.ignore or self.tolerance or self.equality):
            return differ
        return {name: pair for name, pair in differ.items() if not self._equal(name, *pair)}

    def _equal(self, name: str, old: Any, new: Any) -> bool:
        if name in self.ignore:
            return True
        equality = self.equality.get(name)
        if equality is not None and equality(old, new):
            return True
        tolerance = self.tolerance.get(name)
        return tolerance is not None and _is_number(old) and _is_number(new) and _near(old, new, tolerance)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the fields that differ, each with its old and new value. A missing field counts as ``None``."""
    return {
        name: [old, new]
        for name in sorted(before.keys() | after.keys())
        # to Python True equals 1, to JSON it does not
        if (old := before.get(name)) != (new := after.get(name)) or isinstance(old, bool) != isinstance(new, bool)
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _near(old: float, new: float, tolerance: float) -> bool:
    return math.isclose(old, new, rel_tol=0, abs_tol=tolerance)
