"""How every source is: its last runs, how fresh it is, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.pipeline.activity import Activity, activity_of
from headgate.pipeline.run_report import RunReport, describe_all
from headgate.store import RunState, Store

RUNS = 24
"""Runs of each source that are looked at."""

_HELD = 50


@dataclass(frozen=True, slots=True)
class SourceOverview:
    """How one source is.

    Args:
        source: Its name.
        runs: Its last runs, oldest first.
        applied: The last of them that was applied.
        under_way: Whether some process works at the last one.
        activity: What the last run that noted something does or did.
    """

    source: str
    runs: Sequence[RunReport]
    applied: RunReport | None
    under_way: bool
    activity: Activity | None

    @property
    def last(self) -> RunReport:
        """The last run."""
        return self.runs[-1]

    @property
    def interrupted(self) -> bool:
        """Whether the process of the last run died before the run ended."""
        return self.last.status is RunState.STARTED and not self.under_way


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything is.

    Args:
        sources: By name.
        held: The runs that wait for a person, newest first.
    """

    sources: Sequence[SourceOverview]
    held: Sequence[RunReport]


async def overview(store: Store) -> Overview:
    """Return how everything is."""
    working = await store.under_way()
    sources = []
    for name in await store.sources():
        records = await store.runs(source=name, limit=RUNS)
        notes = await activity_of(store, *records)
        reports = await describe_all(store, records)
        applied = next((report for report in reports if report.status is RunState.APPLIED), None)
        if applied is None:
            latest = await store.runs(source=name, status=RunState.APPLIED, limit=1)
            applied = next(iter(await describe_all(store, latest)), None)
        newest = next((notes[record.id] for record in records if record.id in notes), None)
        sources.append(SourceOverview(name, tuple(reversed(reports)), applied, records[0].seq in working, newest))
    held = await describe_all(store, await store.runs(status=RunState.HELD, limit=_HELD))
    return Overview(sources, held)
