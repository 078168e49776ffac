"""The memory level's bounds and times."""

from __future__ import annotations

import math

from headgate.resilience.cache.codec import Record, seal, seal_meta
from headgate.resilience.cache.memory import MemoryLevel
from headgate.testing.clock import FakeClock


def level(clock: FakeClock, *, entries: int = 3, size: int = 100) -> MemoryLevel:
    """Make a small level."""
    return MemoryLevel(max_entries=entries, max_bytes=size, clock=clock)


def record(body: bytes = b"x") -> Record:
    """Make a record of some bytes."""
    return Record(*seal(body), seal_meta({}), 0.0, 0.0, 0.0)


def test_least_recently_used_goes_first() -> None:
    """When there are too many entries, the one that was not used for longest goes."""
    memory = level(FakeClock())
    for key in "abc":
        memory.keep(key, record(), fresh_seconds=10, keep_seconds=10)
    assert memory.fresh("a")
    memory.keep("d", record(), fresh_seconds=10, keep_seconds=10)
    assert [key for key in "abcd" if memory.fresh(key)] == ["a", "c", "d"]


def test_bounded_by_bytes() -> None:
    """The bytes of all values stay within the bound, and replacing a value does not count it twice."""
    memory = level(FakeClock(), entries=50)
    for number in range(20):
        memory.keep(str(number % 7), record(b"x" * 30), fresh_seconds=10, keep_seconds=10)
        assert memory.bytes == 30 * len(memory) <= 100
    memory.discard("5")
    assert memory.bytes == 30 * len(memory) == 60
    memory.reset()
    assert memory.bytes == 0


def test_too_large_for_all() -> None:
    """A value larger than the whole level is not kept, drives out nobody but its own older self."""
    memory = level(FakeClock())
    memory.keep("a", record(), fresh_seconds=10, keep_seconds=10)
    memory.keep("b", record(), fresh_seconds=10, keep_seconds=10)
    memory.keep("a", record(b"x" * 101), fresh_seconds=10, keep_seconds=10)
    assert memory.kept("a") is None
    assert memory.fresh("b")


def test_no_entries_at_all() -> None:
    """A level of size 0 keeps nothing."""
    memory = level(FakeClock(), entries=0)
    memory.keep("a", record(), fresh_seconds=10, keep_seconds=10)
    assert len(memory) == 0


def test_fresh_then_kept_then_gone() -> None:
    """An entry is fresh first, then only kept, then gone, to the instant."""
    clock = FakeClock()
    memory = level(clock)
    memory.keep("a", record(), fresh_seconds=5, keep_seconds=8)
    clock.move(4.999)
    assert memory.fresh("a")
    clock.move(0.001)
    assert memory.fresh("a") is None
    assert memory.kept("a")
    clock.move(3)
    assert memory.kept("a") is None
    assert len(memory) == 0


def test_the_wall_clock_may_jump() -> None:
    """Durations in memory do not notice when somebody sets the wall clock."""
    clock = FakeClock()
    memory = level(clock)
    memory.keep("a", record(), fresh_seconds=5, keep_seconds=5)
    clock.set_time(clock.time() + 1e6)
    assert memory.fresh("a")
    clock.set_time(0)
    clock.move(5)
    assert memory.fresh("a") is None


def test_for_ever() -> None:
    """A replayed entry is fresh for ever."""
    clock = FakeClock()
    memory = level(clock)
    memory.keep("a", record(), fresh_seconds=math.inf, keep_seconds=math.inf)
    clock.move(1e12)
    assert memory.fresh("a")
