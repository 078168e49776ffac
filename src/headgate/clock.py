"""Time as an argument: everything that waits or measures is given a :class:`Clock`."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from and how waiting is done.

    ``monotonic`` never goes backwards and is used for every duration; ``time`` is the wall clock (seconds since the
    Unix epoch), used only for what leaves the process or outlives it.
    """

    def monotonic(self) -> float:
        """Return seconds since an arbitrary origin; never decreases."""
        ...

    def time(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` seconds; can be cancelled."""
        ...


class SystemClock:
    """The clock of the machine."""

    # staticmethods around the C functions: a hot path pays for no Python frame to read the time
    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)


SYSTEM_CLOCK = SystemClock()
