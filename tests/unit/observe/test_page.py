"""The page of metrics: both formats, odd labels, limits."""

from __future__ import annotations

import math
import shutil
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus

from headgate.metrics import ExtractionMetrics, HostGauges, MetricsRegistry
from headgate.observe.catalogue import FAMILIES, Kind
from headgate.observe.counted import add_counted
from headgate.observe.exposition import metrics_page
from headgate.observe.page import MAX_LABEL_LENGTH, MAX_SAMPLES, MetricsPage

OPENMETRICS = "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"
ODD = 'a"b\\c\nd\r\x00e\u2028f\ud800'


def full_page() -> MetricsPage:
    """Return a page with a sample of every metric, with odd labels."""
    page = MetricsPage()
    for family in FAMILIES.values():
        name = family.name.removeprefix("headgate_")
        if family.kind is Kind.HISTOGRAM:
            page.add_histogram(name, [1] * 14, 12.5, *(ODD for _ in family.labels))
        else:
            page.add(name, 3, *(ODD for _ in family.labels))
    return page


def test_openmetrics_is_read_by_the_strict_parser() -> None:
    """Every metric of the catalogue, with labels full of odd characters, is valid OpenMetrics."""
    page = full_page().render(OPENMETRICS)
    assert page.content_type.startswith("application/openmetrics-text")
    assert {family.name for family in parse_openmetrics(page.body.decode())} == set(FAMILIES)


def test_prometheus_text_is_the_default() -> None:
    """Who asks for nothing special is given the text format that every scraper reads."""
    page = full_page().render("*/*")
    assert page.content_type.startswith("text/plain; version=0.0.4")
    found = {sample.name for family in parse_prometheus(page.body.decode()) for sample in family.samples}
    assert "headgate_requests_total" in found
    assert "headgate_attempt_duration_seconds_bucket" in found


def test_odd_labels_stay_on_one_line_and_hide_secrets() -> None:
    """Line breaks become blanks, endless values are cut, tokens are masked."""
    page = MetricsPage()
    page.add("held_runs", 1, "first\nsecond")
    page.add("held_runs", 1, "x" * 10_000)
    page.add("held_runs", 1, "https://me:hunter2@example.org/?token=hunter2")
    labels = [labels["source"] for _, labels, _ in page.samples()]
    assert labels[0] == "first second"
    assert len(labels[1]) == MAX_LABEL_LENGTH
    assert "hunter2" not in page.render().body.decode()


def test_samples_are_bounded_and_unique() -> None:
    """A metric has a bounded number of samples, none of them twice, and none that is not a number."""
    page = MetricsPage()
    for number in range(MAX_SAMPLES + 10):
        page.add("held_runs", 1, str(number))
    page.add("held_run_age_seconds", 1, "same")
    page.add("held_run_age_seconds", 2, "same")
    page.add("database_read_seconds", math.nan)
    samples = list(page.samples())
    assert sum(name == "headgate_held_runs" for name, _, _ in samples) == MAX_SAMPLES
    assert [value for name, _, value in samples if name == "headgate_held_run_age_seconds"] == [1]
    assert not [value for name, _, value in samples if name == "headgate_database_read_seconds"]


def test_an_unknown_metric_is_a_mistake() -> None:
    """Nothing is exported that is not in the catalogue."""
    with pytest.raises(KeyError):
        MetricsPage().add("no_such_thing", 1)


def test_counters_of_an_extractor() -> None:
    """Requests add up over hosts and those that asked none; durations are a histogram; gauges are read now."""
    metrics = ExtractionMetrics(total_requests=9, successful_requests=7, failed_requests=2, memory_hits=4)
    host = metrics.host("https://example.org:443")
    host.successes, host.failures = 3, 1
    host.count_attempt(0.02)
    host.count_attempt(70.0, failed=True)
    host.transitions["open"] = 2
    host.gauges = lambda: HostGauges("open", 5.0, 1.5, 2, 3, 9.0)
    page = MetricsPage()
    add_counted(page, {"ncaa": metrics})
    found = {(name, *labels.values()): value for name, labels, value in page.samples()}
    of_host = ("ncaa", "https://example.org:443")
    assert found["headgate_requests_total", "ncaa", "", "success"] == 4
    assert found["headgate_requests_total", *of_host, "success"] == 3
    assert found["headgate_requests_total", "ncaa", "", "failure"] == 1
    assert found["headgate_attempts_total", *of_host, "failure"] == 1
    assert found["headgate_cache_hits_total", "ncaa", "memory"] == 4
    assert found["headgate_attempt_duration_seconds_bucket", *of_host, "0.025"] == 1
    assert found["headgate_attempt_duration_seconds_bucket", *of_host, "60.0"] == 1
    assert found["headgate_attempt_duration_seconds_bucket", *of_host, "+Inf"] == 2
    assert found["headgate_circuit_breaker_state", *of_host, "open"] == 1
    assert found["headgate_circuit_breaker_state", *of_host, "closed"] == 0
    assert found["headgate_circuit_breaker_transitions_total", *of_host, "open"] == 2
    assert found["headgate_rate_limit_paused_seconds", *of_host] == 1.5


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_is_content_with_every_metric() -> None:
    """The linter of Prometheus finds nothing to say about names, units and types of the whole catalogue."""
    text = full_page().render().body
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


async def test_labels_that_had_to_be_changed_are_counted() -> None:
    """A source with line breaks in its name, and one that looks the same without them, are counted on the page."""
    registry = MetricsRegistry()
    for name in ("a\nb", "a b", "c"):
        with registry.watching(name, ExtractionMetrics()):
            pass
    page = await metrics_page(None, registry=registry)
    assert page.value("page_cleaned_labels") == page.value("page_omitted_samples") > 0
    assert {labels["source"] for _, labels, _ in page.samples() if "source" in labels} == {"a b", "c"}
