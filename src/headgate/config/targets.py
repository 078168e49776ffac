"""Where the rows of an entity land: in a table that Headgate makes, or in one of an application."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from headgate.config.policies import PolicyConfig


class DeletePolicy(StrEnum):
    """What becomes of an application's row that is gone from the upstream."""

    KEEP = "keep"
    """It stays as it is."""
    SOFT = "soft"
    """The time is noted in its column ``deleted_at``, and cleared when it comes back."""
    HARD = "hard"
    """It is deleted."""


class MissingParent(StrEnum):
    """What becomes of a row whose parent is not there."""

    REFUSE = "refuse"
    """It goes to quarantine."""
    NULL = "null"
    """Its column stays empty until the parent comes."""


class ReferenceConfig(PolicyConfig):
    """How the value of a foreign key is found: in a row of another table that is known by a natural key."""

    entity: str | None = Field(None, description="The entity that lands in the table referred to.")
    table: str | None = Field(None, description="The table referred to, where it is that of no entity.")
    fields: tuple[str, ...] = Field(
        (), description="Fields that name the parent; none: the one that is mapped to the column."
    )
    match: tuple[str, ...] = Field(
        (), description="Columns of the parent with these values; none: its natural key. They must be unique."
    )
    value: str | None = Field(
        None, description="Column of the parent that is written; none: the one that the foreign key leads to."
    )
    missing: MissingParent = Field(MissingParent.REFUSE, description="What becomes of a row without its parent.")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if (self.entity is None) == (self.table is None):
            msg = "either an entity or a table"
            raise ValueError(msg)
        if self.table is not None and not self.match:
            msg = "the columns that find a row of the table, as match"
            raise ValueError(msg)
        return self


class TargetConfig(PolicyConfig):
    """The table of an application that the rows of an entity land in.

    Headgate writes the mapped columns and nothing else; it adds no column. Surrogate keys and defaults are left to the
    database.
    """

    table: str | Literal[False] | None = Field(
        None,
        description="Its name, with or without its schema; none: that of the generated model; "
        "false: rows stand in the history and in no table.",
    )
    columns: dict[str, str | Literal[False]] = Field(
        default_factory=dict,
        description="By field, the column; false: not written. A field that is not named has a column of its name.",
    )
    named_only: bool = Field(False, description="Write only the fields that columns names.")
    key: tuple[str, ...] = Field((), description="The natural key, a unique constraint; none: the columns of the key.")
    delete: DeletePolicy | None = Field(
        None, description="soft, hard or keep; none: soft if there is a deleted_at, else keep."
    )
    deleted_at: str | None = Field(None, description="Column that notes when a row was deleted, where delete is soft.")
    updated_at: str | None = Field(None, description="Column that notes when a row was last written.")
    references: dict[str, ReferenceConfig | Literal[False]] = Field(
        default_factory=dict,
        description="By column, how its foreign key is resolved; false: it is written as it comes.",
    )
    managed: bool = Field(False, description="Let Headgate make the table, although the model was generated for one.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.delete is DeletePolicy.SOFT and self.deleted_at is None:
            msg = "a column deleted_at where delete is soft"
            raise ValueError(msg)
        return self

    @property
    def is_nowhere(self) -> bool:
        """Whether the rows stand in no table."""
        return self.table is False

    @property
    def deletes(self) -> DeletePolicy:
        """What becomes of rows that are gone."""
        if self.delete is not None:
            return self.delete
        return DeletePolicy.KEEP if self.deleted_at is None else DeletePolicy.SOFT
