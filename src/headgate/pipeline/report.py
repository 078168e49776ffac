"""What a run leaves for its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from headgate.store import EntityPlan


class RunStatus(StrEnum):
    """How a run ended, when it did not fail."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class EntityReport:
    """The funnel of one entity, in rows.

    ``fetched = duplicates + quarantined + valid`` and ``valid = new + updated + unchanged``; ``deleted`` counts rows
    that were in the database and are gone from the upstream.

    ``conflicts`` counts keys that came with two contents; of a run that takes another back, rows that a later run
    changed and that it leaves alone. ``kept`` counts rows that were in the database, did not come, and were kept all
    the same. ``complete`` says that the entity was proven to be listed to its end: without that, "unchanged" is true
    only of what could be read; ``incomplete`` names the partitions that were not. ``deletions_known`` says that every
    known row that is gone counts as deleted; without that, more of them may be gone than ``deleted`` says.
    """

    fetched: int
    duplicates: int
    quarantined: int
    valid: int
    new: int
    updated: int
    unchanged: int
    deleted: int
    conflicts: int = 0
    kept: int = 0
    complete: bool = False
    incomplete: Sequence[str] = ()
    deletions_known: bool = True

    @classmethod
    def of(cls, plan: EntityPlan) -> Self:
        """Return the funnel of a plan."""
        return cls(
            **asdict(plan.counts),
            conflicts=plan.conflicts,
            kept=plan.absent_kept,
            complete=bool(plan.complete) and not plan.incomplete and not plan.partial,
            incomplete=plan.incomplete,
            deletions_known=plan.deletions_known,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the plan.

    Args:
        entity: Name of the entity.
        key: The values of its key, in order.
        operation: ``"new"``, ``"updated"`` or ``"deleted"``.
        label: What a person calls the row; the key where nothing better is known.
        fields: For an update, the old and the new value of each field that changed.
    """

    entity: str
    key: tuple[Any, ...]
    operation: str
    label: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plain values."""
        fields = {name: {"old": old, "new": new} for name, (old, new) in self.fields.items()}
        return {
            "entity": self.entity,
            "key": list(self.key),
            "operation": self.operation,
            "label": self.label,
            "fields": fields,
        }


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many rows of an entity broke a rule.

    Args:
        entity: Name of the entity.
        rule: Name of the rule; ``model.<type>`` for what the model itself found.
        severity: ``info``, ``warning``, ``error`` or ``critical``.
        rows: Rows that broke it.
    """

    entity: str
    rule: str
    severity: str
    rows: int

    @property
    def words(self) -> str:
        """How many rows break, as the beginning of a sentence."""
        return "1 row breaks" if self.rows == 1 else f"{self.rows:,} rows break"


@dataclass(frozen=True, slots=True)
class ResumedPart:
    """A part of the upstream that was not asked for, because an interrupted run had read it.

    Args:
        entity: Name of the entity.
        partition: The part.
        rows: How many rows it has.
        run: The id of the run that read it.
    """

    entity: str
    partition: str
    rows: int
    run: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The result of one run.

    Args:
        run: The id of the run.
        source: The name of the source.
        status: How it ended.
        duration_seconds: From start to end.
        entities: The funnel of each entity.
        reasons: Why the run is held, in sentences; empty otherwise.
        warnings: What the source could not do, in sentences.
        findings: Which rules were broken, and by how many rows.
        changes: A sample of the changes, bounded by configuration.
        metrics: The counters of the requests, as ``get_metrics_summary()`` returns them.
        hash: The fingerprint of the plan.
        resumed: What an interrupted run had read.
        enriched: By entity, how many rows were matched with institutions, by kind of match; empty without enrichment.
    """

    run: str
    source: str
    status: RunStatus
    duration_seconds: float
    entities: Mapping[str, EntityReport]
    reasons: Sequence[str] = ()
    warnings: Sequence[str] = ()
    findings: Sequence[RuleCount] = ()
    changes: Sequence[Change] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""
    resumed: Sequence[ResumedPart] = ()
    enriched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every entity was proven to be listed to its end."""
        return all(entity.complete for entity in self.entities.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values: the object that ``headgate sync --json`` prints."""
        return {
            "run": self.run,
            "source": self.source,
            "status": self.status.value,
            "hash": self.hash,
            "duration_seconds": round(self.duration_seconds, 3),
            "entities": {name: asdict(entity) for name, entity in self.entities.items()},
            "reasons": list(self.reasons),
            "warnings": list(self.warnings),
            "findings": [asdict(found) for found in self.findings],
            "resumed": [asdict(part) for part in self.resumed],
            "enriched": {name: dict(kinds) for name, kinds in self.enriched.items()},
        }
