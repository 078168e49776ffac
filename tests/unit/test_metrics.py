"""Counting: hosts are bounded, sums of a process never fall."""

from __future__ import annotations

from headgate.metrics import COUNTERS, ExtractionMetrics, MetricsRegistry
from headgate.metrics.hosts import MAX_HOSTS, OTHER
from headgate.metrics.registry import MAX_SOURCES


def test_hosts_beyond_the_limit_are_counted_together() -> None:
    """However many hosts there are, the table stays small and nothing is lost."""
    metrics = ExtractionMetrics()
    for number in range(3 * MAX_HOSTS):
        metrics.host(f"https://host{number}:443").count_attempt(0.1)
    assert len(metrics.hosts) == MAX_HOSTS + 1
    assert metrics.hosts[OTHER].attempts == 2 * MAX_HOSTS
    assert sum(host.attempts for host in metrics.hosts.values()) == 3 * MAX_HOSTS


def test_what_an_extractor_counted_stays_when_it_ends() -> None:
    """While extractors of a source work and after they end, the sums of the source only grow."""
    registry = MetricsRegistry()
    first, second = ExtractionMetrics(), ExtractionMetrics()
    with registry.watching("ncaa", first):
        first.attempts = 3
        first.host("h").count_attempt(0.1, failed=True)
        with registry.watching("ncaa", second):
            second.attempts = 4
            second.host("h").count_attempt(0.2)
            assert registry.by_source()["ncaa"].attempts == 7
    first.attempts = 100  # it has ended: what it counts now is nobody's business
    counted = registry.by_source()["ncaa"]
    assert counted.attempts == 7
    assert (counted.hosts["h"].attempts, counted.hosts["h"].failed_attempts) == (2, 1)


def test_two_extractors_that_count_the_same_are_not_mixed_up() -> None:
    """An extractor that ends is taken off by its identity, not by its numbers."""
    registry = MetricsRegistry()
    first, second = ExtractionMetrics(), ExtractionMetrics()
    second.start_time = first.start_time
    with registry.watching("s", first):
        with registry.watching("s", second):
            pass
        first.attempts = 5
        assert registry.by_source()["s"].attempts == 5


def test_sources_are_bounded() -> None:
    """Sources beyond the limit are counted together."""
    registry = MetricsRegistry()
    for number in range(MAX_SOURCES + 20):
        with registry.watching(f"source {number}", ExtractionMetrics(attempts=1)):
            pass
    sums = registry.by_source()
    assert len(sums) == MAX_SOURCES + 1
    assert sums["other"].attempts == 20


def test_no_counters_are_no_trouble() -> None:
    """A plain plug-in that counts nothing is watched like any other."""
    registry = MetricsRegistry()
    with registry.watching("plain", None):
        assert registry.by_source() == {}


def test_every_counter_is_summed() -> None:
    """Each field that is a number is a counter, and is added."""
    whole = ExtractionMetrics(**dict.fromkeys(COUNTERS, 2))
    whole.add(ExtractionMetrics(**dict.fromkeys(COUNTERS, 3)))
    assert set(whole.counters().values()) == {5}
