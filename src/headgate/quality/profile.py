"""A table in numbers: counted as the rows go by, small enough to be kept for the next run."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import xxhash

_DISTINCT = 1000
"""Different values counted one by one in a field; what comes later is counted as one."""
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What was counted over all valid rows of an entity in one run.

    Args:
        rows: Number of rows.
        nulls: Rows without a value, by field.
        values: Rows by field and value; numbers by their order of magnitude in base 2.
        repeated: Rows whose key was seen before, by the names of the key's fields joined with ``+``.
    """

    rows: int = 0
    nulls: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    repeated: Mapping[str, int] = field(default_factory=dict)

    def null_share(self, name: str) -> float:
        """Return the share of rows without a value in a field, 0 to 1."""
        return self.nulls.get(name, 0) / self.rows if self.rows else 0.0

    def shift(self, name: str, earlier: TableProfile) -> float:
        """Return how far a field's distribution lies from an earlier one: 0 is the same, 1 has nothing in common.

        It is the total variation distance: half the sum of the differences of the shares.
        """
        ours, theirs = self.values.get(name, {}), earlier.values.get(name, {})
        if not self.rows or not earlier.rows:
            return 0.0
        return 0.5 * math.fsum(
            abs(ours.get(value, 0) / self.rows - theirs.get(value, 0) / earlier.rows) for value in {*ours, *theirs}
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as JSON-ready values; :meth:`from_dict` reads them."""
        return {
            "rows": self.rows,
            "nulls": dict(self.nulls),
            "values": {name: dict(counts) for name, counts in self.values.items()},
            "repeated": dict(self.repeated),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> TableProfile:
        """Return the profile that :meth:`as_dict` wrote."""
        return cls(kept["rows"], kept["nulls"], kept["values"], kept["repeated"])


def key_name(fields: Sequence[str]) -> str:
    """Return the name under which a key's repetitions are counted."""
    return "+".join(fields)


class TableProfiler:
    """Counts what some table rules ask for, batch by batch.

    Args:
        nulls: Fields whose missing values are counted.
        values: Fields whose values are counted.
        keys: Keys whose repetitions are counted; eight bytes are kept per row and key.
    """

    def __init__(
        self, *, nulls: Iterable[str] = (), values: Iterable[str] = (), keys: Iterable[Sequence[str]] = ()
    ) -> None:
        self._rows = 0
        self._nulls = dict.fromkeys(nulls, 0)
        self._values: dict[str, Counter[str]] = {name: Counter() for name in values}
        self._keys: dict[tuple[str, ...], array[int]] = {tuple(key): array("Q") for key in keys}

    def add(self, models: Sequence[Any]) -> None:
        """Count some models."""
        self._rows += len(models)
        for name in self._nulls:
            self._nulls[name] += sum(getattr(model, name) is None for model in models)
        for name, counts in self._values.items():
            for value in (value_text(getattr(model, name)) for model in models):
                counts[value if value in counts or len(counts) < _DISTINCT else OTHER] += 1
        for key, hashes in self._keys.items():
            hashes.extend(_hash(model, key) for model in models)

    def finish(self) -> TableProfile:
        """Return what was counted."""
        repeated = {key_name(key): len(hashes) - len(set(hashes)) for key, hashes in self._keys.items()}
        return TableProfile(self._rows, self._nulls, self._values, repeated)


def value_text(value: object) -> str:
    """Return the text that a value is counted under."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        # an integer can be too large to become a float
        exponent = abs(value).bit_length() if isinstance(value, int) else math.frexp(value)[1]
        return "0" if value == 0 else f"{'-' if value < 0 else ''}2^{exponent}"
    return str(value)[:100]


def _hash(model: Any, key: tuple[str, ...]) -> int:
    text = repr([getattr(model, name) for name in key])
    return xxhash.xxh3_64_intdigest(text.encode(errors="surrogatepass"))
