"""A function over a whole column, at the speed of C, in which one element that raises harms no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import length_hint
from typing import Any


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


def all_pass(check: Callable[[Any], object], read: Callable[[Any], Any] | None, rows: list[Any]) -> bool:
    """Whether every value passes; false also where something is raised."""
    left = iter(rows)
    try:
        return all(map(check, left if read is None else map(read, left))) and not length_hint(left)
    except Exception:  # noqa: BLE001 - the check is somebody else's; what it raised is found out by failures()
        return False


def failures(
    check: Callable[[Any], object], read: Callable[[Any], Any] | None, rows: list[Any]
) -> dict[int, Exception | None]:
    """Return the positions of the rows whose value does not pass, each with what was raised, if anything was.

    ``all`` stops behind the first failure, and what is left of the iterator says where that was; then it goes on from
    there. As long as everything passes, no Python code runs between two calls.

    Args:
        check: Says whether a value is good.
        read: Gets the value out of a row; none: the row itself is judged.
        rows: The rows.
    """
    failed: dict[int, Exception | None] = {}
    left = iter(rows)
    calls = map(check, left if read is None else map(read, left))
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
        failed[len(rows) - remaining - 1] = error
    if rows and len(rows) - 1 not in failed:
        try:
            # a StopIteration for the last row is the end of the column in every respect: only asking again tells
            check(rows[-1] if read is None else read(rows[-1]))
        except StopIteration as caught:
            failed[len(rows) - 1] = caught
    return failed
