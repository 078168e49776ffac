"""The events that there are, each with what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from headgate.clock import SYSTEM_CLOCK


def _now() -> datetime:
    return datetime.fromtimestamp(SYSTEM_CLOCK.time(), UTC)


@dataclass(frozen=True, kw_only=True)
class PipelineEvent:
    """Something that happened.

    Args:
        source: The source it is about; empty where it is about none.
        at: When, in UTC.
    """

    type: ClassVar[str]
    """The word for it, in which the types of CloudEvents end."""

    source: str = ""
    at: datetime = field(default_factory=_now)

    def data(self) -> dict[str, Any]:
        """Return what it tells, without source and time, as plain values."""
        values = asdict(self)
        return {name: value for name, value in values.items() if name not in {"source", "at"}}


@dataclass(frozen=True, kw_only=True)
class RunEvent(PipelineEvent):
    """Something that happened to a run.

    Args:
        run: The id of the run.
    """

    run: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(RunEvent):
    """A run began."""

    type: ClassVar[str] = "run.started"


@dataclass(frozen=True, kw_only=True)
class RunPlanned(RunEvent):
    """A run wrote its plan down; nothing is applied yet.

    Args:
        entities: The funnel of each entity, in rows.
    """

    type: ClassVar[str] = "run.planned"
    entities: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunHeld(RunPlanned):
    """The guard held a run: a person has to decide.

    Args:
        reasons: Why, in sentences.
    """

    type: ClassVar[str] = "run.held"
    reasons: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class RunApplied(RunPlanned):
    """The plan of a run was committed, with changes or without.

    Args:
        by: Who decided it; none if nobody had to.
        compensates: The run that this one takes back.
    """

    type: ClassVar[str] = "run.applied"
    by: str | None = None
    compensates: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunFailed(RunEvent):
    """A run ended without a result; nothing of it was applied.

    Args:
        error: Why, in a sentence.
    """

    type: ClassVar[str] = "run.failed"
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class RunRejected(RunEvent):
    """A person dropped a plan.

    Args:
        by: Who.
        reason: Why.
    """

    type: ClassVar[str] = "run.rejected"
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunRolledBack(RunEvent):
    """An applied run was taken back by another one.

    Args:
        by_run: The run that took it back.
        by: Who decided it.
    """

    type: ClassVar[str] = "run.rolled_back"
    by_run: str = ""
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class EntityChanged(RunEvent):
    """A row was committed: a new one, a changed one, or one that is gone.

    Args:
        entity: Name of the entity.
        key: The values of its key by their columns.
        operation: ``new``, ``updated`` or ``deleted``.
        changed: For an update, the value ``before`` and ``after`` of each field that changed.
        row: All fields after the change; for a deletion, as they were before.
    """

    type: ClassVar[str] = "entity.changed"
    entity: str
    key: Mapping[str, Any]
    operation: str
    changed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class ExtractionComplete(PipelineEvent):
    """The rows of an entity were fetched.

    Args:
        entity_type: Name of the entity.
        count: How many rows.
    """

    type: ClassVar[str] = "extraction.complete"
    entity_type: str
    count: int


@dataclass(frozen=True, kw_only=True)
class DataQualityAlert(PipelineEvent):
    """Something is wrong with the data.

    Args:
        issues: What, as plain values: sentences, or rules with counts.
    """

    type: ClassVar[str] = "quality.alert"
    issues: Sequence[Any]


@dataclass(frozen=True, kw_only=True)
class BreakerOpened(PipelineEvent):
    """A circuit breaker opened: its host is left alone for a while.

    Args:
        host: Scheme, name and port.
    """

    type: ClassVar[str] = "breaker.opened"
    host: str


@dataclass(frozen=True, kw_only=True)
class BreakerClosed(PipelineEvent):
    """A circuit breaker closed: its host is well again.

    Args:
        host: Scheme, name and port.
    """

    type: ClassVar[str] = "breaker.closed"
    host: str


KINDS: tuple[type[PipelineEvent], ...] = (
    RunStarted,
    RunPlanned,
    RunHeld,
    RunApplied,
    RunFailed,
    RunRejected,
    RunRolledBack,
    EntityChanged,
    ExtractionComplete,
    DataQualityAlert,
    BreakerOpened,
    BreakerClosed,
)
"""Every event that Headgate tells of."""
