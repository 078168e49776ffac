"""The classes that generated models inherit from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from headgate.drizzle.runtime.tables import Table


class Unset:
    """The value of a field that was left out: the database fills it in, or it stays as it is."""

    def __repr__(self) -> str:
        """Return `UNSET`."""
        return "UNSET"

    def __bool__(self) -> bool:
        """Return false."""
        return False

    def __copy__(self) -> Unset:
        """Return the one there is."""
        return self

    def __deepcopy__(self, _memo: object) -> Unset:
        """Return the one there is."""
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Build a schema that accepts the one instance."""
        return core_schema.is_instance_schema(cls)


UNSET: Final = Unset()


def _is_unset(value: object) -> bool:
    return value is UNSET


def _unset() -> Unset:
    return UNSET


def _aliases(names: tuple[str, ...]) -> dict[str, Any]:
    if not names:
        return {}
    return {"validation_alias": AliasChoices(*names), "serialization_alias": names[0]}


def unset(*names: str) -> Any:
    """Declare a field that may be left out: it then keeps the value `UNSET` and is not written.

    Args:
        names: The TypeScript key and the name in the database, where they differ from the attribute.
    """
    return Field(default_factory=_unset, exclude_if=_is_unset, **_aliases(names))


def column(*names: str, default: Any = ..., default_factory: Callable[[], Any] | None = None) -> Any:
    """Declare a field.

    Args:
        names: The TypeScript key and the name in the database, where they differ from the attribute.
        default: The default value.
        default_factory: What makes the default value.
    """
    if default_factory is not None:
        return Field(default_factory=default_factory, **_aliases(names))
    return Field(default=default, **_aliases(names))


class Model(BaseModel):
    """Base of all generated models: fields are filled by attribute, TypeScript key or name in the database."""

    model_config = ConfigDict(
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        protected_namespaces=(),
    )

    __table__: ClassVar[Table]

    @classmethod
    def from_db(cls, row: dict[str, Any]) -> Any:
        """Return a model made from a row by its names in the database.

        Raises:
            pydantic.ValidationError: If the row is not what the schema promises.
        """
        names = {db_name: name for name, db_name in cls.__table__.db_names.items()}
        return cls.model_validate({names.get(key, key): value for key, value in row.items()})

    def values(self) -> dict[str, Any]:
        """Return what is to be written, by the names in the database; fields left out are not in it."""
        names = self.__table__.db_names
        return {
            names[name]: value
            for name, value in ((name, getattr(self, name)) for name in type(self).model_fields)
            if value is not UNSET
        }


class Row(Model):
    """A row as it is read."""

    model_config = ConfigDict(extra="ignore")


class Insert(Model):
    """A row to be inserted."""


class Update(Model):
    """Changes to a row: only what is given is written."""
