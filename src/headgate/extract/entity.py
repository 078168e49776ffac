"""What a source says about an entity before the first row comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from headgate.quality import RowRule


@dataclass(frozen=True, slots=True)
class EntitySpec:
    """An entity of a source: its name, its model, and how one row is told from another.

    Args:
        name: Name of the entity, plural, such as ``"schools"``; also the name of its table.
        model: The Pydantic model that raw rows are validated with; its fields are the columns.
        key: Names of the model's fields that identify a row in the upstream.
        rules: Validation rules by field name: names of registered rules or rule objects.
        row_rules: Rules on whole rows.
    """

    name: str
    model: type[BaseModel]
    key: tuple[str, ...]
    rules: Mapping[str, Any] = field(default_factory=dict)
    row_rules: Sequence[RowRule] = ()
