"""Fixtures of the end-to-end tests: the command in an empty folder, and replicas as processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.command import Command, first_line


@pytest.fixture
def headgate(tmp_path: Path) -> Command:
    """Give the command, in an empty folder."""
    return Command(tmp_path)


@pytest.fixture
def replica(headgate: Command) -> Iterator[Callable[..., str]]:
    """Start replicas as processes, and give their URLs."""
    with ExitStack() as stack:

        def start(*options: str) -> str:
            process = stack.enter_context(headgate.started("replica", "ncaa", *options))
            return first_line(process.stdout)

        yield start
