"""What the store knows about an entity: its columns, their types, and its key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self, get_args

from pydantic import BaseModel

from headgate.config.targets import TargetConfig
from headgate.errors import DatabaseConfigError
from headgate.store.comparing import Comparison

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class ColumnType(StrEnum):
    """The types a managed column can have. Values arrive in their JSON form (dates as ISO 8601 text)."""

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an entity.

    Args:
        name: The declared field and the name of the column.
        type: What it holds.
        nullable: Whether ``None`` may stand there. Columns of the key never are.
    """

    name: str
    type: ColumnType
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Settlement:
    """Which of several rows with one key and different content goes on; the others count as duplicates.

    Args:
        winner: ``first`` or ``last`` as they come, or ``newest``.
        newest_by: The column of which the greatest value wins; of equal ones the first stays, and null loses to any.
    """

    winner: str
    newest_by: str | None = None


@dataclass(frozen=True, slots=True)
class EntityTable:
    """An entity as the store keeps it: the table of the same name, its columns, its key.

    Args:
        name: Name of the entity and of its table.
        key: Names of the columns that tell one row from another.
        columns: All declared columns, or a mapping from name to type.
        compare: When two rows count as the same.
        settle: Which of conflicting rows goes on; none: all of them go to quarantine.
        target: The table of an application that the rows land in; none: Headgate makes one.
        parents: By field, the entity whose key it holds.

    Raises:
        DatabaseConfigError: A name cannot be a column, the key is empty or not declared, or of type JSON; a field is
            to be compared in a special way and is not declared, or is part of the key.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    compare: Comparison = field(compare=False)
    settle: Settlement | None = field(compare=False)
    target: TargetConfig | None = field(compare=False)
    parents: Mapping[str, str] = field(compare=False)

    def __init__(
        self,
        name: str,
        key: Sequence[str],
        columns: Sequence[Column] | Mapping[str, ColumnType | str],
        *,
        compare: Comparison | None = None,
        settle: Settlement | None = None,
        target: TargetConfig | None = None,
        parents: Mapping[str, str] | None = None,
    ) -> None:
        if isinstance(columns, Mapping):
            columns = [Column(label, ColumnType(kind)) for label, kind in columns.items()]
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "key", tuple(key))
        keys = set(self.key)
        object.__setattr__(
            self, "columns", tuple(Column(c.name, c.type, c.nullable and c.name not in keys) for c in columns)
        )
        object.__setattr__(self, "compare", compare or Comparison())
        object.__setattr__(self, "settle", settle)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "parents", parents or {})
        self._check()

    @classmethod
    def from_model(
        cls,
        name: str,
        model: type[BaseModel],
        key: Sequence[str],
        *,
        compare: Comparison | None = None,
        settle: Settlement | None = None,
        target: TargetConfig | None = None,
    ) -> Self:
        """Declare an entity by a Pydantic model; its rows are ``model_dump(mode="json", by_alias=False)``."""
        schema = model.model_json_schema(mode="serialization", by_alias=False)
        definitions = schema.get("$defs", {})
        columns = []
        for label, shape in schema.get("properties", {}).items():
            info = model.model_fields.get(label)
            kind = ColumnType.NUMERIC if info is not None and _mentions(info.annotation, Decimal) else None
            # what may be left out when it is dumped is none here
            optional = info is not None and info.exclude_if is not None
            nullable = optional or _is_nullable(shape, definitions)
            columns.append(Column(label, kind or _column_type(shape, definitions), nullable))
        return cls(name, key, columns, compare=compare, settle=settle, target=target)

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.columns if column.name == name)

    def _check(self) -> None:
        names = [column.name for column in self.columns]
        for name in (self.name, *names):
            if not _NAME.fullmatch(name):
                message = f"Entity '{self.name}': '{name}' cannot be the name of a table or column."
                raise DatabaseConfigError(message, hint="Use letters, digits and underscores, 63 at the most.")
        if self.name.lower().startswith(("headgate_", "sqlite_", "pg_")):
            message = f"Entity '{self.name}': names that start with headgate_, sqlite_ or pg_ are taken."
            raise DatabaseConfigError(message, hint="Give the entity another name.")
        if len({name.lower() for name in names}) != len(names):
            message = f"Entity '{self.name}' declares a column twice."
            raise DatabaseConfigError(message, hint="SQL does not tell upper from lower case: rename one of them.")
        if not self.key or not set(self.key) <= set(names):
            message = f"Entity '{self.name}': the key {list(self.key)} is not among the columns {names}."
            raise DatabaseConfigError(message, hint="Name the fields that identify a row in the upstream.")
        special = {*self.compare.ignore, *self.compare.tolerance, *self.compare.equality}
        if special - set(names) or special & set(self.key):
            name = min((special - set(names)) | (special & set(self.key)))
            message = f"Entity '{self.name}': '{name}' cannot be compared in a special way."
            raise DatabaseConfigError(message, hint="Name declared fields that are not part of the key.")
        unfit = [name for name in self.key if self.column(name).type is ColumnType.JSON]
        if unfit:
            message = f"Entity '{self.name}': the key column '{unfit[0]}' is not a scalar."
            raise DatabaseConfigError(message, hint="A key is made of text, numbers, dates or booleans.")


_FORMATS = {"date": ColumnType.DATE, "date-time": ColumnType.TIMESTAMP}
_TYPES = {
    "string": ColumnType.TEXT,
    "integer": ColumnType.INTEGER,
    "number": ColumnType.FLOAT,
    "boolean": ColumnType.BOOLEAN,
}


def _mentions(annotation: object, wanted: type) -> bool:
    """Tell whether an annotation is a type or a plain union with it."""
    return annotation is wanted or wanted in get_args(annotation)


def _branches(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a JSON Schema with references followed."""
    if "$ref" in shape:
        return _branches(definitions[str(shape["$ref"]).rsplit("/", 1)[-1]], definitions)
    inner = shape.get("anyOf") or shape.get("oneOf") or shape.get("allOf")
    if inner:
        return [branch for part in inner for branch in _branches(part, definitions)]
    return [shape]


def _json_types(shape: Mapping[str, Any]) -> set[str]:
    """Return the JSON types of one alternative; of its values where it lists them."""
    if "const" in shape or "enum" in shape:
        values = [shape["const"]] if "const" in shape else shape["enum"]
        names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
        return {names.get(type(value), "object") for value in values}
    kind = shape.get("type")
    return {"any"} if kind is None else {kind} if isinstance(kind, str) else set(kind)


def _column_type(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> ColumnType:
    branches = _branches(shape, definitions)
    kinds = set().union(*map(_json_types, branches)) - {"null"}
    if kinds == {"integer", "number"}:
        return ColumnType.FLOAT
    if len(kinds) != 1:
        return ColumnType.JSON
    kind = kinds.pop()
    formats = {branch.get("format") for branch in branches if _json_types(branch) != {"null"}}
    if kind == "string" and len(formats) == 1:
        return _FORMATS.get(str(formats.pop()), ColumnType.TEXT)
    return _TYPES.get(kind, ColumnType.JSON)


def _is_nullable(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    return any(_json_types(branch) & {"null", "any"} for branch in _branches(shape, definitions))
