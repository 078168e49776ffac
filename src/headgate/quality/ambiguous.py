"""Rows in which a key of the JSON came more than once with different values."""

from __future__ import annotations

from collections.abc import Sequence
from operator import countOf
from typing import Any

from pydantic import BaseModel

from headgate.jsontext import AmbiguousObject
from headgate.quality.findings import Finding
from headgate.quality.model_errors import FieldNames
from headgate.quality.plain import shorten
from headgate.quality.rule import Severity

REPEATED_KEY = "repeated_key"


class AmbiguousRows:
    """Refuses rows that contradict themselves in a field that the model reads; elsewhere that is only reported.

    Args:
        model: The model of the rows.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._names = FieldNames(model)
        self._keeps_all = model.model_config.get("extra") == "allow"

    def findings(self, rows: Sequence[Any]) -> dict[int, list[Finding]]:
        """Return what is found on each of the rows that contradict themselves, by position."""
        if countOf(map(type, rows), dict) == len(rows):
            return {}
        return {
            position: [self._finding(path, values) for path, values in row.repeated.items()]
            for position, row in enumerate(rows)
            if isinstance(row, AmbiguousObject)
        }

    def _finding(self, path: str, values: list[Any]) -> Finding:
        key = path.partition(".")[0].partition("[")[0]
        read = self._keeps_all or self._names.reads(key)
        message = f"came {len(values)} times with different values: {', '.join(shorten(value, 40) for value in values)}"
        return Finding(path, REPEATED_KEY, Severity.ERROR if read else Severity.INFO, values, message)
