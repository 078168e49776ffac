"""What the listings say, and whether they can be believed: pure functions on rows.

A listing has no paging and no count: nothing in it shows that rows are missing. The proof of completeness is that two
answers to two questions agree: the members of a division, asked for by division, are the members that the undivided
listing shows in that division. An upstream that loses the same rows from both answers is not found out; the guard on
deletions is the second line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from headgate.errors import UnexpectedShapeError
from headgate.sources.ncaa.enums import Division

Rows = Sequence[Any]

MEMBER_KEY = "orgId"
SPORT_KEY = "value"


def rows_of(body: object, key: str, *, url: str) -> list[Any]:
    """Return the rows of a listing. Rows that are broken one by one are left for validation to refuse.

    Raises:
        UnexpectedShapeError: It is not a list, or none of its rows has the key.
    """
    if not isinstance(body, list):
        raise _not_a_listing(url, f"a list of rows was expected, and {type(body).__name__} came")
    if body and not any(isinstance(row, Mapping) and key in row for row in body):
        raise _not_a_listing(url, f"none of its {len(body)} rows has '{key}'")
    return body


def _not_a_listing(url: str, why: str) -> UnexpectedShapeError:
    return UnexpectedShapeError(
        f"The answer of {url} is not a listing of the NCAA directory as it is known: {why}.",
        hint="Look at the answer. If the directory changed, the source has to follow.",
    )


def keys_of(rows: Rows, key: str) -> set[Any] | None:
    """Return the keys of some rows; ``None`` if one of them has no usable key, so that nothing is proven."""
    keys = {row.get(key) if isinstance(row, Mapping) else None for row in rows if _is_hashable_key(row, key)}
    return keys if all(_is_hashable_key(row, key) for row in rows) else None


def _is_hashable_key(row: object, key: str) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get(key), int | str) and not isinstance(row.get(key), bool)


def in_division(rows: Rows, division: Division) -> list[Any]:
    """Return the rows of the undivided listing that say they are in a division."""
    return [row for row in rows if isinstance(row, Mapping) and _division_of(row) is division]


def _division_of(row: Mapping[str, Any]) -> Division | None:
    try:
        return Division.from_code(row.get("division"))
    except ValueError:
        return None


def agree(first: Rows, second: Rows, key: str) -> bool:
    """Tell whether two answers show the same keys. Empty answers prove nothing."""
    keys = keys_of(first, key)
    return bool(keys) and keys == keys_of(second, key)


def either(first: Rows, second: Rows, key: str) -> list[Any]:
    """Return the rows of two answers that disagree: all of the first, then what only the second has."""
    known = {row[key] for row in first if _is_hashable_key(row, key)}
    return [*first, *(row for row in second if _is_hashable_key(row, key) and row[key] not in known)]


def conferences_of(members: Rows) -> list[dict[str, Any]]:
    """Return the conferences that members name, sorted by id, each with its name and its members' divisions.

    Names are trimmed; if members write a name differently, the most frequent form stands.
    """
    names: dict[int, Counter[str]] = defaultdict(Counter)
    divisions: dict[int, set[Division]] = defaultdict(set)
    for row in members:
        conference_id = row.get("conferenceId") if isinstance(row, Mapping) else None
        if not isinstance(conference_id, int) or isinstance(conference_id, bool):
            continue  # the member itself is refused for it, or belongs nowhere
        if isinstance(row.get("conferenceName"), str):
            names[conference_id][row["conferenceName"].strip()] += 1
        division = _division_of(row)
        divisions[conference_id] |= set() if division is None else {division}
    return [
        {
            "conferenceId": conference_id,
            "conferenceName": _most_frequent(names[conference_id]),
            "divisions": sorted(divisions[conference_id]),
        }
        for conference_id in sorted(divisions)
    ]


def _most_frequent(names: Counter[str]) -> str:
    return min(names, key=lambda name: (-names[name], name), default="")


def sport_codes(sports: Iterable[Any]) -> dict[str, str]:
    """Return the sport codes by name of the sport."""
    return {
        row["label"].strip(): row["value"].strip()
        for row in sports
        if isinstance(row, Mapping) and isinstance(row.get("label"), str) and isinstance(row.get("value"), str)
    }
