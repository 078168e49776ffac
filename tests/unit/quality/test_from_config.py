"""Rules as the configuration file writes them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from headgate.errors import ConfigError
from headgate.quality import Severity, ValidationRule
from headgate.quality.from_config import load_rules
from headgate.quality.table_rule import Distribution, RowCount, Unique

TOML = """
[fields]
name = "not_empty"
email = ["valid_email", { rule = "length", most = 80, severity = "warning", message = "is long" }]
founded = { rule = "date_range", earliest = 1600-01-01 }
code = { rule = "house", severity = "info" }

[[table]]
rule = "row_count"
least = 900

[[table]]
rule = "unique"
fields = ["org_id"]
severity = "critical"

[[table]]
rule = "distribution"
field = "division"
shift = 0.1
"""


def test_every_form_is_read() -> None:
    """A name, a list, a table with arguments, severity and message; dates as TOML has them; a rule of one's own."""
    own = ValidationRule("house", lambda value: value == "x", "must be x")
    rules = load_rules(tomllib.loads(TOML), where="quality.schools", known={"house": own})
    assert {field: [rule.name for rule in found] for field, found in rules.fields.items()} == {
        "name": ["not_empty"],
        "email": ["valid_email", "length"],
        "founded": ["date_range"],
        "code": ["house"],
    }
    length = rules.fields["email"][1]
    assert (length.severity, length.error_message, length.validator("x" * 81)) == (Severity.WARNING, "is long", False)
    assert rules.fields["code"][0].severity is Severity.INFO
    assert rules.table == (
        RowCount(least=900),
        Unique(fields=("org_id",), severity=Severity.CRITICAL),
        Distribution(field="division", shift=0.1),
    )


@pytest.mark.parametrize(
    ("config", "message", "hint"),
    [
        ({"fields": {"name": "not_emty"}}, "not_emty", "'not_empty'"),
        ({"fields": {"name": [{"rule": "betwen"}]}}, "betwen", "'between'"),
        ({"fields": {"size": {"rule": "between", "low": 1}}}, "high", "low, high"),
        ({"fields": {"size": "between"}}, "low", "low, high"),
        ({"fields": {"size": {"rule": "between", "low": 2, "high": 1}}}, "quality.x.fields.size", "Swap"),
        ({"fields": {"size": {"rule": "between", "low": "a", "high": 1}}}, "quality.x.fields.size", "low, high"),
        ({"fields": {"name": {"rule": "not_empty", "severity": "eror"}}}, "eror", "'error'"),
        ({"fields": {"name": 5}}, "quality.x.fields.name is int", "between"),
        ({"fields": []}, "quality.x.fields is list", ""),
        ({"field": {}}, "'field'", "'fields'"),
        ({"table": [{"rule": "rowcount"}]}, "rowcount", "'row_count'"),
        ({"table": [{"rule": "row_count", "lest": 5}]}, "lest", "least"),
        ({"table": "row_count"}, "no list", "[[quality.x.table]]"),
        ([], "quality.x is list", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_a_way_out(config: Any, message: str, hint: str) -> None:
    """One clear error each, before any row is judged."""
    with pytest.raises(ConfigError) as caught:
        load_rules(config, where="quality.x")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
