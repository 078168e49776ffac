"""The command ``headgate``, and one place where every failure becomes a sentence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code.

    Args:
        arguments: The words after ``headgate``; those of the process by default.
    """
    try:
        # imported here, so that Ctrl-C in this second ends the command and prints no traceback
        from headgate.cli.commands import DEBUG, application  # noqa: PLC0415
        from headgate.cli.console import message_console  # noqa: PLC0415
        from headgate.cli.failures import show_failure  # noqa: PLC0415

        words = list(sys.argv[1:] if arguments is None else arguments)
        debug = DEBUG in words
        words = [word for word in words if word != DEBUG]
        try:
            command = application(words)
            gc.freeze()  # what was imported stays: no need to look through it again while rows stream by
            command(words, prog_name="headgate")
        except BrokenPipeError:
            _leave_the_pipe_alone()
            sys.exit(0)
        except Exception as error:  # noqa: BLE001 - the last line of defence: every failure becomes a sentence
            sys.exit(show_failure(error, message_console(), debug=debug))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _leave_the_pipe_alone() -> None:
    """Let the interpreter flush its standard output on exit, although whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
