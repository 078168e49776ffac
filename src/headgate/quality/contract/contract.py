"""The agreement with an upstream about the shape of its rows: learned, versioned, widened when a person accepts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headgate.quality.contract.shape import FieldShape, PayloadShape


@dataclass(frozen=True, slots=True)
class Contract:
    """The shape that the rows of an entity are expected to have.

    Args:
        entity: Name of the entity.
        version: Counts from 1; each acceptance makes a new one.
        since: When this version was made (UTC).
        shape: What is expected.
    """

    entity: str
    version: int
    since: datetime
    shape: PayloadShape

    def accept(self, seen: PayloadShape, now: datetime) -> Contract:
        """Return the next version, in which what was seen is as it should be, beside what was known."""
        return Contract(self.entity, self.version + 1, now, merged(self.shape, seen))

    def as_dict(self) -> dict[str, Any]:
        """Return the contract as JSON-ready values; :meth:`from_dict` reads them."""
        return {
            "entity": self.entity,
            "version": self.version,
            "since": self.since.isoformat(),
            "shape": self.shape.as_dict(),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Contract:
        """Return the contract that :meth:`as_dict` wrote."""
        since = datetime.fromisoformat(kept["since"])
        return cls(kept["entity"], kept["version"], since, PayloadShape.from_dict(kept["shape"]))


def merged(known: PayloadShape, seen: PayloadShape) -> PayloadShape:
    """Return the shape of both payloads together."""
    maps = known.maps | seen.maps
    paths = dict.fromkeys((*known.fields, *seen.fields))
    fields = {path: _merged_field(path, known, seen) for path in paths if not path.startswith(tuple(maps))}
    return PayloadShape(known.rows + seen.rows, fields, maps)


def _merged_field(path: str, known: PayloadShape, seen: PayloadShape) -> FieldShape:
    before, now = known.fields.get(path), seen.fields.get(path)
    if before is None or now is None:
        only = before or now
        assert only is not None  # noqa: S101 - the path is from one of the two
        # a field that is gone has to become optional; one that has just come may well be required from now on
        return only if before is None else FieldShape(only.of + 1, only.present, only.types, only.values)
    values = None if before.values is None or now.values is None else Counter(before.values) + Counter(now.values)
    types = dict(Counter(before.types) + Counter(now.types))
    present = before.present + now.present
    if "null" in types:
        # accepted is the greater share, not the mean of the two
        types["null"] = math.ceil(present * max(before.null_share, now.null_share))
    return FieldShape(before.of + now.of, present, types, values and dict(values))
