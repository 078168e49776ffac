"""The demonstration, as a newcomer sees it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fixtures.command import Command


def test_demo_shows_three_syncs(headgate: Command, tmp_path: Path) -> None:
    """Everything new, nothing changed, only the changes; in 30 seconds; and again over the file of the first time."""
    for _ in range(2):
        started = time.monotonic()
        done = headgate("demo")
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - started < 30
        first, second, third = (
            done.stdout.split("sync:")[1:2] + done.stdout.split("sync:")[2:3] + done.stdout.split("It is")[1:]
        )
        assert "Applied" in first
        assert "nothing was written" in second
        assert "Applied" in third
        assert " → " in third
        assert "What to try next" in third
    assert (tmp_path / "headgate-demo.db").stat().st_size > 0
