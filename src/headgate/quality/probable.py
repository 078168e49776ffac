"""Rows that are probably the same thing under two keys: reported with score and evidence, never merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.names import NameIndex
from headgate.quality.plain import to_json

LARGEST_BLOCK = 60
"""A word or value that more rows than these share is no sign of anything, and does not make them worth comparing."""


@dataclass(frozen=True, slots=True)
class ProbablePair:
    """Two rows that are probably one thing.

    Args:
        left: Position of the first row.
        right: Position of the second row.
        keys: The values of their keys.
        names: Their names.
        score: How probable it is, 0 to 1; a measure to sort by, not a probability.
        name_similarity: What the names alone say, 0 to 1.
        shared_words: Words that both names have, misspellings mended, sorted.
        agreeing: Fields of evidence in which they agree.
        differing: Fields of evidence in which they differ.
    """

    left: int
    right: int
    keys: tuple[tuple[Any, ...], tuple[Any, ...]]
    names: tuple[str, str]
    score: float
    name_similarity: float
    shared_words: tuple[str, ...]
    agreeing: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def message(self) -> str:
        """The finding in one sentence."""
        parts = [f"the names are {self.name_similarity:.0%} alike"]
        parts += [f"the same {field}" for field in self.agreeing] + [f"another {field}" for field in self.differing]
        return f"'{self.names[0]}' and '{self.names[1]}' are probably the same ({self.score:.0%}): {', '.join(parts)}"


def probable_duplicates(
    rows: Sequence[Any],
    *,
    key: Sequence[str],
    name: str,
    evidence: Mapping[str, float] | None = None,
    threshold: float = 0.8,
) -> list[ProbablePair]:
    """Return the pairs of rows that are probably one thing under two keys, the most probable first.

    The score starts as the similarity of the names: the cosine of their words, weighed by inverse document frequency,
    misspellings mended. Then each field of evidence that both rows have moves it: if they agree, by its weight's
    share of what is missing to 1 (``score + (1 - score) * weight``), and if they differ, by the same share of what is
    there towards 0 (``score * (1 - weight)``). Only rows that share a rare word or a rare value are compared.

    Args:
        rows: Models or mappings.
        key: Fields that identify a row.
        name: The field with the name.
        evidence: Other fields that speak for or against it, with their weights, 0 to 1. A web site, which two things
            seldom share, may have 0.6; a state, which many share, 0.2.
        threshold: Least score of a pair that is reported.

    Raises:
        ConfigError: A weight is not between 0 and 1.
        MissingExtraError: rapidfuzz is not installed.
    """
    weights = dict(evidence or {})
    for field, weight in weights.items():
        if not 0 <= weight <= 1:
            raise ConfigError(f"The weight of '{field}' is {weight}.", hint="Weights of evidence lie between 0 and 1.")
    names = [_text(_value(row, name)) for row in rows]
    index = NameIndex(names)
    facts = {field: [_comparable(_value(row, field)) for row in rows] for field in weights}
    pairs: list[ProbablePair] = []
    for left, right in _candidates(index, facts.values()):
        similarity = index.similarity(left, right)
        score, agreeing, differing = _weigh(similarity, left, right, facts, weights)
        if score >= threshold:
            pairs.append(
                ProbablePair(
                    left,
                    right,
                    (_key(rows[left], key), _key(rows[right], key)),
                    (names[left], names[right]),
                    score,
                    similarity,
                    tuple(sorted(index.words[left].keys() & index.words[right].keys())),
                    agreeing,
                    differing,
                )
            )
    return sorted(pairs, key=lambda pair: (-pair.score, pair.left, pair.right))


def _candidates(index: NameIndex, facts: Iterable[Sequence[Hashable]]) -> Iterator[tuple[int, int]]:
    """Yield each pair worth comparing, once."""
    seen: set[tuple[int, int]] = set()
    blocks = [*index.blocks(LARGEST_BLOCK), *(block for values in facts for block in _sharing(values))]
    for block in blocks:
        for pair in combinations(block, 2):
            if pair not in seen:
                seen.add(pair)
                yield pair


def _sharing(values: Sequence[Hashable]) -> Iterable[list[int]]:
    """Return the groups of positions that share a value which few have."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        if value is not None:
            groups[value].append(position)
    return [group for group in groups.values() if 1 < len(group) <= LARGEST_BLOCK]


def _weigh(
    score: float, left: int, right: int, facts: Mapping[str, Sequence[Hashable]], weights: Mapping[str, float]
) -> tuple[float, tuple[str, ...], tuple[str, ...]]:
    agreeing, differing = [], []
    for field, values in facts.items():
        if values[left] is None or values[right] is None:
            continue
        if values[left] == values[right]:
            agreeing.append(field)
            score += (1 - score) * weights[field]
        else:
            differing.append(field)
            score *= 1 - weights[field]
    return score, tuple(agreeing), tuple(differing)


def _value(row: Any, field: str) -> Any:
    return row.get(field) if isinstance(row, Mapping) else getattr(row, field, None)


def _key(row: Any, fields: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_value(row, field) for field in fields)


def _comparable(value: Any) -> Hashable:
    """Return a value as evidence compares it: text without case and outer blanks; nothing at all is ``None``."""
    return _text(value).strip().casefold() or None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value)
