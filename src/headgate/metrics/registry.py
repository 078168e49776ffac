"""All that a process counts, by source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from headgate.metrics.extraction import ExtractionMetrics

MAX_SOURCES = 100
"""Sources that are told apart; all further ones are counted together as ``other``."""

_OTHER = "other"


class MetricsRegistry:
    """Counters by source, which never fall: those of extractors that ended are kept as a sum.

    Nothing is copied while an extractor works; its own counters are read when somebody asks.
    """

    def __init__(self) -> None:
        self._ended: dict[str, ExtractionMetrics] = {}
        self._working: list[tuple[str, ExtractionMetrics]] = []

    @contextmanager
    def watching(self, source: str, metrics: ExtractionMetrics | None) -> Iterator[None]:
        """Count what an extractor counts, for as long as this is entered, and keep the sum afterwards.

        Args:
            source: Under which name.
            metrics: Its counters; none: it counts nothing.
        """
        if metrics is None:
            yield
            return
        working = (self._name(source), metrics)
        self._working.append(working)
        try:
            yield
        finally:
            self._working = [one for one in self._working if one is not working]
            self._ended.setdefault(working[0], ExtractionMetrics()).add(metrics)

    def by_source(self) -> dict[str, ExtractionMetrics]:
        """Return the sums of all extractors by source."""
        sums: dict[str, ExtractionMetrics] = {}
        for source, metrics in (*self._ended.items(), *self._working):
            sums.setdefault(source, ExtractionMetrics()).add(metrics)
        return sums

    def _name(self, source: str) -> str:
        known = {*self._ended, *(name for name, _ in self._working)}
        return source if source in known or len(known) < MAX_SOURCES else _OTHER


PROCESS = MetricsRegistry()
"""What this process counts: every run of the pipeline counts here, unless it is given another registry."""
