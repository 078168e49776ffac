"""Who watches a run: a progress bar, a log, a web page."""

from __future__ import annotations

from typing import Protocol


class SyncObserver(Protocol):
    """Told what a run does while it does it. It must return at once and must not raise."""

    def on_stage(self, stage: str) -> None:
        """A stage begins: ``extract``, ``plan``, ``commit`` or ``hold``."""
        ...

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:
        """``fetched`` more rows of an entity came from a partition."""
        ...

    def on_event(self, message: str) -> None:
        """Something worth a line happened: a listing that disagreed, a page that failed."""
        ...


class SilentObserver:
    """Watches and says nothing."""

    def on_stage(self, stage: str) -> None:
        """Ignore the stage."""

    def on_rows(self, entity: str, partition: str, fetched: int) -> None:
        """Ignore the rows."""

    def on_event(self, message: str) -> None:
        """Ignore the event."""
