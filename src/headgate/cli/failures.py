"""What a person reads when a command fails: what happened, where, and what to do. No traceback unless asked for."""

from __future__ import annotations

import errno
import traceback

from rich.console import Console
from rich.text import Text

from headgate.errors import HeadgateError, RetryLaterError
from headgate.logging import redact

INTERRUPTED = 130
TERMINATED = 143
UNEXPECTED = 70
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def show_failure(error: Exception, console: Console, *, debug: bool) -> int:
    """Print an error and return the exit code it stands for.

    Args:
        error: What ended the command.
        console: Where to print, usually on standard error.
        debug: Print the traceback first.
    """
    if debug:
        console.print(Text(redact("".join(traceback.format_exception(error)))))
    if isinstance(error, HeadgateError):
        _say(console, error.message, error.hint)
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = f"'{error.filename}'" if error.filename else "standard output or a temporary file"
        _say(console, f"{where} cannot be written: {error.strerror}.", "Free some space there, then try again.")
        return RetryLaterError.exit_code
    _say(
        console,
        f"Unexpected {type(error).__name__}: {error}",
        "This is a bug in Headgate, or in a source or a library it uses."
        + (
            " Please report it with the traceback above." if debug else " Run again with --debug, and please report it."
        ),
    )
    return UNEXPECTED


def _say(console: Console, message: str, hint: str | None) -> None:
    console.print(Text.assemble(("Error: ", "bold red"), redact(message)), soft_wrap=True)
    if hint:
        console.print(Text(redact(hint)), soft_wrap=True)
