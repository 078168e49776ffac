"""Waiting for a source that another run holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import HeadgateError, LeaseHeldError
from headgate.logging import error_context, get_logger, log_context
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.store.lifecycle import RunLifecycle

R = TypeVar("R", bound=RunLifecycle)
H = TypeVar("H", bound=AbstractAsyncContextManager[Any])

_log = get_logger(__name__)

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
    async with in_turn(make, wait=wait, watcher=watcher, clock=clock) as run:
        with log_context(run=run.id):
            async with _logged(run, clock):
                yield run


@asynccontextmanager
async def in_turn(
    make: Callable[[], H], *, wait: float = 0.0, watcher: SyncObserver | None = None, clock: Clock = SYSTEM_CLOCK
) -> AsyncIterator[H]:
    """Enter what takes a lease; while somebody else holds it, wait. Takes and raises what :func:`entered` does."""
    deadline = clock.monotonic() + wait
    told = False
    async with AsyncExitStack() as stack:
        while True:
            holder = make()
            try:
                await stack.enter_async_context(holder)
                break
            except LeaseHeldError as held:
                left = deadline - clock.monotonic()
                if left <= 0:
                    raise
                if not told:
                    (watcher or SilentObserver()).on_event(f"{held.message} Waiting up to {wait:g} s for its end.")
                    told = True
            await clock.sleep(min(_SECONDS_BETWEEN_LOOKS, left))
        yield holder


@asynccontextmanager
async def _logged(run: RunLifecycle, clock: Clock) -> AsyncIterator[None]:
    """Write the beginning and the end of a run into the log, and of a failure what, where, which attempt, what next."""
    started = clock.monotonic()
    _log.info("run_started")
    try:
        yield
    except Exception as error:
        if isinstance(error, HeadgateError):
            error.run = run.id
        _log.error("run_failed", **error_context(error), seconds=round(clock.monotonic() - started, 3))
        raise
    _log.info("run_ended", status=run.status.value, seconds=round(clock.monotonic() - started, 3))
