"""What the store keeps of a run, for its reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from headgate.pipeline.changes import sample
from headgate.pipeline.report import Change, EntityReport
from headgate.store import RunRecord, RunState, Store


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run as it stands in the store.

    Args:
        run: Its id.
        source: The source.
        status: Where it stands.
        started_at: When it began, in UTC.
        finished_at: When it was applied, rejected, or failed.
        entities: The funnel of each entity, once there is a plan.
        hash: The fingerprint of the plan.
        reasons: Why the guard held it.
        error: Why it failed or was rejected.
        decided_by: Who approved, applied or rejected it.
        takes_back: The id of the run that this one takes back.
        changes: A sample of the changes.
        conflicts: Of a run that takes another back: what later runs changed and it leaves alone. Known only while it
            is planned; the store keeps their number.
    """

    run: str
    source: str
    status: RunState
    started_at: datetime
    finished_at: datetime | None
    entities: Mapping[str, EntityReport] = field(default_factory=dict)
    hash: str = ""
    reasons: Sequence[str] = ()
    error: str | None = None
    decided_by: str | None = None
    takes_back: str | None = None
    changes: Sequence[Change] = ()
    conflicts: Sequence[Change] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it changed, or would change, nothing."""
        return not any(entity.new or entity.updated or entity.deleted for entity in self.entities.values())

    @property
    def seconds(self) -> float | None:
        """From its start to its end, for a plan with the time it waited."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    def as_dict(self, *, changes: bool = True) -> dict[str, Any]:
        """Return the report as plain values.

        Args:
            changes: With the changes and conflicts, which a list of runs leaves out.
        """
        values: dict[str, Any] = {
            "run": self.run,
            "source": self.source,
            "status": self.status.value,
            "started_at": self.started_at.isoformat(),
            "finished_at": None if self.finished_at is None else self.finished_at.isoformat(),
            "hash": self.hash or None,
            "decided_by": self.decided_by,
            "takes_back": self.takes_back,
            "error": self.error,
            "reasons": list(self.reasons),
            "entities": {name: asdict(entity) for name, entity in self.entities.items()},
        }
        if changes:
            values["changes"] = [change.as_dict() for change in self.changes]
            values["conflicts"] = [change.as_dict() for change in self.conflicts]
        return values


async def describe(store: Store, run_id: str, *, changes: int = 0) -> RunReport:
    """Return the report of one run, with a sample of its changes.

    Raises:
        ConfigError: There is no such run.
    """
    record = await store.find_run(run_id)
    [report] = await describe_all(store, [record])
    return replace(report, changes=await sample(store, record.id, limit=changes)) if changes else report


async def describe_all(store: Store, records: Sequence[RunRecord]) -> list[RunReport]:
    """Return the reports of some runs, without their changes."""
    ids = await store.run_ids({record.compensates for record in records if record.compensates is not None})
    return [_report(record, ids) for record in records]


def _report(record: RunRecord, ids: Mapping[int, str]) -> RunReport:
    entities = record.plan.entities if record.plan else {}
    return RunReport(
        run=record.id,
        source=record.source,
        status=record.status,
        started_at=record.started_at,
        finished_at=record.finished_at,
        entities={name: EntityReport.of(entity) for name, entity in entities.items()},
        hash=record.plan.hash if record.plan else "",
        reasons=record.reasons,
        error=record.error,
        decided_by=record.decided_by,
        takes_back=None if record.compensates is None else ids.get(record.compensates),
    )
