"""Telling which row a refused row is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from headgate.extract.entity import EntitySpec

_ABSENT = object()


class KeyReader:
    """Reads the key of a raw row that its model refused.

    A row in quarantine whose key is known protects exactly that row from being taken for deleted; one whose key is
    not known must protect all of them.

    Args:
        spec: The entity.
    """

    def __init__(self, spec: EntitySpec) -> None:
        self._fields = []
        for name in spec.key:
            info = spec.model.model_fields[name]
            annotated = TypeAdapter[Any](_annotation(info), config=spec.model.model_config)
            self._fields.append((_paths(name, info), annotated))

    def read(self, row: Any) -> tuple[Any, ...] | None:
        """Return the values of the key in their JSON form, or None if they cannot be told for certain."""
        if not isinstance(row, Mapping):
            return None
        values = []
        for paths, adapter in self._fields:
            raw = next((value for path in paths if (value := _follow(row, path)) is not _ABSENT), _ABSENT)
            if raw is _ABSENT:
                return None
            try:
                values.append(adapter.dump_python(adapter.validate_python(raw), mode="json"))
            except (ValidationError, ValueError, TypeError):
                return None
        return None if None in values else tuple(values)


def _annotation(info: FieldInfo) -> Any:
    """Return the field's type with its constraints and validators."""
    annotation: Any = info.annotation
    for constraint in info.metadata:
        annotation = Annotated[annotation, constraint]
    return annotation


def _paths(name: str, info: FieldInfo) -> list[list[str | int]]:
    """Return the places in a raw row where a field may stand, in the order of preference."""
    alias = info.validation_alias or info.alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias] if alias else []
    paths = [choice.path if isinstance(choice, AliasPath) else [choice] for choice in choices]
    return [*map(list, paths), [name]]


def _follow(row: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            row = row[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return row
