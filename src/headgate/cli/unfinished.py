"""What ``--json`` prints of a run that did not come to its end: one object as well, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from headgate.cli.console import print_json
from headgate.cli.failures import INTERRUPTED, TERMINATED, explain
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import HeadgateError
from headgate.logging import redact

_STOPPED = frozenset({INTERRUPTED, TERMINATED})


@contextmanager
def unfinished_as_json(source: str, *, wanted: bool, clock: Clock = SYSTEM_CLOCK) -> Iterator[None]:
    """Print an object when what is done inside fails or is stopped, and let the error go on.

    It has the names of a report: ``run`` (``null`` where it is not known), ``source``, ``status`` (``"failed"`` or
    ``"interrupted"``), ``duration_seconds``, ``entities`` (empty: nothing is told of rows); and ``error``, which is
    ``null`` for a run that was stopped.

    Args:
        source: The name of the source.
        wanted: Whether to print at all.
        clock: The time.
    """
    started = clock.monotonic()

    def tell(status: str, run: str | None = None, error: dict[str, Any] | None = None) -> None:
        if wanted:
            seconds = round(clock.monotonic() - started, 3)
            print_json(
                {
                    "run": run,
                    "source": source,
                    "status": status,
                    "duration_seconds": seconds,
                    "entities": {},
                    "error": error,
                }
            )

    try:
        yield
    except KeyboardInterrupt:
        tell("interrupted")
        raise
    except typer.Exit as end:
        if end.exit_code in _STOPPED:
            tell("interrupted")
        raise
    except BrokenPipeError:
        raise
    except Exception as error:
        message, hint, code = explain(error)
        said = {"kind": type(error).__name__, "message": redact(message), "hint": hint and redact(hint)}
        run = error.run if isinstance(error, HeadgateError) else None
        tell("failed", run, {**said, "exit_code": code, "retry_after": getattr(error, "retry_after", None)})
        raise
