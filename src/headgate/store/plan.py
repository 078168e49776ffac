"""What a run would change, before it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from headgate.errors import BugError


class Operation(StrEnum):
    """What happens to a row."""

    NEW = "new"
    UPDATED = "updated"
    DELETED = "deleted"
    TOUCHED = "touched"
    """Equal in every field: only its partition, or the written form of a value (``1.0`` for ``1``), is noted anew.
    Counts as unchanged and makes no version."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The funnel of one entity, in rows.

    ``fetched = duplicates + quarantined + valid`` and ``valid = new + updated + unchanged``. ``deleted`` counts stored
    rows that are gone from the upstream.
    """

    fetched: int = 0
    duplicates: int = 0
    quarantined: int = 0
    valid: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0

    def check(self, where: str) -> None:
        """Raise :class:`BugError` unless the funnel adds up."""
        if (
            self.fetched != self.duplicates + self.quarantined + self.valid
            or self.valid != self.new + self.updated + self.unchanged
        ):
            message = f"The funnel of {where} does not add up: {asdict(self)}."
            raise BugError(message, hint="Nothing was applied. Please report it with the log.")


@dataclass(frozen=True, slots=True)
class Repeat:
    """A key that came more than once, and whose other rows count as duplicates.

    Args:
        key: The values of the key.
        rows: How many of its rows count as duplicates.
        conflicts: Of them, those with another content than the row that stood when they came.
    """

    key: tuple[Any, ...]
    rows: int
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class EntityPlan:
    """What a run would do to one entity.

    Args:
        name: Name of the entity.
        counts: The funnel.
        known: Rows that were stored before the run.
        conflicts: Keys that came with two contents; every row of them is in quarantine.
        absent_kept: Stored rows that did not come and are kept all the same, because a partition was not enumerated
            to its end or a row in quarantine could not be identified.
        unidentified: Rows in quarantine whose key cannot be told; while there is one, nothing is deleted.
        complete: Partitions that were enumerated to their end.
        incomplete: Partitions that came, or that hold stored rows, and were not.
        partial: Whether a partition that holds stored rows was not.
        deletions_known: Whether every stored row that is gone from the upstream counts as deleted. If not, there may
            be more of them than ``counts.deleted`` says.
        repeats: The keys behind ``counts.duplicates``, the first hundred of them.
    """

    name: str
    counts: Counts
    known: int = 0
    conflicts: int = 0
    absent_kept: int = 0
    unidentified: int = 0
    complete: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    partial: bool = False
    deletions_known: bool = True
    repeats: tuple[Repeat, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no row of the entity would change."""
        return not (self.counts.new or self.counts.updated or self.counts.deleted)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do, as it was written down.

    Args:
        id: The id of the run.
        source: The source.
        hash: Fingerprint of every planned change and of what it was compared with.
        entities: By name.
    """

    id: str
    source: str
    hash: str
    entities: Mapping[str, EntityPlan] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return all(entity.is_empty for entity in self.entities.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote."""
        entities = {name: _entity_from(entity) for name, entity in values["entities"].items()}
        return cls(values["id"], values["source"], values["hash"], entities)


def _entity_from(values: Mapping[str, Any]) -> EntityPlan:
    # a plan of an earlier version says nothing about what it adds: then a partial one has told no deletions
    given = {"incomplete": (), "deletions_known": not values["partial"], "repeats": (), **values}
    partitions = {name: tuple(given[name]) for name in ("complete", "incomplete")}
    repeats = tuple(Repeat(**{**repeat, "key": tuple(repeat["key"])}) for repeat in given["repeats"])
    return EntityPlan(**{**given, **partitions, "repeats": repeats, "counts": Counts(**values["counts"])})


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a plan or of a finished run.

    Args:
        entity: Name of the entity.
        key: The values of its key, in order.
        operation: New, updated or deleted.
        fields: For an update, the old and the new value of each field that changed.
        document: All fields as they are after the change; for a deletion, as they were before.
    """

    entity: str
    key: tuple[Any, ...]
    operation: Operation
    fields: Mapping[str, tuple[Any, Any]]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that did not pass.

    Args:
        raw: The row as it came.
        reasons: Every reason, in sentences.
        key: The values of its key where they can be told. Without it nothing of the entity is deleted in this run:
            the row may be any of the stored ones.
    """

    raw: Mapping[str, Any]
    reasons: tuple[str, ...] | list[str]
    key: tuple[Any, ...] | None = None
