"""The store against a model of a few lines, over random histories of an upstream."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fixtures.stores import NO_LIMITS, SCHOOLS, read, school, stored
from headgate.store import Counts, DatabaseManager, Problem, QuarantinedRow, Store, judge
from headgate.testing.clock import FakeClock

KEYS = st.integers(0, 5)
NAMES = st.sampled_from("abc")
PARTITIONS = ("I", "II")


@dataclass
class Batch:
    """What one partition brings: good rows, broken rows by key, and whether it is all."""

    rows: list[tuple[int, str]]
    broken: list[int | None]
    complete: bool


BATCHES = st.builds(
    Batch,
    st.lists(st.tuples(KEYS, NAMES), max_size=6),
    st.lists(st.one_of(KEYS, st.none()), max_size=1),
    st.sampled_from([True, True, True, False]),
)
LISTINGS = st.dictionaries(st.sampled_from(PARTITIONS), BATCHES)


@dataclass
class Model:
    """What should be known: the name and the partition of every key."""

    rows: dict[int, tuple[str, str]] = field(default_factory=dict)

    def apply(self, listing: dict[str, Batch]) -> Counts:
        """Take a listing and return the funnel it should have."""
        names: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for partition, batch in listing.items():
            for key, name in batch.rows:
                names[key].append((name, partition))
        broken = [key for batch in listing.values() for key in batch.broken]
        good = {key: seen[0] for key, seen in names.items() if len({name for name, _ in seen}) == 1}
        sent = sum(map(len, names.values()))
        duplicates = sum(_duplicates([name for name, _ in seen]) for seen in names.values())
        met = names.keys() | set(broken)
        gone = [
            key
            for key, (_, partition) in self.rows.items()
            if key not in met and None not in broken and partition in listing and listing[partition].complete
        ]
        new = [key for key in good if key not in self.rows]
        updated = [key for key in good if key in self.rows and self.rows[key][0] != good[key][0]]
        for key in gone:
            del self.rows[key]
        self.rows |= good
        return Counts(
            fetched=sent + len(broken),
            duplicates=duplicates,
            quarantined=sent - duplicates - len(good) + len(broken),
            valid=len(good),
            new=len(new),
            updated=len(updated),
            unchanged=len(good) - len(new) - len(updated),
            deleted=len(gone),
        )


def _duplicates(names: list[str]) -> int:
    """Count the rows equal to the first that came before any row that differs."""
    equal = 0
    for name in names[1:]:
        if name != names[0]:
            break
        equal += 1
    return equal


class StoreAgainstModel(RuleBasedStateMachine):
    """Random runs: whole and partial listings, duplicates, conflicts, broken rows, crashes, plans left lying."""

    @initialize(batch_size=st.sampled_from([1, 3, 100]), max_keys=st.sampled_from([0, 2, 4, 100]))
    def begin(self, batch_size: int, max_keys: int) -> None:
        """Open an empty store."""
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FakeClock()
        self.db = DatabaseManager(Path(self.folder.name) / "store.db")
        self.store = Store(self.db, clock=self.clock, batch_size=batch_size, max_keys=max_keys)
        self.runner.run(self.store.open())
        self.model = Model()
        self.past: list[tuple[float, dict[int, str]]] = []
        self.last = ""
        self.before_last: dict[int, tuple[str, str]] = {}

    @rule(listing=LISTINGS)
    def sync(self, listing: dict[str, Batch]) -> None:
        """Run the source and apply what it says."""
        known = len(self.model.rows)
        self.before_last = dict(self.model.rows)
        expected = self.model.apply(listing)
        entity = self.runner.run(self._run(listing))
        assert entity.counts == expected
        assert entity.known == known
        self.past.append((self.clock.time(), {key: name for key, (name, _) in self.model.rows.items()}))
        self.clock.move(60)

    @precondition(lambda self: self.last)
    @rule()
    def take_back(self) -> None:
        """Take the last applied run back: every row is what it was, and stays where the upstream last listed it."""
        now, then = self.model.rows, self.before_last
        restored = {key: (name, now[key][1] if key in now else partition) for key, (name, partition) in then.items()}
        self.before_last, self.model.rows = now, restored
        self.runner.run(self._take_back())
        self.past.append((self.clock.time(), {key: name for key, (name, _) in restored.items()}))
        self.clock.move(60)

    @rule(listing=LISTINGS)
    def crash(self, listing: dict[str, Batch]) -> None:
        """Fail in the middle of a run."""
        self.runner.run(self._run(listing, end="crash"))

    @rule(listing=LISTINGS)
    def leave_the_plan(self, listing: dict[str, Batch]) -> None:
        """Make a plan and apply it never."""
        self.runner.run(self._run(listing, end="leave"))

    @invariant()
    def what_is_stored_is_what_the_model_has(self) -> None:
        """Target, state and every past instant agree with the model."""
        if hasattr(self, "runner"):
            self.runner.run(self._check())

    def teardown(self) -> None:
        """Examine the store for the last time and close it."""
        if hasattr(self, "runner"):
            assert self.runner.run(self._problems()) == []
            self.runner.run(self.db.close())
            self.runner.close()
            self.folder.cleanup()

    async def _run(self, listing: dict[str, Batch], end: str = "commit") -> Any:
        try:
            async with self.store.run("test", [SCHOOLS]) as run:
                for partition, batch in listing.items():
                    rows = [school(key, name) for key, name in batch.rows]
                    await run.stage("schools", rows, partition=partition, complete=batch.complete)
                    bad = [QuarantinedRow({"id": key}, ["broken"]) for key in batch.broken]
                    await run.quarantine("schools", bad, partition=partition)
                plan = await run.plan()
                if end == "crash":
                    raise InterruptedError  # noqa: TRY301 - the crash has to happen inside the run
                if end == "commit":
                    assert not judge(plan, NO_LIMITS).held
                    await run.commit(plan)
                    self.last = run.id
                return plan.entities["schools"]
        except InterruptedError:
            return None

    async def _take_back(self) -> None:
        async with await self.store.rollback(self.last) as run:
            await run.commit(await run.plan())
            assert run.conflicts == []
        self.last = run.id

    async def _problems(self) -> list[Problem]:
        return [problem async for problem in self.store.examine()]

    async def _check(self) -> None:
        rows = [school(key, name) for key, (name, _) in sorted(self.model.rows.items())]
        if self.past:
            assert await stored(self.db) == rows
        state = await read(
            self.db,
            "SELECT s.key, p.name FROM {state} s JOIN {partition} p ON p.id = s.partition_id ORDER BY s.key",
        )
        assert [(row["key"], row["name"]) for row in state] == [
            (f"[{key}]", partition) for key, (_, partition) in sorted(self.model.rows.items())
        ]
        for time, names in self.past:
            moment = datetime.fromtimestamp(time, UTC)
            was = {row["id"]: row["name"] async for row in self.store.as_of("schools", moment)}
            assert was == names


StoreAgainstModel.TestCase.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStoreAgainstModel = StoreAgainstModel.TestCase
