"""The shape of a payload, learned from its rows: fields, types, how often they are null, and the values of enums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from headgate.jsontext import AmbiguousObject

ENUM_VALUES = 24
"""A text field with more different values than this is no enum."""
ENUM_ROWS = 50
"""Rows with the field below which nothing is said about its values."""

_SIGNATURES = 2000
"""Different sets of fields above which an object is taken for a map with arbitrary keys."""
_DEPTH = 8
_LONGEST_VALUE = 80
_JSON_TYPES = {
    type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", dict: "object",
    AmbiguousObject: "object", list: "array", tuple: "array",
}  # fmt: skip
_OBJECTS = {dict, AmbiguousObject}

_TEXTS = {str, type(None)}

_Signature = tuple[tuple[Any, ...], tuple[type, ...]]
_Owned = Sequence[tuple[Mapping[Any, Any], Any]]
"""Objects of one level, each with the row that it belongs to."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What was seen of one field.

    Args:
        of: Objects that could have had it.
        present: Objects that had it.
        types: JSON types of its values, ``null`` included, with counts.
        values: Different texts and their counts, if there were few; ``None``: too many to be an enum.
    """

    of: int
    present: int
    types: Mapping[str, int]
    values: Mapping[str, int] | None = None

    @property
    def required(self) -> bool:
        """Whether it was never missing."""
        return self.present == self.of

    @property
    def null_share(self) -> float:
        """Share of nulls among its values, 0 to 1."""
        return self.types.get("null", 0) / self.present if self.present else 0.0

    @property
    def enum(self) -> frozenset[str] | None:
        """Its values, if it looks like an enum: a few different texts, each seen ten times on average."""
        if (
            not self.values
            or len(self.values) == 1
            or self.types.get("string", 0) < max(ENUM_ROWS, 10 * len(self.values))
        ):
            return None
        return frozenset(self.values)


@dataclass(frozen=True, slots=True)
class PayloadShape:
    """What was seen of a payload.

    Args:
        rows: Rows seen.
        fields: Fields by path: ``address.state`` lies in an object, ``sports[].code`` in the objects of a list.
        maps: Paths of objects with arbitrary keys, with a closing dot; their fields are not listed.
    """

    rows: int = 0
    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    maps: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """Return the shape as JSON-ready values; :meth:`from_dict` reads them."""
        return {
            "rows": self.rows,
            "fields": {
                path: {
                    "of": shape.of,
                    "present": shape.present,
                    "types": dict(shape.types),
                    "values": None if shape.values is None else dict(shape.values),
                }
                for path, shape in self.fields.items()
            },
            "maps": sorted(self.maps),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> PayloadShape:
        """Return the shape that :meth:`as_dict` wrote."""
        return cls(
            kept["rows"], {path: FieldShape(**shape) for path, shape in kept["fields"].items()}, frozenset(kept["maps"])
        )


class ShapeLearner:
    """Learns the shape of a payload row by row, and remembers an example of everything it saw.

    Rows are counted by the tuple of their fields and types, so that a million rows of one shape cost little more than
    a million tuples, and what is kept grows with the number of shapes, not of rows.
    """

    def __init__(self) -> None:
        self._rows = 0
        self._levels: dict[str, dict[_Signature, list[Any]]] = defaultdict(dict)
        self._values: dict[str, dict[str, list[Any]] | None] = defaultdict(dict)
        self._maps: set[str] = set()

    def add(self, rows: Iterable[Any]) -> None:
        """Learn from some rows; what is no object has no shape and is left out."""
        objects = [(row, row) for row in rows if type(row) is dict or isinstance(row, Mapping)]
        self._rows += len(objects)
        self._add_level("", objects, 0)

    @property
    def variety(self) -> tuple[int, int, int, int]:
        """A measure of how many different things were seen: as long as it stays, nothing new has come."""
        counted = [values for values in self._values.values() if values is not None]
        return (
            sum(map(len, self._levels.values())),
            sum(map(len, counted)),
            len(self._values) - len(counted),
            len(self._maps),
        )

    def finish(self) -> PayloadShape:
        """Return the shape of everything so far."""
        fields: dict[str, FieldShape] = {}
        for prefix, signatures in self._levels.items():
            if not prefix.startswith(tuple(self._maps)):
                fields.update(self._fields_of(prefix, signatures))
        return PayloadShape(self._rows, fields, frozenset(self._maps))

    def example_without(self, path: str) -> Any:
        """Return a row without a field, or ``None``."""
        prefix, name = _split(path)
        for (names, _), (_, row) in self._levels.get(prefix, {}).items():
            if name not in map(str, names):
                return row
        return None

    def example_of_type(self, path: str, wanted: str) -> Any:
        """Return a row in which a field has a JSON type, or ``None``."""
        prefix, name = _split(path)
        for (names, types), (_, row) in self._levels.get(prefix, {}).items():
            for found, kind in zip(names, types, strict=True):
                if str(found) == name and json_type(kind) == wanted:
                    return row
        return None

    def example_of_value(self, path: str, value: str) -> Any:
        """Return a row in which a field has a value, or ``None``."""
        return ((self._values.get(path) or {}).get(value) or [0, None])[1]

    def _add_level(self, prefix: str, objects: _Owned, depth: int) -> None:
        signatures = self._levels[prefix]
        if prefix in self._maps or not objects:
            return
        seen = _signatures([item for item, _ in objects])
        fresh = seen.keys() - signatures.keys()
        for signature, count in seen.items():
            signatures.setdefault(signature, [0, None])[0] += count
        if len(signatures) > _SIGNATURES:
            self._maps.add(prefix)
            signatures.clear()
            return
        if fresh:
            _add_examples(signatures, objects)
        names: dict[Any, set[type]] = defaultdict(set)
        for found, types in seen:
            for name, kind in zip(found, types, strict=True):
                names[name].add(kind)
        for name, kinds in names.items():
            self._add_field(f"{prefix}{name}", name, kinds, objects, depth)

    def _add_field(self, path: str, name: Any, kinds: set[type], objects: _Owned, depth: int) -> None:
        if str in kinds and self._values[path] is not None:
            self._count_values(path, name, kinds, objects)
        if depth == _DEPTH:
            return
        if not kinds.isdisjoint(_OBJECTS):
            children = [(child, row) for item, row in objects if isinstance(child := item.get(name), dict)]
            self._add_level(f"{path}.", children, depth + 1)
        if list in kinds:
            lists = ((parts, row) for item, row in objects if isinstance(parts := item.get(name), list))
            self._add_level(
                f"{path}[].",
                [(part, row) for parts, row in lists for part in parts if isinstance(part, dict)],
                depth + 1,
            )

    def _count_values(self, path: str, name: Any, kinds: set[type], objects: _Owned) -> None:
        counts = self._values[path]
        assert counts is not None  # noqa: S101 - asked before the call
        found = [item.get(name) for item, _ in objects]
        # only texts are counted; what else there is need not even have a hash
        here: Counter[Any] = Counter(found if kinds <= _TEXTS else [value for value in found if isinstance(value, str)])
        here.pop(None, None)
        for value, count in here.items():
            known = counts.get(value)
            if known is None:
                if len(counts) == ENUM_VALUES or len(value) > _LONGEST_VALUE:
                    self._values[path] = None
                    return
                known = counts[value] = [0, next(row for item, row in objects if item.get(name) == value)]
            known[0] += count

    def _fields_of(
        self, prefix: str, signatures: Mapping[_Signature, Sequence[Any]]
    ) -> Iterator[tuple[str, FieldShape]]:
        total = sum(count for count, _ in signatures.values())
        types: dict[str, Counter[str]] = defaultdict(Counter)
        for (names, kinds), (count, _) in signatures.items():
            for name, kind in zip(names, kinds, strict=True):
                types[str(name)][json_type(kind)] += count
        for name, counts in types.items():
            path = f"{prefix}{name}"
            seen = self._values.get(path)
            values = None if not seen else {value: count for value, (count, _) in seen.items()}
            yield path, FieldShape(total, sum(counts.values()), dict(counts), values)


def _signatures(items: Sequence[Mapping[Any, Any]]) -> Counter[_Signature]:
    """Count the fields and types of objects: column by column, where all have the same fields in the same order."""
    names = tuple(items[0])
    # no object has a field twice: only if each has all of these, in this order, are they one after the other the same
    if not names or list(chain.from_iterable(items)) != [*names] * len(items):
        return Counter(map(_signature, items))
    types = [list(map(type, column)) for column in zip(*(item.values() for item in items), strict=True)]
    mixed = [place for place, column in enumerate(types) if column.count(column[0]) < len(column)]
    kinds = [column[0] for column in types]
    if not mixed:
        return Counter({(names, tuple(kinds)): len(items)})
    counts: Counter[_Signature] = Counter()
    for found, count in Counter(zip(*(types[place] for place in mixed), strict=True)).items():
        for place, kind in zip(mixed, found, strict=True):
            kinds[place] = kind
        counts[names, tuple(kinds)] = count
    return counts


def _signature(item: Mapping[Any, Any]) -> _Signature:
    return tuple(item), tuple(map(type, item.values()))


def _add_examples(signatures: dict[_Signature, list[Any]], objects: _Owned) -> None:
    """Give each signature that is new the first row that has it."""
    for item, row in objects:
        known = signatures[_signature(item)]
        if known[1] is None:
            known[1] = row


def json_type(kind: type) -> str:
    """Return the JSON name of a Python type; its own name, if JSON has none."""
    return _JSON_TYPES.get(kind, kind.__name__)


def _split(path: str) -> tuple[str, str]:
    """Return the prefix of a path's level and the name of its field."""
    parent, dot, name = path.rpartition(".")
    return f"{parent}{dot}", name
