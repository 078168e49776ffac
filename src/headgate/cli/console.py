"""Where words go: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from typing import Any

import orjson
from rich.console import Console

_WIDTH_OF_A_FILE = 120


def result_console() -> Console:
    """Return the console for results. In a file or a pipe, lines are wide and have no colours."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


def message_console() -> Console:
    """Return the console for progress, logs and errors."""
    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDTH_OF_A_FILE)


def print_json(value: Any) -> None:
    """Print one value as JSON with a line end, to standard output."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")
    sys.stdout.flush()
