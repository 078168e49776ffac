"""Models as the rows that the store takes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    computed_field,
    field_serializer,
    field_validator,
)

from headgate.pipeline.dumping import dumper


class Plain(BaseModel):
    """Nothing but values that are their own JSON form."""

    number: int
    text: Annotated[str, Field(min_length=1, alias="Text")]
    share: float | None = None
    open: bool = True


class Dated(Plain):
    """A value that JSON spells in its own way."""

    day: date = date(2024, 1, 31)


class Serialised(Plain):
    """A field with a serialiser of its own."""

    @field_serializer("number")
    def _spell(self, number: int) -> str:
        return f"no. {number}"


class Marked(Plain):
    """A type with a serialiser of its own."""

    mark: Annotated[int, PlainSerializer(str)] = 1


class Computed(Plain):
    """A field that is made of others."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        """Twice the number."""
        return 2 * self.number


class Hidden(Plain):
    """A field that is left out."""

    secret: str = Field(default="x", exclude=True)


class Open(Plain):
    """More fields than are declared."""

    model_config = ConfigDict(extra="allow")


class Validated(Plain):
    """A validator that may return anything."""

    @field_validator("text")
    @classmethod
    def _upper(cls, text: str) -> str:
        return text.upper()


class After(Plain):
    """A type with a validator that may return anything."""

    name: Annotated[str, AfterValidator(lambda text: text + "!")] = "a"


class Renamed(Plain):
    """A dump of its own."""

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Say hello too."""
        return super().model_dump(**options) | {"hello": 1}


def test_a_plain_model_is_not_copied() -> None:
    """Where the fields are what would be dumped, they are taken as they are."""
    row = Plain(number=1, Text="a", share=0.5)
    assert dumper(Plain)(row) is row.__dict__
    assert row.__dict__ == row.model_dump(mode="json", by_alias=False)


@pytest.mark.parametrize("model", [Dated, Serialised, Marked, Computed, Hidden, Open, Validated, After, Renamed])
def test_a_model_with_a_say_of_its_own_is_dumped(model: type[Plain]) -> None:
    """Serialisers, validators, computed and excluded fields, and types that JSON does not have, all count."""
    row = model.model_validate({"number": 1, "Text": "a", "more": 2})
    assert dumper(model) is not vars
    assert dumper(model)(row) == row.model_dump(mode="json", by_alias=False)
