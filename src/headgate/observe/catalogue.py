"""Every metric there is: its name, its labels, what it means. The reference is made from this list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What may be done with the numbers of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """A metric.

    Args:
        name: Its name, without the ``_total`` of counters.
        kind: Counters only grow for as long as the process lives.
        help: What it means, in a sentence.
        labels: The names of its labels.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as it is queried."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name

    @property
    def unit(self) -> str:
        """The unit that the name ends in; empty for plain numbers."""
        return next((unit for unit in ("seconds", "bytes", "ratio") if self.name.endswith(f"_{unit}")), "")


def _counter(name: str, text: str, *labels: str) -> Family:
    return Family(f"headgate_{name}", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str) -> Family:
    return Family(f"headgate_{name}", Kind.GAUGE, text, labels)


_OF_THE_PROCESS = (
    _counter(
        "requests",
        "Requests by outcome: success, failure, cancelled. The host is empty where none had to be asked.",
        *("source", "host", "outcome"),
    ),
    _counter("attempts", "Attempts over the wire by outcome: success, failure.", "source", "host", "outcome"),
    Family(
        "headgate_attempt_duration_seconds",
        Kind.HISTOGRAM,
        "How long attempts took, without the wait for their turn.",
        ("source", "host"),
    ),
    _counter("retries", "Attempts that were made because one before them failed.", "source"),
    _counter("hedges", "Attempts that raced a slow one.", "source"),
    _counter("cache_hits", "Answers from the cache by level: memory, second, stale.", "source", "level"),
    _counter("cache_misses", "Look-ups that the cache could not answer.", "source"),
    _counter("cache_revalidations", "Entries that the upstream confirmed with 304.", "source"),
    _counter("cache_coalesced_requests", "Requests that waited for the same answer as another.", "source"),
    _counter("cache_errors", "Operations on the second level that failed.", "source"),
    _counter("cache_failed_renewals", "Renewals of stale entries in the background that failed.", "source"),
    _gauge(
        "circuit_breaker_state",
        "1 for the state the breaker is in: closed, open, half_open.",
        "source",
        "host",
        "state",
    ),
    _counter("circuit_breaker_transitions", "Changes of state by the new state.", "source", "host", "to"),
    _counter("circuit_breaker_rejections", "Attempts that a breaker did not let through.", "source"),
    _counter("rate_limit_wait_seconds", "Time spent waiting for slots and tokens.", "source"),
    _counter("rate_limit_pauses", "Pauses that upstreams asked for.", "source"),
    _gauge("rate_limit_requests_per_second", "The rate that is granted now.", "source", "host"),
    _gauge("rate_limit_paused_seconds", "For how long the host is still left in peace.", "source", "host"),
    _gauge("attempts_in_flight", "Attempts under way.", "source", "host"),
    _gauge("attempts_waiting", "Attempts that wait for their turn.", "source", "host"),
    _gauge("retry_budget_retries", "Retries that the budget would allow now.", "source", "host"),
    _counter("received_bytes", "Bytes of bodies, after decompression.", "source"),
    _counter("validation_errors", "Rows that were refused.", "source"),
)

_OF_THE_DATABASE = (
    _gauge("database_up", "1 if the database could be read for this page."),
    _gauge("database_read_seconds", "How long that took."),
    _gauge("last_run_status", "1 for the status of the newest run.", "source", "status"),
    _gauge("last_run_timestamp_seconds", "When the newest run began, in seconds since 1970.", "source"),
    _gauge("last_run_duration_seconds", "How long the newest run took or, if it is under way, takes so far.", "source"),
    _gauge("last_applied_timestamp_seconds", "When the last applied run ended, in seconds since 1970.", "source"),
    _gauge("held_runs", "Runs that wait for a person to approve or reject them.", "source"),
    _gauge("held_run_age_seconds", "For how long the oldest of them has been waiting.", "source"),
    _gauge(
        "last_run_rows",
        "Rows of the last plan by fate: duplicate, quarantined, new, updated, unchanged, deleted, kept.",
        *("source", "entity", "fate"),
    ),
    _gauge("entity_rows", "Rows that are known after the last applied run.", "source", "entity"),
    _gauge(
        "entity_freshness_seconds", "Time since the last applied run that listed the entity began.", "source", "entity"
    ),
    _gauge(
        "entity_listed_timestamp_seconds",
        "When that run began, in seconds since 1970: for pages that are read long after they were made.",
        *("source", "entity"),
    ),
    _gauge("quarantined_rows", "Rows in quarantine.", "source", "entity"),
    _gauge("quality_score", "The quality of the last plan, 0 to 100.", "source", "entity"),
    _gauge("outbox_events", "Events in the outbox, delivered or not."),
    _gauge("outbox_pending_events", "Events that a sink has not got yet.", "sink"),
    _gauge("outbox_dead_letters", "Events that are not tried any more until a person says so.", "sink"),
    _gauge("outbox_lag_seconds", "The age of the oldest event that a sink has not got.", "sink"),
    _gauge("outbox_failures", "Sessions in a row in which a sink took nothing that there was.", "sink"),
)

_OF_THE_PROGRAM = (
    _gauge("build_info", "1, with the version as a label.", "version"),
    _gauge("page_cleaned_labels", "Samples of this page whose labels had line breaks, secrets or too many characters."),
    _gauge(
        "page_omitted_samples",
        "Samples left out of this page: their metric has too many, or one with the same labels.",
    ),
)

FAMILIES = MappingProxyType({family.name: family for family in (*_OF_THE_PROGRAM, *_OF_THE_PROCESS, *_OF_THE_DATABASE)})
"""Every metric by its name, in the order of the page."""

COUNTED = frozenset(family.name for family in _OF_THE_PROCESS)
"""The metrics of what the process did."""

GROUPS = (
    ("The program", _OF_THE_PROGRAM),
    ("What the process did", _OF_THE_PROCESS),
    ("What stands in the database", _OF_THE_DATABASE),
)
"""The metrics by where they come from."""
