"""Watching a run without a terminal and with one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from headgate.cli.progress import BarWatcher, LineWatcher, watcher
from headgate.testing.clock import FakeClock


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    """Return a console that writes into memory."""
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=100, highlight=False), stream


def test_terminal_decides() -> None:
    """Bars where somebody watches, lines elsewhere."""
    assert isinstance(watcher(console(terminal=True)[0]), BarWatcher)
    assert isinstance(watcher(console(terminal=False)[0]), LineWatcher)


def test_lines_say_rows_only_from_time_to_time() -> None:
    """A thousand small batches make one line, and the last count is always said."""
    target, stream = console(terminal=False)
    with LineWatcher(target, clock=FakeClock()) as lines:
        lines.on_stage("extract")
        for _ in range(1000):
            lines.on_rows("schools", "I", 2)
    assert stream.getvalue().splitlines() == ["Asking the source ...", "  rows so far: schools 2,000"]


async def test_lines_go_on_while_rows_come() -> None:
    """Whoever waits sees that something happens."""
    target, stream = console(terminal=False)
    clock = FakeClock()
    with LineWatcher(target, clock=clock) as lines:
        lines.on_rows("schools", "I", 5)
        await clock.advance(3)
        lines.on_rows("schools", "II", 5)
    assert stream.getvalue().splitlines() == ["  rows so far: schools 10"]


@pytest.mark.parametrize("terminal", [True, False])
def test_events_are_printed_without_secrets(terminal: bool) -> None:
    """What a source reports is text: no markup is read from it, and secrets are masked."""
    target, stream = console(terminal=terminal)
    with watcher(target) as shown:
        shown.on_event("[oops] https://a.test/?token=abc failed")
    assert "[oops] https://a.test/?token=*** failed" in stream.getvalue()


def test_bars_show_entities_and_counts() -> None:
    """Each entity has its bar with the rows that came, finished when the source has been read."""
    target, stream = console(terminal=True)
    with BarWatcher(target) as bars:
        bars.on_stage("extract")
        bars.on_rows("schools", "I", 300)
        bars.on_rows("schools", "II", 200)
        bars.on_stage("plan")
    text = stream.getvalue()
    assert "schools" in text
    assert "500 rows" in text
    assert "Comparing with what is known" in text
