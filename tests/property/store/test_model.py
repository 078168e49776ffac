"""The store against a model of a few lines, over random histories of an upstream."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fixtures.stores import NO_LIMITS, SCHOOLS, read, school, stored
from headgate.errors import ConfigError
from headgate.store import Counts, DatabaseManager, HistoricalTracker, Problem, QuarantinedRow, Store, judge
from headgate.testing.clock import FakeClock

KEYS = st.integers(0, 2)
NAMES = st.sampled_from("abc")
PARTITIONS = ("I", "II")
SCHOOL_FIELDS = ("id", "name", "members")


@dataclass
class Batch:
    """What one partition brings: good rows, broken rows by key, and whether it is all."""

    rows: list[tuple[int, str]]
    broken: list[int | None] = field(default_factory=list)
    complete: bool = False


def listing_of(
    rows: dict[int, tuple[str, str]],
    more: list[tuple[int, str, str]],
    broken: list[tuple[int | None, str]],
    listed: set[str],
    incomplete: set[str],
) -> dict[str, Batch]:
    """Return what an upstream shows: each row in one partition, a few more that repeat or contradict, a few broken."""
    listing = {partition: Batch([], [], partition not in incomplete) for partition in PARTITIONS if partition in listed}
    for key, name, partition in [*((key, *row) for key, row in rows.items()), *more]:
        if partition in listing:
            listing[partition].rows.append((key, name))
    for key, partition in broken:
        if partition in listing:
            listing[partition].broken.append(key)
    return listing


def whole(rows: dict[int, tuple[str, str]]) -> dict[str, Batch]:
    """Return an upstream that shows nothing but these rows, and is proven to be all there is."""
    return listing_of(rows, [], [], {*PARTITIONS}, set())


SOME_PARTITIONS = st.sampled_from(PARTITIONS)
LISTINGS = st.builds(
    listing_of,
    rows=st.dictionaries(KEYS, st.tuples(NAMES, SOME_PARTITIONS), min_size=1),
    more=st.one_of(st.just([]), st.lists(st.tuples(KEYS, NAMES, SOME_PARTITIONS), max_size=3)),
    broken=st.one_of(st.just([]), st.lists(st.tuples(st.one_of(KEYS, KEYS, st.none()), SOME_PARTITIONS), max_size=1)),
    listed=st.sampled_from([{*PARTITIONS}, {*PARTITIONS}, {*PARTITIONS}, {"I"}, {"II"}]),
    incomplete=st.sampled_from([set(), set(), set(), {"I"}, {*PARTITIONS}]),
)


@dataclass
class Model:
    """What should be known: every row with its partition, who changed what, and the keys in quarantine."""

    rows: dict[int, tuple[str, str]] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)
    """Where the rows that are gone were seen last."""
    made_by: dict[int, str] = field(default_factory=dict)
    """The run that changed a row last."""
    changes: dict[str, dict[int, str | None]] = field(default_factory=dict)
    """Of each applied run, what the rows that it changed were before."""
    quarantine: Counter[int | None] = field(default_factory=Counter)

    def sync(self, run: str, listing: dict[str, Batch]) -> None:
        """Apply a listing."""
        _, rows, _ = self.judge(listing)
        self.become(run, rows)

    def judge(self, listing: dict[str, Batch]) -> tuple[Counts, dict[int, tuple[str, str]], Counter[int | None]]:
        """Return the funnel that a listing should have, the rows it leads to, and the keys that go to quarantine."""
        sent: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for partition, batch in listing.items():
            for key, name in batch.rows:
                sent[key].append((name, partition))
        refused = Counter(key for batch in listing.values() for key in batch.broken)
        unidentified = None in refused
        good = {key: seen[0] for key, seen in sent.items() if len({name for name, _ in seen}) == 1}
        duplicates = 0
        for key, seen in sent.items():
            equal = _duplicates([name for name, _ in seen])
            duplicates += equal
            refused[key] += 0 if key in good else len(seen) - equal
        gone = [
            key
            for key, (_, partition) in self.rows.items()
            if key not in sent
            and key not in refused
            and not unidentified
            and partition in listing
            and listing[partition].complete
        ]
        new = [key for key in good if key not in self.rows]
        updated = [key for key in good if key in self.rows and self.rows[key][0] != good[key][0]]
        counts = Counts(
            fetched=sum(map(len, sent.values())) + sum(len(batch.broken) for batch in listing.values()),
            duplicates=duplicates,
            quarantined=refused.total(),
            valid=len(good),
            new=len(new),
            updated=len(updated),
            unchanged=len(good) - len(new) - len(updated),
            deleted=len(gone),
        )
        rows = {key: row for key, row in self.rows.items() if key not in gone} | good
        return counts, rows, +refused

    def become(self, run: str, rows: dict[int, tuple[str, str]]) -> None:
        """Let a run lead to some rows."""
        before = self.rows
        changed = [key for key in before.keys() | rows if _name(before, key) != _name(rows, key)]
        self.changes[run] = {key: _name(before, key) for key in changed}
        self.left |= {key: before[key][1] for key in before.keys() - rows}
        self.made_by |= dict.fromkeys(changed, run)
        self.rows = rows

    def take_back(self, run: str) -> tuple[dict[int, tuple[str, str]], set[int]]:
        """Return the rows that taking a run back leads to, and the conflicts."""
        rows, conflicts = dict(self.rows), set()
        for key, before in self.changes[run].items():
            if before == _name(rows, key):
                continue
            if self.made_by[key] != run:
                conflicts.add(key)
            elif before is None:
                del rows[key]
            else:
                rows[key] = (before, rows[key][1] if key in rows else self.left[key])
        return rows, conflicts


def _name(rows: dict[int, tuple[str, str]], key: int) -> str | None:
    return rows[key][0] if key in rows else None


def _duplicates(names: list[str]) -> int:
    """Count the rows equal to the first that came before any row that differs."""
    equal = 0
    for name in names[1:]:
        if name != names[0]:
            break
        equal += 1
    return equal


class StoreAgainstModel(RuleBasedStateMachine):
    """Random runs: whole and partial listings, duplicates, conflicts, broken rows, crashes, plans that wait.

    Runs are taken back in any order, rows are replayed and restored.
    """

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
        self.waiting: tuple[str, int, dict[int, tuple[str, str]]] | None = None

    @rule(listing=LISTINGS)
    def sync(self, listing: dict[str, Batch]) -> None:
        """Run the source and apply what it says."""
        known = len(self.model.rows)
        counts, rows, refused = self.model.judge(listing)
        run, entity = self.runner.run(self._run(listing))
        assert entity.counts == counts
        assert entity.known == known
        self.model.quarantine += refused
        self._became(run, rows)

    @precondition(lambda self: self.model.rows)
    @rule(partition=SOME_PARTITIONS)
    def move(self, partition: str) -> None:
        """List every known row as it is, all in one partition: no row changes, and some have moved."""
        rows = {key: (name, partition) for key, (name, _) in self.model.rows.items()}
        self.sync(whole(rows))

    @precondition(lambda self: self.model.changes)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """Take any applied run back: what nobody changed since is what it was, the rest is a conflict."""
        runs = list(self.model.changes)
        # the last run has most to take back, older ones have conflicts, very old ones nothing else
        self._undo(data.draw(st.sampled_from(runs[-4:]), label="run"))

    @precondition(lambda self: self.model.rows)
    @rule(data=st.data())
    def take_back_one_change(self, data: st.DataObject) -> None:
        """Change one row or list it no more; let it be, change it again or back, or move it; take the first back."""
        for then in ("nothing", "changed", "back", "moved"):
            rows = {key: (name, data.draw(SOME_PARTITIONS)) for key, (name, _) in self.model.rows.items()}
            if not rows:
                return
            key = data.draw(st.sampled_from(sorted(rows)), label="key")
            name, partition = rows.pop(key)
            [elsewhere] = {*PARTITIONS} - {partition}
            second, third = (other for other in "abc" if other != name)
            gone = then != "moved" and data.draw(st.booleans(), label="gone")
            self.sync(whole(rows if gone else rows | {key: (second, partition)}))
            run = list(self.model.changes)[-1]
            later = {"changed": (third, partition), "back": (name, partition), "moved": (second, elsewhere)}
            if then in later:
                self.sync(whole(rows | {key: later[then]}))
            self._undo(run)

    def _undo(self, run: str) -> None:
        rows, conflicts = self.model.take_back(run)
        undo, found = self.runner.run(self._take_back(run))
        assert found == conflicts
        self._became(undo, rows)
        # at once: the next run of the source would put a wrong hash right
        assert self.runner.run(self._problems()) == []

    @precondition(lambda self: any(key is not None for key in self.model.quarantine))
    @rule(data=st.data(), name=NAMES, end=st.sampled_from(["commit", "commit", "crash"]))
    def replay(self, data: st.DataObject, name: str, end: str) -> None:
        """Take a row out of the quarantine: it leaves it once, with the commit, or not at all."""
        key = data.draw(st.sampled_from(sorted(key for key in self.model.quarantine if key is not None)), label="key")
        run, partition = self.runner.run(self._replay(key, name, end))
        if end == "commit":
            _, rows, _ = self.model.judge({partition: Batch([(key, name)])})
            self.model.quarantine -= Counter([key])
            self._became(run, rows)

    @precondition(lambda self: self.past)
    @rule(data=st.data(), key=KEYS)
    def restore(self, data: st.DataObject, key: int) -> None:
        """Make a row what it was at an instant."""
        moment, names = data.draw(st.sampled_from(self.past), label="when")
        rows = dict(self.model.rows)
        if key in names:
            rows[key] = (names[key], rows[key][1] if key in rows else "")
        else:
            rows.pop(key, None)
        if _name(rows, key) == _name(self.model.rows, key):
            rows = self.model.rows
        self._became(self.runner.run(self._restore(key, moment)), rows)

    @rule(listing=LISTINGS)
    def crash(self, listing: dict[str, Batch]) -> None:
        """Fail in the middle of a run."""
        self.runner.run(self._run(listing, end="crash"))

    @rule(listing=LISTINGS)
    def leave_the_plan(self, listing: dict[str, Batch]) -> None:
        """Make a plan and do not apply it yet."""
        counts, rows, refused = self.model.judge(listing)
        run, entity = self.runner.run(self._run(listing, end="leave"))
        assert entity.counts == counts
        self.model.quarantine += refused
        self.waiting = (run, len(self.model.changes), rows)

    @precondition(lambda self: self.waiting)
    @rule()
    def apply_the_plan(self) -> None:
        """Apply the plan that was left: as it was written down, or not at all if anything was applied since."""
        assert self.waiting is not None
        (run, applied, rows), self.waiting = self.waiting, None
        moved = applied != len(self.model.changes)
        assert self.runner.run(self._apply(run)) is not moved
        if not moved:
            self._became(run, rows)

    @invariant()
    def what_is_stored_is_what_the_model_has(self) -> None:
        """Target, state, quarantine and the last instant agree with the model."""
        if hasattr(self, "runner"):
            self.runner.run(self._check())

    def teardown(self) -> None:
        """Compare every instant of the past, examine the store, and close it."""
        if hasattr(self, "runner"):
            self.runner.run(self._check_past(self.past))
            assert self.runner.run(self._problems()) == []
            self.runner.run(self.db.close())
            self.runner.close()
            self.folder.cleanup()

    def _became(self, run: str, rows: dict[int, tuple[str, str]]) -> None:
        self.model.become(run, rows)
        self.past.append((self.clock.time(), {key: name for key, (name, _) in rows.items()}))
        self.clock.move(60)

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
                return run.id, plan.entities["schools"]
        except InterruptedError:
            return None

    async def _take_back(self, run_id: str) -> tuple[str, set[int]]:
        async with await self.store.rollback(run_id) as run:
            plan = await run.plan()
            assert plan.entities["schools"].conflicts == len(run.conflicts)
            await run.commit(plan)
        return run.id, {conflict.key[0] for conflict in run.conflicts}

    async def _replay(self, key: int, name: str, end: str) -> tuple[str, str]:
        rows = [row async for row in self.store.quarantined() if row.key == (key,)]
        try:
            async with self.store.run("test", [SCHOOLS]) as run:
                await run.stage("schools", [school(key, name)], partition=rows[0].partition)
                await run.replay([rows[0].id])
                plan = await run.plan()
                if end == "crash":
                    raise InterruptedError  # noqa: TRY301 - the crash has to happen inside the run
                await run.commit(plan)
        except InterruptedError:
            pass
        else:
            try:
                async with self.store.run("test", [SCHOOLS]) as again:
                    await again.replay([rows[0].id])
            except ConfigError as refused:
                assert "in quarantine" in refused.message  # noqa: PT017 - the run ends without a plan otherwise
        return run.id, rows[0].partition

    async def _restore(self, key: int, moment: float) -> str:
        await HistoricalTracker(self.store).restore("schools", key, datetime.fromtimestamp(moment, UTC))
        return (await self.store.runs(limit=1))[0].id

    async def _apply(self, run_id: str) -> bool:
        try:
            await self.store.apply(run_id)
        except ConfigError:
            return False
        return True

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
        quarantine = [row.key and row.key[0] async for row in self.store.quarantined()]
        assert Counter(quarantine) == self.model.quarantine
        await self._check_past(self.past[-1:])

    async def _check_past(self, past: list[tuple[float, dict[int, str]]]) -> None:
        for time, names in past:
            moment = datetime.fromtimestamp(time, UTC)
            was = {
                row["id"]: tuple(row[name] for name in SCHOOL_FIELDS)
                async for row in self.store.as_of("schools", moment)
            }
            assert was == {key: (key, name, 1) for key, name in names.items()}


StoreAgainstModel.TestCase.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.pytestmark = [pytest.mark.timeout(600)]
