"""What several answers to the same question are worth together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headgate.sources.ncaa.listings import Rows, agree, either


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a listing, and whether they are proven to be all.

    Args:
        rows: Raw rows, repeated ones included.
        complete: Two answers to two questions showed the same keys.
        doubt: Why not, in a sentence; nothing if they did.
    """

    rows: Sequence[Any]
    complete: bool
    doubt: str | None = None


def settle(answers: Sequence[Rows], counterparts: Sequence[Rows], *, key: str, what: str) -> Listing:
    """Return what is known after some answers and some answers to the question they are compared with.

    The first answer that agrees with a counterpart is the listing. If none does, it is every row that any of them has,
    and it is not complete.

    Args:
        answers: Answers to the question itself; at least one.
        counterparts: Answers to the other question, cut to the same part.
        key: The field that tells rows apart.
        what: What is listed, for the reader of a doubt.
    """
    for answer in answers:
        if any(agree(answer, counterpart, key) for counterpart in counterparts):
            return Listing(answer, complete=True)
    rows: Rows = answers[0]
    for other in (*answers[1:], *counterparts):
        rows = either(rows, other, key)
    return Listing(rows, complete=False, doubt=_doubt(answers, counterparts, len(rows), what))


def _doubt(answers: Sequence[Rows], counterparts: Sequence[Rows], rows: int, what: str) -> str:
    if not rows:
        why = "it is empty"
    elif not counterparts:
        why = "what it is compared with could not be read"
    else:
        counts = ", ".join(str(len(answer)) for answer in answers)
        others = ", ".join(str(len(counterpart)) for counterpart in counterparts)
        why = f"answers disagree (rows: {counts}; compared with {others})"
    return f"The listing of {what} is not proven complete: {why}. Nothing in it is taken for deleted."
