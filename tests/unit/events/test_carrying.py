"""Carrying events to a sink: order, evidence, and containment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from fixtures.sinks import KeepingSink, event
from headgate.errors import EventRefusedError, SinkUnavailableError
from headgate.events.carrying import Carrier, Result
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks import Sink


def _carrier(sink: Sink, *, time_limit: float = 10.0, over: bool = False) -> Carrier:
    return Carrier(sink, time_limit=time_limit, over=lambda: over)


def _results(outcomes: Sequence[object]) -> list[Result]:
    return [outcome.result for outcome in outcomes]  # type: ignore[attr-defined]


async def test_everything_is_taken_in_order() -> None:
    """A sink that takes events one at a time gets those of one partition in their order."""
    sink = KeepingSink(concurrency=4)
    outcomes = await _carrier(sink).carry([event(n, partition="ab"[n % 2]) for n in range(10)])
    assert set(_results(outcomes)) == {Result.TAKEN}
    assert [n for n in sink.ids if int(n) % 2 == 0] == ["0", "2", "4", "6", "8"]
    assert [n for n in sink.ids if int(n) % 2] == ["1", "3", "5", "7", "9"]
    assert sink.most_under_way == 2


async def test_side_by_side_only_as_far_as_the_sink_allows() -> None:
    """Events of many partitions are sent side by side, no more at a time than the sink says."""
    sink = KeepingSink(concurrency=3)
    await _carrier(sink).carry([event(n) for n in range(20)])
    assert sink.most_under_way == 3
    assert len(sink.kept) == 20


async def test_what_follows_a_refused_event_waits() -> None:
    """Behind an event that is not taken, nothing of its partition is tried, and the others go on."""
    sink = KeepingSink(concurrency=2)
    sink.fault = lambda one: EventRefusedError("no") if one.id == "2" else None
    outcomes = await _carrier(sink).carry([event(n, partition="ab"[n % 2]) for n in range(6)])
    taken, refused, untried = Result.TAKEN, Result.REFUSED, Result.UNTRIED
    assert _results(outcomes) == [taken, taken, refused, taken, untried, taken]
    assert sink.ids == ["0", "1", "3", "5"]


async def test_sink_that_is_down_is_left_alone() -> None:
    """One that says that it takes nothing now gets nothing more; one that fails gets three chances."""
    down = KeepingSink()
    down.fault = lambda _one: SinkUnavailableError("gone fishing")
    carrier = _carrier(down)
    outcomes = await carrier.carry([event(n) for n in range(10)])
    assert (down.calls, carrier.trouble) == (1, "gone fishing")
    assert _results(outcomes) == [Result.FAILED, *[Result.UNTRIED] * 9]
    failing = KeepingSink()
    failing.fault = lambda _one: ValueError("boom")
    carrier = _carrier(failing)
    await carrier.carry([event(n) for n in range(10)])
    assert (failing.calls, carrier.trouble) == (3, "ValueError: boom")


async def test_failures_of_a_sink_that_takes_events_stop_nothing() -> None:
    """Once a sink took an event, failures are each event's own."""
    sink = KeepingSink()
    sink.fault = lambda one: ValueError("boom") if int(one.id) in range(1, 8) else None
    carrier = _carrier(sink)
    await carrier.carry([event(n) for n in range(10)])
    assert sink.ids == ["0", "8", "9"]
    assert carrier.trouble is None


async def test_batch_is_taken_apart_to_find_the_one(  # the name of the fixture says the rest
) -> None:
    """If a batch is refused, its events are sent one by one, and only what follows the culprit waits."""
    sink = KeepingSink(batch=4)
    sink.fault = lambda one: EventRefusedError("no") if one.id == "2" else None
    outcomes = await _carrier(sink).carry([event(n, partition="ab"[n % 2]) for n in range(8)])
    taken, refused = Result.TAKEN, Result.REFUSED
    assert _results(outcomes) == [taken, taken, refused, taken, taken, taken, taken, taken]
    assert sink.ids == ["0", "1", "3", "4", "5", "6", "7"]


async def test_sink_that_hangs_is_left() -> None:
    """A call that does not return is ended after its time and counts as a failure."""

    class Hanging(Sink):
        async def send(self, events: Sequence[CloudEvent]) -> None:
            await asyncio.Event().wait()

    carrier = _carrier(Hanging(), time_limit=0.01)
    outcomes = await carrier.carry([event(1)])
    assert _results(outcomes) == [Result.FAILED]
    assert outcomes[0].error == "No answer within 0.01 s."


async def test_sink_that_cannot_be_opened_or_closed_is_contained() -> None:
    """Whatever opening and closing raise is trouble of this sink, and nobody else's."""

    class Broken(KeepingSink):
        async def open(self) -> None:
            raise RuntimeError("no door")

    carrier = _carrier(Broken())
    assert _results(await carrier.carry([event(1)])) == [Result.UNTRIED]
    assert carrier.trouble == "RuntimeError: no door"

    class Sticky(KeepingSink):
        async def close(self) -> None:
            raise RuntimeError("stuck")

    carrier = _carrier(Sticky())
    assert _results(await carrier.carry([event(1)])) == [Result.TAKEN]
    await carrier.close()


async def test_opened_once_and_only_for_an_event() -> None:
    """A sink is opened before its first event, not earlier, and closed once."""
    sink = KeepingSink()
    carrier = _carrier(sink)
    await carrier.carry([])
    assert sink.opened == 0
    await carrier.carry([event(1)])
    await carrier.carry([event(2)])
    assert sink.opened == 1
    await carrier.close()
    await carrier.close()
    assert sink.opened == 0


async def test_nothing_is_sent_when_the_time_is_over() -> None:
    """After the end of the session nothing is tried."""
    sink = KeepingSink()
    assert _results(await _carrier(sink, over=True).carry([event(1)])) == [Result.UNTRIED]
    assert sink.calls == 0


async def test_errors_are_kept_without_secrets() -> None:
    """What is kept of an error is short and shows no password."""
    sink = KeepingSink()
    sink.fault = lambda _one: ValueError("https://user:hunter2@host/?token=abc " + "x" * 1000)
    [outcome] = await _carrier(sink).carry([event(1)])
    assert outcome.error is not None
    assert "hunter2" not in outcome.error
    assert "abc" not in outcome.error
    assert len(outcome.error) == 300


@pytest.mark.parametrize("batch", [1, 5])
async def test_cancelling_is_not_swallowed(batch: int) -> None:
    """Whoever cancels the delivery is obeyed."""

    class Hanging(Sink):
        def __init__(self) -> None:
            self.batch = batch

        async def send(self, events: Sequence[CloudEvent]) -> None:
            await asyncio.Event().wait()

    task = asyncio.create_task(_carrier(Hanging()).carry([event(1), event(2)]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
