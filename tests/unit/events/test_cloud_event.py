"""Events as others read them, validated by the SDK of CloudEvents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as Official

from headgate.events.cloud_event import CloudEvent, row_subject, source_uri
from headgate.events.kinds import KINDS, PipelineEvent
from headgate.events.rendering import render

AT = datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)


@dataclass(frozen=True)
class Kept:
    """What an outbox keeps."""

    place: tuple[int, int] = (7, 0)
    source: str = "ncaa"
    type: str = "run.applied"
    at: datetime = AT
    run: str | None = "20260102-030405678-abcd"
    entity: str | None = None
    key: dict[str, Any] | None = None
    operation: str | None = None
    changed: dict[str, tuple[Any, Any]] | None = None
    document: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


ROW = Kept(
    place=(7, 42),
    type="entity.changed",
    entity="schools",
    key={"org_id": 5, "name": "A/B ü"},
    operation="updated",
    changed={"name": ("A", "A/B ü")},
    document='{"name": "A/B ü", "org_id": 5}',
)


def _official(event: CloudEvent) -> Official:
    return JSONFormat().read(Official, event.to_json())


@pytest.mark.parametrize("kept", [Kept(), ROW, Kept(run=None, type="breaker.opened", data={"host": "https://x"})])
def test_official_sdk_reads_it(kept: Kept) -> None:
    """The SDK accepts every attribute and finds the data that was sent."""
    event = render(kept, "/headgate")
    read = _official(event)
    assert read.get_id() == event.id
    assert read.get_type() == f"headgate.{kept.type}"
    assert read.get_source() == "/headgate/ncaa"
    assert read.get_specversion() == "1.0"
    assert read.get_time() == AT
    assert read.get_subject() == event.subject
    assert read.get_data() == orjson.loads(orjson.dumps(event.data))
    assert read.get_extension("partitionkey") == event.partition


def test_row_tells_what_changed() -> None:
    """The event about a row says which row, what happened to it, and what it is now."""
    assert render(ROW, "/headgate").as_dict()["data"] == {
        "run": "20260102-030405678-abcd",
        "entity": "schools",
        "key": {"org_id": 5, "name": "A/B ü"},
        "operation": "updated",
        "changed": {"name": {"before": "A", "after": "A/B ü"}},
        "row": {"org_id": 5, "name": "A/B ü"},
    }


def test_same_event_has_the_same_bytes() -> None:
    """Whenever an event is rendered, it is the same, so that receivers know it again."""
    assert render(ROW, "/headgate").to_json() == render(ROW, "/headgate").to_json()
    assert "." not in render(ROW, "/headgate").id


def test_sequence_sorts_as_it_happened() -> None:
    """The texts of the extension sort like the places."""
    places = [(1, 0), (2, 9), (2, 10), (9, 1), (10, 0), (100, 5)]
    sequences = [render(Kept(place=place), "/headgate").sequence for place in places]
    assert sequences == sorted(sequences)


def test_subject_is_not_ambiguous() -> None:
    """Values with slashes do not look like several values."""
    assert row_subject("e", {"a": "x/y", "b": 1}) == "e/x%2Fy/1"
    assert source_uri("https://example.org/hg/", "a b") == "https://example.org/hg/a%20b"
    assert source_uri("/headgate", "") == "/headgate"


def test_every_kind_has_a_word_of_its_own() -> None:
    """The types of events are told apart by their words."""
    words = [kind.type for kind in KINDS]
    assert len(set(words)) == len(words)
    assert all(issubclass(kind, PipelineEvent) for kind in KINDS)
