"""The commands in an empty folder, and replicas that they ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fixtures.command import QUICK, Command, first_line
from fixtures.commands import InProcess, Replica


@pytest.fixture
def headgate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> InProcess:
    """Give the commands in an empty folder, quick, and leave the logging as it was."""
    monkeypatch.chdir(tmp_path)
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("headgate.cli.opening.configure_logging", lambda **_: None)
    return InProcess(capsys)


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """Start replicas as processes, each kind once, and give their URLs."""
    command = Command(tmp_path_factory.mktemp("replicas"))
    urls: dict[tuple[str, ...], str] = {}
    with ExitStack() as stack:

        def start(*options: str) -> str:
            if options not in urls:
                process = stack.enter_context(command.started("replica", "ncaa", *options))
                urls[options] = first_line(process.stdout)
            return urls[options]

        yield start
