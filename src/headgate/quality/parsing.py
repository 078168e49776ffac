"""One value as a model would parse it for one of its fields."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict


class FieldParser:
    """Parses single values with the fields of a model.

    Args:
        model: The model.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model

    def parse(self, field: str, value: Any) -> Any:
        """Return the value of a field as the model would have parsed it; raises whatever the model raises."""
        thawed = self._thawed
        parsed = thawed.__pydantic_validator__.validate_assignment(thawed.model_construct(), field, value)
        return getattr(parsed, field)

    @cached_property
    def _thawed(self) -> type[BaseModel]:
        """The model, or a subclass of a frozen one that lets a single field be assigned."""
        if not self._model.model_config.get("frozen"):
            return self._model
        return type(self._model.__name__, (self._model,), {"model_config": ConfigDict(frozen=False)})
