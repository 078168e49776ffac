"""How every source stands: its last runs, how fresh it is, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from headgate.pipeline.activity import Activity, activity_of
from headgate.pipeline.run_report import RunReport, describe_all
from headgate.store import EntityOverview, RunState, Store

RUNS = 24
"""Runs of each source that are looked at."""

_NOTED = 5
"""Runs of each source that are searched for one that noted what it did: a decision alone notes nothing."""

HELD = 50
"""Runs that wait for a person and are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one source stands.

    Args:
        source: Its name.
        runs: Its last runs, oldest first.
        applied: The last run that was applied.
        fresh_at: When the last applied run that read the source began: what is known is what the source said then. To
            take a run back, or to replay rows, makes nothing fresh.
        under_way: Whether some process works at the last one.
        activity: What the last run that noted something does or did.
        entities: How its entities stand.
    """

    source: str
    runs: Sequence[RunReport]
    applied: RunReport | None
    fresh_at: datetime | None
    under_way: bool
    activity: Activity | None
    entities: Sequence[EntityOverview]

    @property
    def last(self) -> RunReport:
        """The last run."""
        return self.runs[-1]

    @property
    def interrupted(self) -> bool:
        """Whether the process of the last run died before the run ended."""
        return self.last.status is RunState.STARTED and not self.under_way


@dataclass(frozen=True, slots=True)
class Standings:
    """How everything stands.

    Args:
        sources: By name.
        held: The runs that wait for a person, newest first, :data:`HELD` at the most.
    """

    sources: Sequence[Standing]
    held: Sequence[RunReport]


async def standings(store: Store) -> Standings:
    """Return how everything stands."""
    working = await store.under_way()
    overview = await store.overview()
    runs = {found.source: await store.runs(source=found.source, limit=RUNS) for found in overview}
    notes = await activity_of(store, *(record for records in runs.values() for record in records[:_NOTED]))
    sources = []
    for found in overview:
        records = runs[found.source]
        reports = await describe_all(store, records)
        sources.append(
            Standing(
                source=found.source,
                runs=tuple(reversed(reports)),
                applied=await _last_applied(store, found.source, reports),
                fresh_at=max((part.listed_at for part in found.entities if part.listed_at is not None), default=None),
                under_way=records[0].seq in working,
                activity=next((notes[record.id] for record in records if record.id in notes), None),
                entities=found.entities,
            )
        )
    held = await describe_all(store, await store.runs(status=RunState.HELD, limit=HELD))
    return Standings(sources, held)


async def _last_applied(store: Store, source: str, newest: Sequence[RunReport]) -> RunReport | None:
    """Return the last run of a source that was applied, which mostly is one of the newest."""
    found = next((report for report in newest if report.status == RunState.APPLIED), None)
    if found is not None:
        return found
    earlier = await store.runs(source=source, status=RunState.APPLIED, limit=1)
    return next(iter(await describe_all(store, earlier)), None)
