"""Strategies for models whose validators know more than their JSON Schema says."""

from __future__ import annotations

from datetime import date, datetime, time
from ipaddress import ip_network
from typing import Annotated, Any

from hypothesis import given
from pydantic import AfterValidator, BaseModel, Field

from headgate.quality import validate_and_process_batch
from headgate.testing.strategies import almost_valid_rows, rows


def parsed_by(parse: Any) -> AfterValidator:
    """Return a validator that takes what ``parse`` does not refuse."""

    def check(value: Any) -> Any:
        parse(value)
        return value

    return AfterValidator(check)


def three(values: list[float]) -> None:
    """Refuse any other number of values."""
    if len(values) != 3:
        raise ValueError


def eight_bits(text: str) -> None:
    """Refuse any other text."""
    if len(text) != 8 or set(text) - {"0", "1"}:
        raise ValueError


class Particular(BaseModel):
    """Every field is refused by almost any text or list."""

    day: Annotated[str, parsed_by(date.fromisoformat)]
    moment: Annotated[str, parsed_by(datetime.fromisoformat)] = Field(alias="startedAt")
    hour: Annotated[str, parsed_by(time.fromisoformat)]
    network: Annotated[str, parsed_by(ip_network)]
    vector: Annotated[list[float], parsed_by(three)]
    bits: Annotated[str, parsed_by(eight_bits)]
    amount: Annotated[str, parsed_by(float)] | None


@given(rows(Particular))
def test_every_row_made_for_such_a_model_is_taken(row: dict[str, Any]) -> None:
    """Where the validators refuse what the schema allows, usual values stand in its place."""
    [_], invalid = validate_and_process_batch([row], Particular)
    assert invalid == []


@given(almost_valid_rows(Particular))
def test_almost_valid_rows_are_found_for_it_too(row: dict[str, Any]) -> None:
    """Each ends in one place."""
    valid, invalid = validate_and_process_batch([row], Particular)
    assert len(valid) + len(invalid) == 1
