"""Events as others read them: CloudEvents 1.0, in JSON, structured mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
PREFIX = "headgate."


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event, as it is sent. The same event has the same id and the same bytes, however often it is sent.

    Args:
        id: Unique among all events of a source; who has seen it has seen the event.
        source: Where it comes from: a URI reference.
        type: What happened, such as ``headgate.entity.changed``.
        time: When.
        data_json: What there is to say, as JSON.
        subject: What it is about: the row, or the run.
        partition: Events of one source and partition are delivered in order.
        sequence: Sorts as the events of a source happened.
    """

    id: str
    source: str
    type: str
    time: datetime
    data_json: bytes
    subject: str | None = None
    partition: str = ""
    sequence: str = ""

    @property
    def data(self) -> Any:
        """What there is to say, as plain values."""
        return orjson.loads(self.data_json)

    def as_dict(self) -> dict[str, Any]:
        """Return it in the structure of CloudEvents 1.0, with the extensions ``partitionkey`` and ``sequence``."""
        return {**self._attributes(), "data": self.data}

    def to_json(self) -> bytes:
        """Return it as one line of UTF-8 JSON."""
        return orjson.dumps({**self._attributes(), "data": orjson.Fragment(self.data_json)})

    def _attributes(self) -> dict[str, str]:
        values = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": _timestamp(self.time),
            "datacontenttype": "application/json",
        }
        if self.subject:
            values["subject"] = self.subject
        if self.partition:
            values["partitionkey"] = self.partition
        if self.sequence:
            values["sequence"] = self.sequence
        return values


@lru_cache(maxsize=64)
def _timestamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=64)
def source_uri(origin: str, source: str) -> str:
    """Return the attribute ``source``: where all events come from, then the source of the rows."""
    return f"{origin.rstrip('/')}/{quote(source, safe='')}" if source else origin


def row_subject(entity: str, key: Mapping[str, Any]) -> str:
    """Return the attribute ``subject`` of a row: the entity and the values of its key."""
    return "/".join([_segment(entity), *[_segment(str(value)) for value in key.values()]])


@lru_cache(maxsize=1024)
def _segment(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe="")
