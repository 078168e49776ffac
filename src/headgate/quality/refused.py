"""Rows that the model refuses: every reason is wanted, so their other fields are judged too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from headgate.quality.findings import Finding
from headgate.quality.model_errors import FieldNames, model_findings
from headgate.quality.parsing import FieldParser
from headgate.quality.rule import ValidationRule
from headgate.quality.validator import judge


class RefusedRows:
    """Finds all reasons against a row that a model refused.

    Args:
        model: The model that refused it.
        field_rules: Rules by field of the model.
    """

    def __init__(self, model: type[BaseModel], field_rules: Mapping[str, Sequence[ValidationRule]]) -> None:
        self._parser = FieldParser(model)
        self._names = FieldNames(model)
        self._field_rules = field_rules

    def findings(self, row: Any, error: Exception) -> list[Finding]:
        """Return what the model refused, then what the rules find on the fields that the model did not mind."""
        found = model_findings(error, row, self._names)
        if not isinstance(row, Mapping):
            return found
        blamed = {finding.field.partition(".")[0] for finding in found}
        for field, rules in self._field_rules.items():
            if field in blamed:
                continue
            value, judgeable = self._parsed(row, field)
            if judgeable:
                found += (finding for rule in rules if (finding := judge(rule, field, value)) is not None)
        return found

    def _parsed(self, row: Mapping[str, Any], field: str) -> tuple[Any, bool]:
        """Return a field's value as the model would have parsed it, and whether that can be known."""
        value, there = self._names.raw(row, field)
        if not there:
            return None, False
        try:
            return self._parser.parse(field, value), True
        except Exception:  # noqa: BLE001 - a validator of the model that needs other fields: the rule has to wait
            return None, False
