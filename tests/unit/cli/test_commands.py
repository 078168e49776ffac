"""The commands put together: which modules they need, and what an early Ctrl-C does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headgate.cli.commands import application
from headgate.cli.main import main

_LOADED = """
import sys
from headgate.cli.main import main
try:
    main({words!r})
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    """Run a command in a process of its own and return the names of the modules it imported."""
    program = _LOADED.format(words=list(words))
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr.split()
    )


def names_of(words: list[str]) -> set[str | None]:
    """Return the commands that the application for these words has."""
    made = application(words)
    return {command.name for command in made.registered_commands} | {group.name for group in made.registered_groups}


def test_the_version_waits_for_nothing() -> None:
    """Who asks for the version does not wait for a database driver."""
    assert not {"sqlalchemy", "aiohttp", "headgate.pipeline"} & modules_after("--version")


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    """The application for one command has that one; for none, or one that does not exist, it has all."""
    assert names_of(["sources", "--json"]) == {"sources"}
    assert names_of(["--debug", "models", "check"]) == {"models"}
    assert names_of(["sorces"]) == names_of([]) > {"sync", "as-of", "models"}


def test_ctrl_c_before_the_command_begins(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An interruption while modules are imported ends with the code for it, and says nothing."""

    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("headgate.cli.commands.import_module", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["sources"])
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")
