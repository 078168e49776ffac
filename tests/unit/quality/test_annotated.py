"""Rules in annotations: wherever in the type of a field they stand, they judge."""

from __future__ import annotations

from typing import Annotated, Any, Optional, Self

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError
from headgate.quality import Length, NotEmpty, ValidEmail, ZipCode, validate_and_process_batch


class Place(BaseModel):
    """Lies within another model, and may contain one of its own kind."""

    zip: Annotated[str, ZipCode()] = "07666"
    within: Self | None = None


class Contact(BaseModel):
    """Has a rule in every kind of type."""

    bare: Annotated[str, NotEmpty] = "x"  # type: ignore[valid-type]
    union: Annotated[str, ValidEmail()] | None = None
    optional: Optional[Annotated[str, NotEmpty()]] = None  # noqa: UP045 - as people write it
    either: Annotated[str, ValidEmail()] | int = 5
    listed: list[Annotated[str, ValidEmail()]] = []
    named: dict[str, Annotated[str, ValidEmail()]] = {}
    pair: tuple[int, Annotated[str, ZipCode()]] = (1, "07666")
    place: Place | None = None
    places: list[Place] = []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"bare": " "}, "must not be empty"),
        ({"union": "nobody"}, "must be an e-mail address, such as info@example.org"),
        ({"optional": ""}, "must not be empty"),
        ({"either": "nobody"}, "must be an e-mail address, such as info@example.org"),
        ({"listed": ["a@b.org", "nobody"]}, "each: must be an e-mail address, such as info@example.org"),
        ({"named": {"a": "nobody"}}, "each: must be an e-mail address, such as info@example.org"),
        ({"pair": (2, "7")}, "1: must be a ZIP code as text, such as 07666 or 07666-1914"),
        ({"place": {"zip": "7"}}, "zip: must be a ZIP code as text, such as 07666 or 07666-1914"),
        ({"places": [{}, {"zip": "7"}]}, "each.zip: must be a ZIP code as text, such as 07666 or 07666-1914"),
    ],
)
def test_a_rule_within_a_type_judges(row: dict[str, Any], message: str) -> None:
    """In a union, a collection or a model within the model, it refuses the row, and says where it looked."""
    _, [item] = validate_and_process_batch([row], Contact)
    assert [(reason.field, reason.message) for reason in item.reasons] == [(next(iter(row)), message)]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"union": None, "optional": None, "either": 7, "place": None},
        {"listed": ["a@b.org"], "named": {"a": "a@b.org"}, "places": [{"within": {"zip": "07666"}}]},
    ],
)
def test_good_values_within_a_type_pass(row: dict[str, Any]) -> None:
    """A rule on one member of a union says nothing about the others."""
    [_], invalid = validate_and_process_batch([row], Contact)
    assert invalid == []


def test_a_rule_without_the_arguments_it_needs_is_an_error() -> None:
    """An annotation that could only be ignored is refused before any row is judged."""

    class Short(BaseModel):
        name: Annotated[str, Length]  # type: ignore[valid-type]

    with pytest.raises(ConfigError, match="length"):
        validate_and_process_batch([], Short)
