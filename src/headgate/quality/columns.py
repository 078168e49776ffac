"""A function over a whole column, at the speed of C, in which one element that raises harms no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def failures(verdicts: list[Any], raised: dict[int, Exception]) -> dict[int, Exception | None]:
    """Return the positions of the verdicts that are not true, each with what was raised, if anything was."""
    try:
        if not raised and all(verdicts):
            return {}
        truths = list(map(bool, verdicts))
    except Exception:  # noqa: BLE001 - the truth of a foreign object, such as an array, may raise as well
        truths, doubtful = map_all(bool, verdicts, len(verdicts))
        raised = {**doubtful, **raised}
    return {position: raised.get(position) for position, good in enumerate(truths) if not good}
