"""Delivery of the outbox on both databases: at least once, in order per key, each sink for itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import pytest

from fixtures.sinks import KeepingSink
from fixtures.stores import school, schools, sync
from headgate.config.events import SinkConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, EventRefusedError, SinkUnavailableError
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks import registry
from headgate.pipeline import Delivery, deliver
from headgate.pipeline.delivering import register_sinks
from headgate.pipeline.outbox import outbox_status
from headgate.store import DatabaseManager, EntityTable, Store
from headgate.testing.clock import FakeClock

ROWS = ["entity.changed"]


class World:
    """A store on a clock that stands still, and sinks that a test holds."""

    def __init__(self, db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock()
        self.db = db
        self.store = Store(db, clock=self.clock)
        self.sinks: dict[str, KeepingSink] = defaultdict(KeepingSink)
        self.settings: dict[str, dict[str, object]] = {}
        monkeypatch.setitem(registry.BUILT_IN, "keep", lambda name, _config: self.sinks[name])  # type: ignore[arg-type]

    async def have(self, *names: str, **settings: object) -> None:
        """Configure sinks and let the store know them."""
        for name in names:
            self.settings[name] = {"type": "keep", "types": ROWS, **settings}
        await register_sinks(self.store, self.config.events)

    @property
    def config(self) -> PipelineConfig:
        """The settings."""
        return PipelineConfig(
            events={"sinks": {n: SinkConfig(**s) for n, s in self.settings.items()}, "batch_size": 3, "max_attempts": 3}
        )

    async def deliver(self, *names: str, insist: bool = True, wait: float = 0.0) -> list[Delivery]:
        """Deliver."""
        return await deliver(self.store, self.config, names=names or None, insist=insist, wait=wait, clock=self.clock)

    def heard(self, sink: str = "a") -> list[tuple[str, str]]:
        """Return which rows a sink heard of, in order, and what happened to them."""
        return [(one.subject or "", one.data["operation"]) for one in self.sinks[sink].kept]


@pytest.fixture
async def world(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> World:
    """Open a world in an empty database."""
    made = World(db, monkeypatch)
    await made.store.open()
    return made


async def test_every_change_arrives_once(world: World) -> None:
    """New, updated and deleted rows arrive in the order of the commits; a second delivery has nothing to do."""
    await world.have("a")
    await sync(world.store, {"": schools(1, 2, 3, 4, 5)})
    await sync(world.store, {"": [school(1, "New"), *schools(2, 3, 4)]})
    [done] = await world.deliver()
    assert done == Delivery("a", delivered=7)
    assert world.heard()[:5] == [(f"schools/{n}", "new") for n in range(1, 6)]
    assert sorted(world.heard()[5:]) == [("schools/1", "updated"), ("schools/5", "deleted")]
    gone = next(one for one in world.sinks["a"].kept if one.data["operation"] == "deleted")
    assert gone.data["row"] == school(5)
    assert await world.deliver() == [Delivery("a")]
    assert len(world.heard()) == 7


async def test_sink_that_is_down_holds_up_nobody_and_loses_nothing(world: World) -> None:
    """One sink gets everything while the other is down; that one is caught up later, in order, without dead letters."""
    await world.have("a", "b")
    world.sinks["b"].fault = lambda _one: SinkUnavailableError("down")
    for edition in range(20):
        await sync(world.store, {"": [school(1, f"Edition {edition}"), *schools(2, 3)]})
        await world.deliver()
    assert len(world.heard("a")) == 22
    assert world.heard("b") == []
    status = {one.name: one for one in (await world.store.outbox_status()).sinks}
    assert (status["a"].pending, status["b"].dead) == (0, 0)
    assert status["b"].pending >= 22
    assert status["b"].failures == 20
    assert status["b"].error == "down"
    assert status["b"].oldest_at is not None
    world.sinks["b"].fault = lambda _one: None
    [_, done] = await world.deliver()
    assert done == Delivery("b", delivered=22)
    names = [one.data["row"]["name"] for one in world.sinks["b"].kept if one.subject == "schools/1"]
    assert names == [f"Edition {edition}" for edition in range(20)]
    assert (await world.store.outbox_status()).lag_seconds == 0


async def test_sink_that_always_answers_500_makes_no_dead_letters(world: World) -> None:
    """An outage in which every event fails, however long, leaves everything in line."""
    await world.have("a")
    await sync(world.store, {"": schools(*range(1, 9))})
    world.sinks["a"].fault = lambda _one: RuntimeError("500")
    for _ in range(10):
        [done] = await world.deliver()
        assert (done.delivered, done.dead, done.error) == (0, 0, "RuntimeError: 500")
        assert await world.store.outbox.letters() == []
        world.clock.move(3600)
    assert world.sinks["a"].calls == 30
    world.sinks["a"].fault = lambda _one: None
    assert (await world.deliver())[0].delivered == 8


async def test_refused_event_becomes_a_dead_letter(world: World) -> None:
    """An event that is refused is tried again with growing delays; what follows of its row waits, all else goes on."""
    await world.have("a")
    sink = world.sinks["a"]
    sink.fault = lambda one: EventRefusedError("bad") if one.data["row"]["name"] == "Bad" else None
    await sync(world.store, {"": [*schools(1, 2), school(3, "Bad")]})
    await sync(world.store, {"": [school(1, "A"), school(2), school(3, "Good")]})
    [first] = await world.deliver()
    assert (first.delivered, first.pending, first.dead) == (3, 2, 0)
    assert ("schools/3", "updated") not in world.heard()
    assert (await world.deliver())[0].pending == 2
    [bad, good] = await world.store.outbox.letters()
    assert (bad.attempts, bad.error, bad.retry_at) == (1, "bad", bad.since + timedelta(seconds=5))
    assert (good.attempts, good.error) == (0, None)
    world.clock.move(5)
    await world.deliver()
    world.clock.move(10)
    [third] = await world.deliver()
    assert (third.delivered, third.pending, third.dead) == (1, 0, 1)
    assert world.heard()[-1] == ("schools/3", "updated")


async def _with_a_dead_letter(world: World) -> int:
    await world.have("a")
    world.sinks["a"].fault = lambda one: EventRefusedError("bad") if one.data["row"]["name"] == "Bad" else None
    await sync(world.store, {"": [school(1, "Bad"), *schools(2)]})
    for _ in range(3):
        await world.deliver()
        world.clock.move(3600)
    await sync(world.store, {"": [school(1, "Better"), *schools(2)]})
    await sync(world.store, {"": [school(1, "Best"), *schools(2)]})
    await world.deliver()
    world.sinks["a"].fault = lambda _one: None
    [letter] = await world.store.outbox.letters(dead=True)
    world.sinks["a"].kept.clear()
    return letter.id


async def test_redelivery_ends_with_the_newest(world: World) -> None:
    """A dead letter that is delivered again is followed by what its row became since, and by no other row."""
    number = await _with_a_dead_letter(world)
    assert await world.store.outbox.revive("a", [number]) == 3
    assert (await world.deliver())[0] == Delivery("a", delivered=3)
    assert [one.data["row"]["name"] for one in world.sinks["a"].kept] == ["Bad", "Better", "Best"]


async def test_dead_letter_is_given_up(world: World) -> None:
    """A dead letter can be dropped for good; a number that is none is an error."""
    number = await _with_a_dead_letter(world)
    with pytest.raises(ConfigError, match="not the number of a dead letter of 'a'"):
        await world.store.outbox.discard("a", [number, number + 1])
    assert await world.store.outbox.discard("a", [number]) == 1
    assert await world.store.outbox.letters() == []
    with pytest.raises(ConfigError, match="not the number of a dead letter"):
        await world.store.outbox.revive("a", [number])


async def test_everything_since_a_run_again(world: World) -> None:
    """A sink can be given everything again that its source told from a run on."""
    await world.have("a")
    await sync(world.store, {"": schools(1)})
    second = await sync(world.store, {"": schools(1, 2)})
    await sync(world.store, {"": schools(1, 2, 3)})
    await world.deliver()
    assert await world.store.outbox.rewind("a", second.id) > 2
    await world.deliver()
    assert [subject for subject, _ in world.heard()] == [f"schools/{n}" for n in (1, 2, 3, 2, 3)]


async def test_sink_hears_what_it_wants(world: World) -> None:
    """A sink gets the types and entities it asks for; what it does not want is not pending."""
    await world.have("a", types=["headgate.run.*"])
    await world.have("b", types=[], entities=["teams"])
    await world.have("c", types=["entity.*"], entities=["schools"])
    await sync(world.store, {"": schools(1, 2)})
    done = await world.deliver()
    assert [one.pending for one in done] == [0, 0, 0]
    kinds = ["headgate.run.started", "headgate.run.planned", "headgate.run.applied"]
    assert [one.type for one in world.sinks["a"].kept] == kinds
    assert [one.type for one in world.sinks["b"].kept] == kinds
    assert [one.type for one in world.sinks["c"].kept] == ["headgate.entity.changed"] * 2


async def test_new_sink_starts_now_or_at_the_beginning(world: World) -> None:
    """A sink that comes later gets what happens from then on, or what is still kept, as it asks."""
    await sync(world.store, {"": schools(1)})
    await world.have("a")
    await world.have("b", start="beginning")
    await sync(world.store, {"": schools(1, 2)})
    await world.deliver()
    assert world.heard("a") == [("schools/2", "new")]
    assert world.heard("b") == [("schools/1", "new"), ("schools/2", "new")]


async def test_only_one_process_delivers_to_a_sink(world: World) -> None:
    """While somebody delivers to a sink, nobody else does; when the process is gone, the next one goes on."""
    await world.have("a")
    await sync(world.store, {"": schools(1)})
    async with world.store.outbox.mailbox("a"):
        [done] = await world.clock.run(world.deliver())
        assert (done.delivered, done.error) == (0, "Another process delivers to it.")
    assert (await world.deliver())[0].delivered == 1


async def test_process_that_lost_its_lease_notes_nothing(world: World) -> None:
    """A process that slept too long finds that another one delivers, and its progress does not count."""
    await world.have("a")
    await sync(world.store, {"": schools(1, 2)})
    sink = world.sinks["a"]

    async def sleepy(_events: Sequence[CloudEvent]) -> None:
        world.clock.move(120)
        async with world.store.outbox.mailbox("a"):
            pass

    original, sink.send = sink.send, sleepy  # type: ignore[method-assign]
    [done] = await world.deliver()
    assert "lease" in (done.error or "")
    sink.send = original  # type: ignore[method-assign]
    await world.deliver()
    assert len(world.heard()) == 2


async def test_failing_sink_is_left_alone_for_a_while(world: World) -> None:
    """After several failures in a row a run leaves a sink alone until its time; who insists tries it at once."""
    await world.have("a")
    await sync(world.store, {"": schools(1)})
    sink = world.sinks["a"]
    sink.fault = lambda _one: SinkUnavailableError("down")
    for _ in range(3):
        await world.deliver(insist=False)
    assert sink.calls == 3
    [done] = await world.deliver(insist=False)
    assert "left alone until" in (done.error or "")
    assert sink.calls == 3
    world.clock.move(3600)
    await world.deliver(insist=False)
    assert sink.calls == 4
    sink.fault = lambda _one: None
    assert (await world.deliver(insist=True))[0].delivered == 1


async def test_waiting_for_a_sink_that_comes_back(world: World) -> None:
    """Who waits keeps trying, with growing pauses, until the sink is back or the time is over."""
    await world.have("a")
    await sync(world.store, {"": schools(1)})
    sink = world.sinks["a"]
    sink.fault = lambda _one: SinkUnavailableError("down") if sink.calls < 4 else None
    [done] = await world.clock.run(world.deliver(wait=3600))
    assert done.delivered == 1
    assert sink.calls == 4
    sink.fault = lambda _one: SinkUnavailableError("down")
    await sync(world.store, {"": schools(1, 2)})
    [done] = await world.clock.run(world.deliver(wait=100))
    assert done.error == "down"


async def test_delivered_events_are_let_go(world: World) -> None:
    """What every sink has got goes after its days; what one has not got stays, and so do its versions."""
    await world.have("a", "b")
    await sync(world.store, {"": schools(1, 2)})
    await sync(world.store, {"": schools(2, 3)})
    world.sinks["b"].fault = lambda _one: SinkUnavailableError("down")
    await world.deliver()
    world.clock.move(30 * 86_400)
    await world.deliver()
    assert (await outbox_status(world.db)).kept > 0
    [pruned] = await world.store.prune(world.store.context.now())
    assert pruned.versions == 0
    world.sinks["b"].fault = lambda _one: None
    await world.deliver()
    assert len(world.heard("b")) == 4
    assert (await world.store.prune(world.store.context.now()))[0].versions > 0
    await world.deliver()
    assert (await world.store.outbox_status()).kept == 0
    await sync(world.store, {"": schools(2, 3, 4)})
    assert (await world.deliver())[0].delivered == 1


async def test_forgotten_sink_holds_nothing_back(world: World) -> None:
    """A sink that is forgotten is not known any more and nothing is kept for it."""
    await world.have("a", "b")
    await sync(world.store, {"": schools(1)})
    del world.settings["b"]
    await world.deliver()
    assert [one.name for one in (await world.store.outbox_status()).sinks] == ["a", "b"]
    await world.store.outbox.forget("b")
    world.clock.move(30 * 86_400)
    await world.deliver()
    status = await world.store.outbox_status()
    assert [one.name for one in status.sinks] == ["a"]
    assert status.kept == 0
    with pytest.raises(ConfigError, match="knows no sink 'b'"):
        await world.store.outbox.forget("b")


async def test_unknown_sink(world: World) -> None:
    """A name that is not in the settings is answered with those that are."""
    await world.have("a")
    with pytest.raises(ConfigError, match="no sink 'x'"):
        await world.deliver("x")


async def test_two_sources_do_not_overtake_their_own(world: World) -> None:
    """Events of several sources arrive, those of each in order, also when one source commits between two others."""
    await world.have("a", concurrency=4)
    teams = EntityTable("teams", ("id",), {"id": "integer", "name": "text"})
    for edition in range(3):
        await sync(world.store, {"": [school(1, f"S{edition}")]})
        async with world.store.run("other", [teams]) as run:
            await run.stage("teams", [{"id": 1, "name": f"T{edition}"}], complete=True)
            await run.commit(await run.plan())
    await world.deliver()
    kept = world.sinks["a"].kept
    assert [one.data["row"]["name"] for one in kept if one.source == "/headgate/test"] == ["S0", "S1", "S2"]
    assert [one.data["row"]["name"] for one in kept if one.source == "/headgate/other"] == ["T0", "T1", "T2"]
