"""What is counted: by one extractor, by one host, and by the whole process."""

from headgate.metrics.extraction import COUNTERS, ExtractionMetrics
from headgate.metrics.hosts import HostGauges, HostMetrics
from headgate.metrics.registry import PROCESS, MetricsRegistry

__all__ = ["COUNTERS", "PROCESS", "ExtractionMetrics", "HostGauges", "HostMetrics", "MetricsRegistry"]
