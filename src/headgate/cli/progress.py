"""Watching a run: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from headgate.cli.console import message_console
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.logging import get_logger, redact, writes_json
from headgate.pipeline.observer import SilentObserver, SyncObserver

_SECONDS_BETWEEN_LINES = 2.0

_log = get_logger(__name__)

_STAGES = {
    "extract": "Asking the source",
    "plan": "Comparing with what is known",
    "commit": "Committing in one transaction",
    "hold": "Holding the run",
    "replay": "Judging the quarantine again",
}


class Watcher(SyncObserver, Protocol):
    """An observer that is shown for as long as it is entered."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing and leave the terminal as it was."""
        ...


def watcher(console: Console, *, clock: Clock = SYSTEM_CLOCK) -> Watcher:
    """Return the observer that fits where the console writes to."""
    if writes_json():
        return LogWatcher()
    return BarWatcher(console) if console.is_terminal else LineWatcher(console, clock=clock)


class Listener(SilentObserver):
    """Prints what happens and nothing else: for commands that are over at once."""

    def on_event(self, message: str) -> None:
        """Print the message where it disturbs no result."""
        if writes_json():
            _log.warning("message", message=message)
            return
        message_console().print(Text(redact(message), style="yellow"), soft_wrap=True)


class LogWatcher:
    """Writes stages and events into the log, where nothing but JSON may stand beside the result."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def on_stage(self, stage: str) -> None:
        """Log the stage."""
        _log.info("stage_began", stage=stage)

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:
        """Log the rows for who wants everything."""
        _log.debug("rows_fetched", entity=entity, partition=partition, rows=fetched)

    def on_event(self, message: str) -> None:
        """Log the message."""
        _log.warning("message", message=message)


class LineWatcher:
    """One plain line for each stage and event, and a count of the rows from time to time."""

    def __init__(self, console: Console, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._console = console
        self._clock = clock
        self._rows: Counter[str] = Counter()
        self._said: Counter[str] = Counter()
        self._last = clock.monotonic()

    def __enter__(self) -> Self:
        """Begin the time between lines."""
        self._last = self._clock.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        """Say the last counts."""
        self._say_rows()

    def on_stage(self, stage: str) -> None:
        """Print the stage, after the counts of the one before."""
        self._say_rows()
        self._print(f"{_STAGES.get(stage, stage)} ...")

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:  # noqa: ARG002 - the protocol's signature
        """Count the rows, and print the counts when the last line is old enough."""
        self._rows[entity] += fetched
        if self._clock.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._say_rows()

    def on_event(self, message: str) -> None:
        """Print the message."""
        self._print(redact(message))

    def _say_rows(self) -> None:
        news = [f"{entity} {count:,}" for entity, count in self._rows.items() if self._said[entity] != count]
        if news:
            self._print(f"  rows so far: {', '.join(news)}")
        self._said = self._rows.copy()
        self._last = self._clock.monotonic()

    def _print(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=True)


class BarWatcher:
    """A bar for each entity, alive while rows come in."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/green]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:>9,.0f} rows"),
            TimeElapsedColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._waiting: TaskID | None = None

    def __enter__(self) -> Self:
        """Show the bars."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bars as they are and stop redrawing."""
        self._progress.stop()

    def on_stage(self, stage: str) -> None:
        """Show that the source is asked until its first rows come; finish the bars when it has been read."""
        words = f"{_STAGES.get(stage, stage)} ..."
        if stage == "extract":
            self._waiting = self._progress.add_task(words, total=None)
            return
        self._stop_waiting()
        for task in self._progress.tasks:
            self._progress.update(task.id, total=task.completed)
        self._progress.console.print(Text(words, style="dim"))

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:  # noqa: ARG002 - the protocol's signature
        """Move the entity's bar on."""
        self._stop_waiting()
        if entity not in self._tasks:
            self._tasks[entity] = self._progress.add_task(entity, total=None)
        self._progress.advance(self._tasks[entity], fetched)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._progress.remove_task(self._waiting)
            self._waiting = None

    def on_event(self, message: str) -> None:
        """Print the message above the bars."""
        self._progress.console.print(Text(redact(message), style="yellow"))
