"""Rows that say the same twice, and rows that contradict each other: found by key, settled by an explicit rule."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality.plain import to_json

Row = TypeVar("Row")


class Winner(StrEnum):
    """Which row of several with one key and different content goes on.

    ``first`` and ``last`` in the order of the input; ``newest`` by a field, of which the greatest value wins (the
    first of several equal ones; no value loses to any); ``quarantine``: none, and all of them are refused.
    """

    FIRST = "first"
    LAST = "last"
    NEWEST = "newest"
    QUARANTINE = "quarantine"


class DuplicateKind(StrEnum):
    """``exact``: same key, same content (text without the blanks at its ends); ``conflicting``: another content."""

    EXACT = "exact"
    CONFLICTING = "conflicting"


@dataclass(frozen=True, slots=True)
class DuplicatePolicy:
    """How rows with the same key are told apart and settled.

    Args:
        key: Fields that identify a row.
        winner: Which of several conflicting rows goes on.
        newest_by: The field that ``newest`` compares.

    Raises:
        ConfigError: There is no key, the winner does not exist, or ``newest`` and ``newest_by`` are not given together.
    """

    key: tuple[str, ...]
    winner: Winner
    newest_by: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot settle anything."""
        if not self.key or isinstance(self.key, str):
            raise ConfigError("A duplicate policy needs the names of the key's fields, as a tuple.")
        try:
            object.__setattr__(self, "winner", Winner(self.winner))
        except ValueError:
            raise ConfigError(
                f"The winner {self.winner!r} does not exist.", hint=f"Winners are: {', '.join(Winner)}."
            ) from None
        if (self.winner is Winner.NEWEST) != (self.newest_by is not None):
            raise ConfigError(
                "The winner 'newest' and the field 'newest_by' belong together.", hint="Give both, or neither."
            )


@dataclass(frozen=True, slots=True)
class Duplicate(Generic[Row]):
    """A row that did not go on because of another one with its key.

    Args:
        index: Position of the row in the input.
        row: The row.
        key: The values of its key.
        kind: Exact or conflicting.
        kept: Position of the row that stands for it; ``None`` if none does.
        differing: Fields in which the two differ; for a conflict that none won, those in which any of them do.
    """

    index: int
    row: Row
    key: tuple[Any, ...]
    kind: DuplicateKind
    kept: int | None
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deduplicated(Generic[Row]):
    """The outcome: rows with keys of their own, and where every other row went. Together they are the input.

    Args:
        kept: The rows that go on, in the order of the input.
        dropped: Rows that another one stands for.
        refused: Rows of a conflict that none won: they belong into the quarantine.
    """

    kept: list[Row]
    dropped: list[Duplicate[Row]] = field(default_factory=list)
    refused: list[Duplicate[Row]] = field(default_factory=list)


def deduplicate(rows: Sequence[Row], policy: DuplicatePolicy) -> Deduplicated[Row]:
    """Return the rows with each key once, and what became of the others.

    A row that lacks a field of the key cannot be told to be another one, and goes on.

    Args:
        rows: Models or mappings.
        policy: The key and the winner.
    """
    if not rows:
        return Deduplicated([])
    keys = _keys(rows, policy.key)
    # a dict keeps the last position of each key; equal sizes mean that there is nothing to do
    last = dict(zip(keys, range(len(keys)), strict=True))
    if len(last) == len(keys):
        return Deduplicated(list(rows))
    groups: dict[Any, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        if last[key] != position:
            groups[key].append(position)
    dropped: list[Duplicate[Row]] = []
    refused: list[Duplicate[Row]] = []
    for key, earlier in groups.items():
        shown = key if len(policy.key) > 1 and isinstance(key, tuple) else (key,)
        for duplicate in _settle(rows, [*earlier, last[key]], shown, policy):
            is_refused = duplicate.kept is None
            (refused if is_refused else dropped).append(duplicate)
    gone = {duplicate.index for duplicate in (*dropped, *refused)}
    kept = [row for position, row in enumerate(rows) if position not in gone]
    return Deduplicated(kept, sorted(dropped, key=_position), sorted(refused, key=_position))


def _settle(
    rows: Sequence[Row], positions: list[int], key: tuple[Any, ...], policy: DuplicatePolicy
) -> Iterator[Duplicate[Row]]:
    """Yield the rows of one key that do not go on."""
    contents = {position: _content(rows[position]) for position in positions}
    firsts: dict[str, int] = {}
    for position in positions:
        firsts.setdefault(_fingerprint(contents[position]), position)
    standing = list(firsts.values())
    winner = _winner(rows, positions, standing, policy)
    for position in positions:
        if position == winner:
            continue
        rivals = standing if winner is None else [winner]
        differing = _differing(contents[position], [contents[rival] for rival in rivals])
        same_as = firsts[_fingerprint(contents[position])]
        if winner is None and same_as != position:
            yield Duplicate(position, rows[position], key, DuplicateKind.EXACT, same_as)
        else:
            kind = DuplicateKind.CONFLICTING if differing else DuplicateKind.EXACT
            yield Duplicate(position, rows[position], key, kind, winner, differing)


def _winner(rows: Sequence[Any], positions: list[int], standing: list[int], policy: DuplicatePolicy) -> int | None:
    """Return the position of the row that goes on; ``standing`` has the first row of each different content."""
    if len(standing) == 1:
        return standing[0]
    if policy.winner is Winner.FIRST:
        return positions[0]
    if policy.winner is Winner.LAST:
        return positions[-1]
    if policy.winner is Winner.QUARANTINE:
        return None
    read = _reader(rows[0], (str(policy.newest_by),))
    dated = [(value, position) for position in standing if (value := read(rows[position])) is not None]
    try:
        # max returns the first of several equal ones
        return max(dated, key=itemgetter(0), default=(None, positions[0]))[1]
    except TypeError:
        return None  # values that cannot be compared decide nothing: the conflict stands


def _keys(rows: Sequence[Any], names: tuple[str, ...]) -> list[Any]:
    try:
        keys = list(map(_reader(rows[0], names), rows))
    except (KeyError, AttributeError, TypeError):
        keys = [_key_or_itself(row, names) for row in rows]
    try:
        hash(tuple(keys))
    except TypeError:
        return [_hashable(key) for key in keys]
    return keys


def _key_or_itself(row: Any, names: tuple[str, ...]) -> Any:
    """Return the key of any row; an object that equals no other where there is none."""
    try:
        return _reader(row, names)(row)
    except (KeyError, AttributeError, TypeError):
        return object()


def _hashable(key: Any) -> Any:
    """Return the text of a key that is a list or an object, or contains one."""
    try:
        hash(key)
    except TypeError:
        return to_json(key)
    return key


def _reader(sample: Any, names: tuple[str, ...]) -> Callable[[Any], Any]:
    return itemgetter(*names) if isinstance(sample, Mapping) else attrgetter(*names)


def _content(row: Any) -> dict[str, str]:
    """Return the text of each field, without blanks at its ends."""
    values = row.__dict__ if isinstance(row, BaseModel) else row
    return {name: to_json(value.strip() if isinstance(value, str) else value) for name, value in values.items()}


def _fingerprint(content: Mapping[str, str]) -> str:
    return json.dumps(content, sort_keys=True)


def _differing(content: Mapping[str, str], others: list[dict[str, str]]) -> tuple[str, ...]:
    names = dict.fromkeys(name for fields in (content, *others) for name in fields)
    return tuple(name for name in names if any(content.get(name) != other.get(name) for other in others))


def _position(duplicate: Duplicate[Any]) -> int:
    return duplicate.index
