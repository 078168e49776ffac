"""A function over a whole column, at the speed of C, in which one element that raises harms no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter, length_hint
from typing import Any

Columns = Mapping[str, Sequence[Any]]
"""The values of fields, in the order of the rows."""


def map_all(
    function: Callable[[Any], Any], values: Iterable[Any], count: int
) -> tuple[list[Any], dict[int, Exception]]:
    """Return ``function`` of each of ``count`` values, in order, and what was raised, by position.

    Where something was raised the result is ``None``. Each value is tried exactly once. ``map`` can be resumed after
    an exception, and ``extend`` keeps what it had: as long as nothing raises, no Python code runs between two calls.
    """
    results: list[Any] = []
    raised: dict[int, Exception] = {}
    calls = map(function, values)
    while True:
        try:
            results.extend(calls)
            if len(results) == count:
                return results, raised
            error: Exception = StopIteration()  # raised by the function, it looks like the end of the column
        except Exception as caught:  # noqa: BLE001 - the function is somebody else's; what it raised is its result
            error = caught
        raised[len(results)] = error
        results.append(None)


def failures(check: Callable[[Any], object], values: Sequence[Any]) -> dict[int, Exception | None]:
    """Return the positions of the values that do not pass, each with what was raised, if anything was.

    ``all`` stops behind the first failure, and what is left of the iterator says where that was; then it goes on from
    there. As long as everything passes, no Python code runs between two calls.

    Args:
        check: Says whether a value is good.
        values: The values.
    """
    failed: dict[int, Exception | None] = {}
    left = iter(values)
    calls = map(check, left)
    while True:
        error: Exception | None = None
        try:
            passed = all(calls)
        except Exception as caught:  # noqa: BLE001 - a rule that raises is a finding about the rule
            passed, error = False, caught
        remaining = length_hint(left)
        if passed:
            if not remaining:
                break
            error = StopIteration()  # raised by the check, it looks like the end of the column
        failed[len(values) - remaining - 1] = error
    if values and len(values) - 1 not in failed:
        try:
            # a StopIteration for the last value is the end of the column in every respect: only asking again tells
            check(values[-1])
        except StopIteration as caught:
            failed[len(values) - 1] = caught
    return failed


class ColumnReader:
    """Turns models into columns, one field of all of them after the other.

    Args:
        names: The fields.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._read = itemgetter(*self._names) if self._names else None

    def columns(self, models: Sequence[Any]) -> Columns:
        """Return the values of each field, in the order of the models."""
        if self._read is None or not models:
            return dict.fromkeys(self._names, ())
        values = map(self._read, map(_fields_of, models))
        if len(self._names) == 1:
            return {self._names[0]: list(values)}
        return dict(zip(self._names, zip(*values, strict=True), strict=True))


_fields_of = attrgetter("__dict__")
