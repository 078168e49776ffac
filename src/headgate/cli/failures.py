"""What a person reads when a command fails: what happened, where, and what to do. No traceback unless asked for."""

from __future__ import annotations

import errno
import traceback

from rich.console import Console
from rich.text import Text

from headgate.errors import HeadgateError, RetryLaterError
from headgate.logging import error_context, get_logger, redact, writes_json

INTERRUPTED = 130
TERMINATED = 143
UNEXPECTED = 70

_log = get_logger(__name__)
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def show_failure(error: Exception, console: Console, *, debug: bool) -> int:
    """Print an error and return the exit code it stands for.

    Args:
        error: What ended the command.
        console: Where to print, usually on standard error.
        debug: Print the traceback first.
    """
    if debug and not writes_json():
        console.print(Text(redact("".join(traceback.format_exception(error)))))
    message, hint, code = explain(error, debug=debug)
    if writes_json():
        _log.error(
            "command_failed",
            **{**error_context(error), "what": message, "next": hint},
            exit_code=code,
            exc_info=error if debug else None,
        )
        return code
    console.print(Text.assemble(("Error: ", "bold red"), redact(message)), soft_wrap=True)
    if hint:
        console.print(Text(redact(hint)), soft_wrap=True)
    return code


def explain(error: Exception, *, debug: bool = False) -> tuple[str, str | None, int]:
    """Return what happened, what to do, and the exit code it stands for.

    Args:
        error: What ended the command.
        debug: Whether the reader has the traceback.
    """
    if isinstance(error, HeadgateError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = f"'{error.filename}'" if error.filename else "standard output or a temporary file"
        message = f"{where} cannot be written: {error.strerror}."
        return message, "Free some space there, then try again.", RetryLaterError.exit_code
    report = "Please report it with the traceback above." if debug else "Run again with --debug, and please report it."
    hint = f"This is a bug in Headgate, or in a source or a library it uses. {report}"
    return f"Unexpected {type(error).__name__}: {error}", hint, UNEXPECTED
