"""Hypothesis strategies: any JSON value, rows that a model takes, and rows that it almost takes.

They need Hypothesis, which belongs to the tests of a project and not to its installation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st
from pydantic import BaseModel

from headgate.testing.field_values import fitting
from headgate.testing.json_schema import PLAIN_TEXT, SchemaReader

M = TypeVar("M", bound=BaseModel)

_SURROGATES = st.sampled_from(["\ud800", "\udfff", "a\ud83d", "\ude00b"])
_ENORMOUS = st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**400, -(10**4000)])
_ODD_DATES = st.sampled_from(["0000-01-01", "10000-01-01", "2026-02-30", "-0001-12-31T00:00:00Z", "24:00"])
_ODD_TEXTS = st.sampled_from(
    ["", " ", "\0", "\u00a0", "\u202e", "null", "NaN", "1e999", "0x10", "\uff11\uff12", "Ǆ" * 5000]
)
_NUMBERS_AS_TEXT = st.one_of(st.integers(), st.floats()).map(str)

json_scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(PLAIN_TEXT),
    _SURROGATES, _ENORMOUS, _ODD_DATES, _ODD_TEXTS, _NUMBERS_AS_TEXT,
)  # fmt: skip
"""Everything a JSON reader can hand over that has no parts, the unpleasant values among it."""


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


json_values: st.SearchStrategy[Any] = st.one_of(
    st.recursive(
        json_scalars,
        lambda parts: st.one_of(
            st.lists(parts, max_size=4), st.dictionaries(st.text(PLAIN_TEXT) | _SURROGATES, parts, max_size=4)
        ),
        max_leaves=10,
    ),
    st.sampled_from([150, 250]).map(_nested),
)
"""Any JSON value whatever: also NaN, lone surrogates, enormous integers and deep nesting
(as deep as Hypothesis can still print)."""


def rows(
    model: type[BaseModel], fields: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for raw rows that a model takes, keyed as the upstream keys them.

    It is built from the model's JSON Schema, so constraints, patterns, enums and nested models are met by
    construction. Where a field's own validators refuse a value, a usual one that they take stands in its place; what
    only validators of the whole model know is left to a filter.

    Args:
        model: The model.
        fields: Strategies for some of the raw keys, in place of those built from the schema: for a field whose own
            validator takes so little that a filter would seldom let anything through.
    """
    schema = model.model_json_schema()
    reader = SchemaReader(schema, json_scalars)
    required, optional = (fitting(model, part) for part in reader.properties(reader.resolve(schema)))
    for key, strategy in (fields or {}).items():
        (required if key in required else optional)[key] = strategy
    return st.fixed_dictionaries(required, optional=optional).filter(_taken_by(model))


def models(model: type[M], fields: Mapping[str, st.SearchStrategy[Any]] | None = None) -> st.SearchStrategy[M]:
    """Return a strategy for instances of a model, by way of :func:`rows`."""
    return rows(model, fields).map(model.model_validate)


def almost_valid_rows(
    model: type[BaseModel], fields: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for raw rows with one or two things wrong or odd about them.

    A value is missing, replaced by any JSON value, put in a list or written as text, a key is misspelt, or there is
    one too many. Some of these rows are valid all the same: that is what makes them worth trying.
    """
    change = st.sampled_from([_without, _replaced, _listed, _written, _misspelt, _with_extra])
    return st.builds(_changed, rows(model, fields), st.lists(change, min_size=1, max_size=2), st.data())


_Change = Callable[[dict[str, Any], str, st.DataObject], None]


def _changed(row: dict[str, Any], changes: list[_Change], data: st.DataObject) -> dict[str, Any]:
    row = dict(row)
    for change in changes:
        if row:
            change(row, data.draw(st.sampled_from(sorted(row))), data)
    return row


def _without(row: dict[str, Any], key: str, _: st.DataObject) -> None:
    del row[key]


def _replaced(row: dict[str, Any], key: str, data: st.DataObject) -> None:
    row[key] = data.draw(json_values)


def _listed(row: dict[str, Any], key: str, _: st.DataObject) -> None:
    row[key] = [row[key]]


def _written(row: dict[str, Any], key: str, _: st.DataObject) -> None:
    row[key] = repr(row[key])


def _misspelt(row: dict[str, Any], key: str, _: st.DataObject) -> None:
    row[f"{key}_"] = row.pop(key)


def _with_extra(row: dict[str, Any], key: str, data: st.DataObject) -> None:
    row[f"x{key}"] = data.draw(json_values)


def _taken_by(model: type[BaseModel]) -> Callable[[dict[str, Any]], bool]:
    def taken(row: dict[str, Any]) -> bool:
        try:
            model.model_validate(row)
        except Exception:  # noqa: BLE001 - a validator of the model may raise anything: then it does not take the row
            return False
        return True

    return taken
