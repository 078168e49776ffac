"""What a model refuses, said as findings in the words of the model's fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel, ValidationError

from headgate.quality.findings import WHOLE_ROW, Finding, FindingKind
from headgate.quality.rule import Severity
from headgate.quality.validator import not_an_object

_Path = tuple[int | str, ...]
_late_year = re.compile(r"\s*\+?0*([1-9][0-9]{4,8})-[0-9]{2}\b").match


class FieldNames:
    """Where the fields of a model lie in a raw row: aliases, and paths into nested objects.

    Args:
        model: The model whose fields are looked up.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._paths: dict[str, list[_Path]] = {}
        self._fields: dict[_Path, str] = {}
        for field, info in model.model_fields.items():
            paths = [*_alias_paths(info.validation_alias), (field,)]
            self._paths[field] = paths
            for path in paths:
                self._fields.setdefault(path, field)
        self._longest = max(map(len, self._fields), default=1)

    def dotted(self, location: Sequence[int | str]) -> str:
        """Return the location of an error with the field's own name first, dotted; the row if it has none."""
        path = tuple(location)
        for end in range(min(len(path), self._longest), 0, -1):
            field = self._fields.get(path[:end])
            if field is not None:
                return ".".join(map(str, (field, *path[end:])))
        return ".".join(map(str, path)) or WHOLE_ROW

    def reads(self, key: str) -> bool:
        """Tell whether the model looks at a key of a raw row."""
        return any(path[0] == key for path in self._fields)

    def raw(self, row: Mapping[str, Any], field: str) -> tuple[Any, bool]:
        """Return the raw value of a field and whether the row has it at all."""
        for path in self._paths.get(field, [(field,)]):
            value, there = _follow(row, path)
            if there:
                return value, True
        return None, False


def model_findings(error: Exception, row: object, names: FieldNames) -> list[Finding]:
    """Return one finding for each thing that the model refused about a row."""
    if not isinstance(error, ValidationError):
        message = f"the model's own validation raised {type(error).__name__}"
        return [Finding(WHOLE_ROW, "model.raised", Severity.ERROR, row, message, FindingKind.MODEL)]
    return [
        not_an_object(row)
        if detail["type"] == "model_type" and not detail["loc"]
        else Finding(
            names.dotted(detail["loc"]),
            f"model.{detail['type']}",
            Severity.ERROR,
            None if detail["type"] == "missing" else detail["input"],  # not the object that lacks it
            _message(detail["type"], detail["msg"], detail["input"]),
            FindingKind.MODEL,
        )
        for detail in error.errors(include_url=False, include_context=False)
    ]


def _message(kind: str, message: str, value: object) -> str:
    """Return what the model says; of a year that it cannot read it would say that a separator is missing."""
    late = _late_year(value) if kind.startswith("date") and isinstance(value, str) else None
    return f"Input should be a valid date, its year {late[1]} lies beyond 9999" if late else message


def _alias_paths(alias: str | AliasPath | AliasChoices | None) -> list[_Path]:
    if alias is None:
        return []
    if isinstance(alias, AliasChoices):
        return [path for choice in alias.choices for path in _alias_paths(choice)]
    return [tuple(alias.path)] if isinstance(alias, AliasPath) else [(alias,)]


def _follow(row: Any, path: _Path) -> tuple[Any, bool]:
    for step in path:
        try:
            row = row[step]
        except (KeyError, IndexError, TypeError):
            return None, False
    return row, True
