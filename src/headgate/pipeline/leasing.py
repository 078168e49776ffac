"""Waiting for a source that another run holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import LeaseHeldError
from headgate.pipeline.observer import SilentObserver, SyncObserver

R = TypeVar("R", bound=AbstractAsyncContextManager[Any])

_SECONDS_BETWEEN_LOOKS = 0.5


@asynccontextmanager
async def entered(
    make: Callable[[], R], *, wait: float = 0.0, watcher: SyncObserver | None = None, clock: Clock = SYSTEM_CLOCK
) -> AsyncIterator[R]:
    """Enter a run; while another one of the source is under way, wait for its end.

    Args:
        make: Makes the run, once for each attempt.
        wait: Seconds to wait at the most.
        watcher: Told, once, whom the run waits for.
        clock: The time.

    Raises:
        LeaseHeldError: The other run did not end in time; the message says who it is and since when.
    """
    deadline = clock.monotonic() + wait
    told = False
    async with AsyncExitStack() as stack:
        while True:
            run = make()
            try:
                await stack.enter_async_context(run)
                break
            except LeaseHeldError as held:
                left = deadline - clock.monotonic()
                if left <= 0:
                    raise
                if not told:
                    (watcher or SilentObserver()).on_event(f"{held.message} Waiting up to {wait:g} s for its end.")
                    told = True
            await clock.sleep(min(_SECONDS_BETWEEN_LOOKS, left))
        yield run
