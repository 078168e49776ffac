"""Rows whose JSON says the same key twice."""

from __future__ import annotations

from typing import Any

from pydantic import AliasPath, BaseModel, Field

from headgate.jsontext import read_json
from headgate.quality import Severity, compile_rules


class School(BaseModel):
    """A model with names of its own."""

    org_id: int = Field(validation_alias="orgId")
    city: str | None = Field(None, validation_alias=AliasPath("address", "city"))


def found(model: type[BaseModel], body: bytes) -> tuple[int, list[tuple[str, str, Severity]]]:
    """Return how many rows are valid, and what was found on all of them."""
    result = compile_rules(model).process(read_json(body))
    findings: list[Any] = [*(f for item in result.invalid for f in item.reasons)]
    findings += [finding for row in result.flagged for finding in row.findings]
    return len(result.valid), [(finding.field, finding.message, finding.severity) for finding in findings]


def test_a_row_that_contradicts_itself_is_refused() -> None:
    """With the values that came; the others of its batch go on."""
    valid, findings = found(School, b'[{"orgId": 1}, {"orgId": 2, "orgId": 3}, {"orgId": 4}]')
    assert valid == 2
    assert findings == [("orgId", "came 2 times with different values: 2, 3", Severity.ERROR)]


def test_a_contradiction_inside_a_field() -> None:
    """The path says where."""
    valid, findings = found(School, b'[{"orgId": 1, "address": {"city": "A", "city": "B"}}]')
    assert (valid, findings[0][0]) == (0, "address.city")


def test_a_contradiction_that_the_model_does_not_read() -> None:
    """It is reported and refuses nothing, unless the model keeps everything."""

    class Keeping(School, extra="allow"):
        pass

    body = b'[{"orgId": 1, "motto": "x", "motto": "y"}]'
    assert found(School, body) == (1, [("motto", 'came 2 times with different values: "x", "y"', Severity.INFO)])
    assert found(Keeping, body)[0] == 0


def test_every_reason_is_said() -> None:
    """A row that the model refuses and that contradicts itself has both findings."""
    _, findings = found(School, b'[{"orgId": "x", "orgId": "y"}]')
    assert [message[:9] for _, message, _ in findings] == ["Input sho", "came 2 ti"]
