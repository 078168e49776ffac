"""How models are written."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WriteOptions(BaseModel):
    """Choices about the models.

    Args:
        names: Whether attributes are named after TypeScript keys or after names in the database.
        single_file: Whether all tables go into one module instead of one each.
        line_length: Columns of a line, as the project's formatter has it.
        update_keys: Whether the primary key can be changed through the Update model.
        types: Python types of custom SQL types: `{"ltree": "mypackage.types:Path"}`.
        factories: Functions that make a default TypeScript makes: `{"users.id": "mypackage.ids:new_id"}`, by
            the table's export and the column's key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: Literal["key", "database"] = "key"
    single_file: bool = False
    line_length: int = Field(default=88, ge=60, le=320)
    update_keys: bool = False
    types: dict[str, str] = Field(default_factory=dict)
    factories: dict[str, str] = Field(default_factory=dict)
