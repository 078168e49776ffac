"""Events as others read them: CloudEvents 1.0, in JSON, structured mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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
        data: What there is to say: JSON-able values.
        subject: What it is about: the row, or the run.
        partition: Events of one source and partition are delivered in order.
        sequence: Sorts as the events of a source happened.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    subject: str | None = None
    partition: str = ""
    sequence: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it in the structure of CloudEvents 1.0, with the extensions ``partitionkey`` and ``sequence``."""
        values: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
        }
        if self.subject:
            values["subject"] = self.subject
        if self.partition:
            values["partitionkey"] = self.partition
        if self.sequence:
            values["sequence"] = self.sequence
        return {**values, "data": self.data}

    def to_json(self) -> bytes:
        """Return it as one line of UTF-8 JSON."""
        return orjson.dumps(self.as_dict())


def source_uri(origin: str, source: str) -> str:
    """Return the attribute ``source``: where all events come from, then the source of the rows."""
    return f"{origin.rstrip('/')}/{quote(source, safe='')}" if source else origin


def row_subject(entity: str, key: Mapping[str, Any]) -> str:
    """Return the attribute ``subject`` of a row: the entity and the values of its key."""
    return "/".join([quote(entity, safe=""), *(quote(str(value), safe="") for value in key.values())])
