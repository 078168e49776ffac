"""Waiting for another run to end."""

from __future__ import annotations

from typing import Self

import pytest

from headgate.errors import LeaseHeldError
from headgate.pipeline.leasing import in_turn
from headgate.pipeline.observer import SilentObserver
from headgate.testing.clock import FakeClock


class Run:
    """A run that cannot be in_turn before its time."""

    def __init__(self, clock: FakeClock, free_at: float) -> None:
        self.clock = clock
        self.free_at = free_at
        self.error: BaseException | None = None

    async def __aenter__(self) -> Self:
        """Enter, or say who is in the way."""
        if self.clock.monotonic() < self.free_at:
            raise LeaseHeldError("Another run is under way.")
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Remember how it ended."""
        self.error = error


class Told(SilentObserver):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def on_event(self, message: str) -> None:
        """Remember."""
        self.messages.append(message)


async def enter(clock: FakeClock, *, free_after: float, wait: float, watcher: Told | None = None) -> float:
    """Enter a run and return the seconds that it took."""
    started = clock.monotonic()
    async with in_turn(lambda: Run(clock, started + free_after), wait=wait, watcher=watcher, clock=clock):
        return clock.monotonic() - started


async def test_free_source_is_entered_at_once() -> None:
    """Nobody in the way: no time passes."""
    clock = FakeClock()
    assert await enter(clock, free_after=0, wait=0) == 0


async def test_who_does_not_wait_is_told_at_once() -> None:
    """Without a time to wait the error comes at once."""
    clock = FakeClock()
    with pytest.raises(LeaseHeldError):
        await enter(clock, free_after=1, wait=0)


async def test_second_run_waits_for_the_first() -> None:
    """It enters soon after the other one ended, and says once whom it waits for."""
    clock, told = FakeClock(), Told()
    waited = await clock.run(enter(clock, free_after=3.2, wait=10, watcher=told))
    assert 3.2 <= waited <= 3.7
    assert told.messages == ["Another run is under way. Waiting up to 10 s for its end."]


async def test_patience_ends() -> None:
    """After the time that was given, and not later, the error comes."""
    clock = FakeClock()
    started = clock.monotonic()
    with pytest.raises(LeaseHeldError):
        await clock.run(enter(clock, free_after=60, wait=10))
    assert clock.monotonic() - started == pytest.approx(10)


async def test_error_inside_reaches_the_run() -> None:
    """What goes wrong inside is the run's business, as if it had been in_turn directly."""
    run = Run(FakeClock(), 0)
    with pytest.raises(ValueError, match="inside"):
        async with in_turn(lambda: run):
            raise ValueError("inside")
    assert isinstance(run.error, ValueError)
