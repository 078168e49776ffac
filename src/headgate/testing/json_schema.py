"""From a JSON Schema, as Pydantic writes them, to a Hypothesis strategy for the values it describes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

Schema = Mapping[str, Any]
Strategy = st.SearchStrategy[Any]

PLAIN_TEXT = st.characters(codec="utf-8", exclude_characters="\0")
"""Characters that every database keeps."""

_OPEN_ENDED = 8
"""Elements generated beyond the least number where a schema sets no upper limit."""


class SchemaReader:
    """Makes strategies for the parts of one schema, following its references.

    Args:
        schema: The whole schema, with its ``$defs``.
        anything: Used where the schema says nothing.
    """

    def __init__(self, schema: Schema, anything: Strategy) -> None:
        self._definitions: Schema = schema.get("$defs", {})
        self._anything = anything
        self._known: dict[str, Strategy] = {}

    def strategy(self, schema: Schema | bool) -> Strategy:  # noqa: FBT001 - a JSON Schema can be true or false
        """Return a strategy for values of a schema."""
        if isinstance(schema, bool):
            return self._anything if schema else st.nothing()
        for keyword, make in self._whole_schemas.items():
            if keyword in schema:
                return make(schema)
        typed = self._types.get(schema.get("type", ""))
        return self._anything if typed is None else typed(schema)

    def properties(self, schema: Schema) -> tuple[dict[str, Strategy], dict[str, Strategy]]:
        """Return the strategies of an object's required and of its optional properties."""
        required = set(schema.get("required", ()))
        parts = {name: self.strategy(part) for name, part in schema.get("properties", {}).items()}
        return (
            {name: part for name, part in parts.items() if name in required},
            {name: part for name, part in parts.items() if name not in required},
        )

    def resolve(self, schema: Schema) -> Schema:
        """Return the schema that a reference points to, or the schema itself."""
        while "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        return schema

    @property
    def _whole_schemas(self) -> dict[str, Callable[[Schema], Strategy]]:
        return {
            "$ref": self._reference,
            "const": lambda schema: st.just(schema["const"]),
            "enum": lambda schema: st.sampled_from(schema["enum"]),
            "anyOf": lambda schema: st.one_of([self.strategy(part) for part in schema["anyOf"]]),
            "oneOf": lambda schema: st.one_of([self.strategy(part) for part in schema["oneOf"]]),
            "allOf": lambda schema: self.strategy(
                {key: value for part in schema["allOf"] for key, value in part.items()}
            ),
        }

    @property
    def _types(self) -> dict[str, Callable[[Schema], Strategy]]:
        return {
            "null": lambda _: st.none(),
            "boolean": lambda _: st.booleans(),
            "integer": _integers,
            "number": _numbers,
            "string": _texts,
            "array": self._arrays,
            "object": self._objects,
        }

    def _reference(self, schema: Schema) -> Strategy:
        name = schema["$ref"]
        if name not in self._known:
            # deferred, because a definition can name itself
            self._known[name] = st.deferred(lambda: self.strategy(self.resolve(schema)))
        return self._known[name]

    def _arrays(self, schema: Schema) -> Strategy:
        if "prefixItems" in schema:
            return st.tuples(*(self.strategy(part) for part in schema["prefixItems"])).map(list)
        least, most = _limits(schema, "Items")
        unique = repr if schema.get("uniqueItems") else None
        return st.lists(self.strategy(schema.get("items", True)), min_size=least, max_size=most, unique_by=unique)

    def _objects(self, schema: Schema) -> Strategy:
        if "properties" in schema:
            required, optional = self.properties(schema)
            return st.fixed_dictionaries(required, optional=optional)
        least, most = _limits(schema, "Properties")
        values = self.strategy(schema.get("additionalProperties", True))
        return st.dictionaries(st.text(PLAIN_TEXT), values, min_size=least, max_size=most)


def _limits(schema: Schema, what: str) -> tuple[int, int]:
    least = schema.get(f"min{what}", 0)
    return least, schema.get(f"max{what}", least + _OPEN_ENDED)


def _integers(schema: Schema) -> Strategy:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        low = math.floor(schema["exclusiveMinimum"]) + 1
    if "exclusiveMaximum" in schema:
        high = math.ceil(schema["exclusiveMaximum"]) - 1
    step = schema.get("multipleOf", 1)
    low = None if low is None else math.ceil(low / step)
    high = None if high is None else math.floor(high / step)
    return st.integers(low, high).map(lambda number: number * step)


def _numbers(schema: Schema) -> Strategy:
    low, high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    return st.floats(
        min_value=low if low is not None else schema.get("minimum"),
        max_value=high if high is not None else schema.get("maximum"),
        exclude_min=low is not None,
        exclude_max=high is not None,
        allow_nan=False,
        allow_infinity=False,
    )


def _texts(schema: Schema) -> Strategy:
    least, most = _limits(schema, "Length")
    made = _FORMATS.get(schema.get("format", ""))
    if made is None and "pattern" in schema:
        made = st.from_regex(schema["pattern"])
    if made is None:
        return st.text(PLAIN_TEXT, min_size=least, max_size=most)
    unlimited = "maxLength" not in schema
    return made.filter(lambda text: least <= len(text) and (unlimited or len(text) <= most))


_FORMATS: dict[str, Strategy] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    "time": st.times().map(lambda time: time.isoformat()),
    "duration": st.integers(0, 10**6).map(lambda seconds: f"PT{seconds}S"),
    "email": st.emails(),
    "uuid": st.uuids().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "uri": st.text(PLAIN_TEXT, max_size=_OPEN_ENDED).map(lambda path: f"https://example.org/{quote(path)}"),
}
