"""Relationships checked in memory, as the batches go by: for runs without a store, and to test the store against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from headgate.quality.findings import Finding, FindingKind
from headgate.quality.plain import shorten, to_json
from headgate.quality.relationship.condition import field_value
from headgate.quality.relationship.declaration import CheckKind, OrphanPolicy, Relationship
from headgate.quality.rule import Severity

Key = tuple[Any, ...]

_SEVERITIES = {
    OrphanPolicy.QUARANTINE: Severity.ERROR,
    OrphanPolicy.HOLD: Severity.CRITICAL,
    OrphanPolicy.LATE: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A row that breaks a relationship.

    Args:
        relationship: What is broken.
        kind: How.
        row: The child; for ``too_few`` and ``too_many``, ``None``.
        reference: The key referred to: of the parent that is missing, or that has the wrong number of children.
        count: The number of children, for ``too_few`` and ``too_many``.
    """

    relationship: Relationship
    kind: CheckKind
    row: Any
    reference: Key
    count: int = 0

    @property
    def finding(self) -> Finding:
        """The breach as a finding: on the child's fields, or on the parent's for ``too_few`` and ``too_many``."""
        link, key = self.relationship, shorten(list(self.reference))
        messages = {
            CheckKind.ORPHAN: f"refers to {link.parent} {key}, which is neither in this run nor in the database",
            CheckKind.NO_REFERENCE: f"must refer to one of {link.parent}",
            CheckKind.TOO_FEW: f"{link.parent} {key} has {self.count} {link.child}, fewer than {link.least}",
            CheckKind.TOO_MANY: f"{link.parent} {key} has {self.count} {link.child}, more than {link.most}",
        }
        counted = self.kind in (CheckKind.TOO_FEW, CheckKind.TOO_MANY)
        severity = Severity.WARNING if counted else _SEVERITIES[link.orphan]
        fields = link.parent_fields if counted else link.fields
        rule = f"{link.name}.{self.kind.value}"
        return Finding(", ".join(fields), rule, severity, self.reference, messages[self.kind], FindingKind.RELATIONSHIP)


class RelationshipTracker:
    """Follows references and keys through the batches of a run.

    Args:
        relationships: What must hold.
    """

    def __init__(self, relationships: Iterable[Relationship]) -> None:
        self._relationships = list(relationships)
        self._parents: dict[int, set[Key]] = defaultdict(set)
        self._children: dict[int, list[tuple[Key, Any]]] = defaultdict(list)
        self._without: dict[int, list[tuple[Key, Any]]] = defaultdict(list)

    def add(self, entity: str, rows: Sequence[Any]) -> None:
        """Note the rows of a batch (mappings or models)."""
        for number, link in enumerate(self._relationships):
            if link.parent == entity:
                self._parents[number].update(_key(row, link.parent_fields) for row in rows)
            if link.child == entity:
                for row in filter(link.applies_to, rows):
                    reference = _key(row, link.fields)
                    (self._without if None in reference else self._children)[number].append((reference, row))

    def wanted(self) -> dict[str, set[Key]]:
        """Return the keys of parents that did not come in this run, by relationship: ask the database for them."""
        return {
            link.name: {reference for reference, _ in self._children[number]} - self._parents[number]
            for number, link in enumerate(self._relationships)
        }

    def breaches(self, stored: Mapping[str, AbstractSet[Key]] | None = None) -> Iterator[Breach]:
        """Yield what is broken.

        The numbers of children count this run only; the store counts what it holds besides.

        Args:
            stored: The wanted keys that the database has, by relationship.
        """
        for number, link in enumerate(self._relationships):
            there = self._parents[number] | (stored or {}).get(link.name, set())
            for reference, row in self._children[number]:
                if reference not in there:
                    yield Breach(link, CheckKind.ORPHAN, row, reference)
            if link.required:
                for reference, row in self._without[number]:
                    yield Breach(link, CheckKind.NO_REFERENCE, row, reference)
            yield from self._miscounted(number, link)

    def _miscounted(self, number: int, link: Relationship) -> Iterator[Breach]:
        if not link.least and link.most is None:
            return
        counts = Counter(reference for reference, _ in self._children[number])
        for parent in sorted(self._parents[number], key=shorten):
            if counts[parent] < link.least:
                yield Breach(link, CheckKind.TOO_FEW, None, parent, counts[parent])
            elif link.most is not None and counts[parent] > link.most:
                yield Breach(link, CheckKind.TOO_MANY, None, parent, counts[parent])


def _key(row: Any, fields: Sequence[str]) -> Key:
    return tuple(_hashable(field_value(row, field)) for field in fields)


def _hashable(value: Any) -> Any:
    """Return a value that can be looked up: a list or an object as its text."""
    try:
        hash(value)
    except TypeError:
        return to_json(value)
    return value
