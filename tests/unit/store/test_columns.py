"""Entities: declared by hand or by a Pydantic model."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, HttpUrl, computed_field

from headgate.errors import DatabaseConfigError
from headgate.store import Column, ColumnType, EntityTable


class Colour(StrEnum):
    """An enum of texts."""

    RED = "red"


class Size(IntEnum):
    """An enum of numbers."""

    SMALL = 1


class Part(BaseModel):
    """A nested model."""

    x: int


class Thing(BaseModel):
    """A model with a field of every kind."""

    id: int
    text: str | None = None
    ratio: float = Field(alias="r")
    price: Decimal
    day: date | None
    at: datetime
    yes: bool
    colour: Colour
    size: Size | None
    either: Literal["a", "b"]
    link: HttpUrl | None
    tags: list[str]
    part: Part
    parts: dict[str, Part] | None
    whatever: Any
    mixed: int | str

    @computed_field
    @property
    def label(self) -> str:
        """A computed field is a column as well."""
        return self.text or ""


def test_model_declares_the_columns() -> None:
    """Types follow the model's fields as they are serialised, in their order."""
    table = EntityTable.from_model("things", Thing, ("id",))
    kinds = {column.name: column.type.value for column in table.columns}
    assert kinds == {
        "id": "integer",
        "text": "text",
        "ratio": "float",
        "price": "numeric",
        "day": "date",
        "at": "timestamp",
        "yes": "boolean",
        "colour": "text",
        "size": "integer",
        "either": "text",
        "link": "text",
        "tags": "json",
        "part": "json",
        "parts": "json",
        "whatever": "json",
        "mixed": "json",
        "label": "text",
    }
    nullable = {column.name for column in table.columns if column.nullable}
    assert nullable == {"text", "day", "size", "link", "parts", "whatever"}


def test_key_is_never_null() -> None:
    """A key column is required, however it was declared."""
    table = EntityTable("t", ("id",), [Column("id", ColumnType.TEXT)])
    assert not table.column("id").nullable


@pytest.mark.parametrize(
    ("name", "key", "columns", "message"),
    [
        ("bad name", ("id",), {"id": "text"}, "cannot be the name"),
        ("t", ("id",), {"id": "text", 'a"b': "text"}, "cannot be the name"),
        ("headgate_run", ("id",), {"id": "text"}, "are taken"),
        ("t", (), {"id": "text"}, "not among the columns"),
        ("t", ("other",), {"id": "text"}, "not among the columns"),
        ("t", ("id",), {"id": "json"}, "not a scalar"),
        ("t", ("id",), {"id": "text", "ID": "text"}, "twice"),
    ],
)
def test_unusable_declarations(name: str, key: tuple[str, ...], columns: dict[str, str], message: str) -> None:
    """What no table can be made of is refused at once."""
    with pytest.raises(DatabaseConfigError, match=message):
        EntityTable(name, key, columns)
