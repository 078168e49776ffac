"""A page of metrics: samples are put on it under names of the catalogue, and it is read in either format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics

from headgate.logging import redact
from headgate.metrics.hosts import BOUNDS
from headgate.observe.catalogue import COUNTED, FAMILIES

MAX_LABEL_LENGTH = 200
"""Characters of a label's value; the rest is cut off."""

MAX_SAMPLES = 5_000
"""Different sets of labels of one metric; further ones are left out."""

_OPENMETRICS = "application/openmetrics-text"


@dataclass(frozen=True, slots=True)
class Exposition:
    """A page as it is sent.

    Args:
        content_type: What it is.
        body: The text, in UTF-8.
    """

    content_type: str
    body: bytes


class MetricsPage:
    """Samples by metric. A metric without a sample is left out."""

    def __init__(self) -> None:
        self.cleaned = 0
        """Samples whose labels could not stand there as they were."""
        self.omitted = 0
        """Samples that were left out: their metric had enough of them, or one with the same labels."""
        self._metrics: dict[str, Metric] = {}
        self._seen: dict[str, set[tuple[str, ...]]] = {}

    def add(self, name: str, value: float, *labels: str) -> None:
        """Put a sample on the page.

        Args:
            name: The name in the catalogue, without ``headgate_``.
            value: The number; one that is not a number is left out.
            labels: The values of its labels, in their order.
        """
        family = FAMILIES[f"headgate_{name}"]
        cleaned = self._new(family.name, labels)
        if cleaned is not None and not math.isnan(value):
            self._metric(family.name).add_sample(
                family.full_name, dict(zip(family.labels, cleaned, strict=True)), float(value)
            )

    def add_histogram(self, name: str, counts: Sequence[int], total: float, *labels: str) -> None:
        """Put a histogram on the page.

        Args:
            name: The name in the catalogue, without ``headgate_``.
            counts: How many observations fell into each bucket; the last one has no upper bound.
            total: The sum of all observations.
            labels: The values of its labels, in their order.
        """
        family = FAMILIES[f"headgate_{name}"]
        cleaned = self._new(family.name, labels)
        if cleaned is None:
            return
        metric, named = self._metric(family.name), dict(zip(family.labels, cleaned, strict=True))
        below = 0
        for bound, count in zip((*BOUNDS, math.inf), counts, strict=True):
            below += count
            metric.add_sample(
                f"{family.name}_bucket", {**named, "le": "+Inf" if math.isinf(bound) else str(bound)}, below
            )
        metric.add_sample(f"{family.name}_count", named, below)
        metric.add_sample(f"{family.name}_sum", named, total)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics in the order of the catalogue."""
        for name in FAMILIES:
            if name in self._metrics:
                yield self._metrics[name]

    def of_source(self, source: str, *, counted: bool = True) -> MetricsPage:
        """Return the page without what is said of other sources, and with what the process counted only if asked."""
        page, label = MetricsPage(), clean_label(source)
        for metric in self.collect():
            if not counted and metric.name in COUNTED:
                continue
            kept = [sample for sample in metric.samples if sample.labels.get("source", label) == label]
            if kept:
                page._metric(metric.name).samples = kept
        return page

    def samples(self) -> Iterator[tuple[str, Mapping[str, str], float]]:
        """Yield the name, the labels and the value of every sample."""
        for metric in self.collect():
            for sample in metric.samples:
                yield sample.name, sample.labels, sample.value

    def value(self, name: str) -> float | None:
        """Return the number of a metric without labels; none if it is not on the page."""
        metric = self._metrics.get(f"headgate_{name}")
        return metric.samples[0].value if metric is not None else None

    def render(self, accept: str = "") -> Exposition:
        """Return the page in the format that a scraper asks for: OpenMetrics if it is named, else Prometheus text."""
        if _OPENMETRICS in accept.lower():
            return Exposition(openmetrics.CONTENT_TYPE_LATEST, openmetrics.generate_latest(self))  # type: ignore[no-untyped-call]
        return Exposition(CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self))

    def _metric(self, name: str) -> Metric:
        if name not in self._metrics:
            family = FAMILIES[name]
            self._metrics[name] = Metric(name, family.help, family.kind.value, family.unit)
        return self._metrics[name]

    def _new(self, name: str, labels: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the cleaned labels, or nothing if the page has such a sample or has enough of them."""
        cleaned = tuple(map(clean_label, labels))
        seen = self._seen.setdefault(name, set())
        self.cleaned += cleaned != labels
        if cleaned in seen or len(seen) >= MAX_SAMPLES:
            self.omitted += 1
            return None
        seen.add(cleaned)
        return cleaned


def clean_label(value: str) -> str:
    """Return the value of a label as it may stand on a page: valid UTF-8, one line, no secrets, not endless."""
    text = redact(value[: 4 * MAX_LABEL_LENGTH].encode("utf-8", "replace").decode())
    printable = "".join(mark if mark.isprintable() else " " for mark in text)
    return printable if len(printable) <= MAX_LABEL_LENGTH else printable[: MAX_LABEL_LENGTH - 1] + "…"
