"""Running a command's coroutine so that Ctrl-C and SIGTERM end it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import TypeVar

import typer

from headgate.cli.console import message_console
from headgate.cli.failures import INTERRUPTED, TERMINATED
from headgate.errors import BugError

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end and return its result.

    On Ctrl-C and on SIGTERM it is cancelled, so that it closes what it opened, and the command ends with the exit code
    130 or 143.
    """
    terminated = False

    async def guarded() -> T:
        task = asyncio.current_task()

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            if task is not None:
                task.cancel()

        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):  # Windows has no SIGTERM to handle
            loop.add_signal_handler(signal.SIGTERM, terminate)
        return await work

    try:
        return asyncio.run(guarded())
    except KeyboardInterrupt:
        message_console().print("Interrupted. What was committed stays; nothing is half-written.")
        raise typer.Exit(INTERRUPTED) from None
    except asyncio.CancelledError:
        if not terminated:
            raise BugError(
                "The command cancelled itself.", hint="Run again with --debug, and please report it."
            ) from None
        message_console().print("Terminated. What was committed stays; nothing is half-written.")
        raise typer.Exit(TERMINATED) from None
