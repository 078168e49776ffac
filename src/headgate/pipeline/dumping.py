"""From a model to the row that the store takes: its fields in their JSON form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_PLAIN = {str, int, float, bool, NoneType}


def dumper(model: type[BaseModel]) -> Callable[[BaseModel], dict[str, Any]]:
    """Return the function that does what ``model_dump(mode="json", by_alias=False)`` does for instances of a model.

    Where every field is text, a number, a boolean or null, and nothing of the model's own has a say in it, that is the
    dictionary of the fields itself, and no copy is made of it.
    """
    decorators = model.__pydantic_decorators__
    own = (
        any(getattr(decorators, kind.name) for kind in fields(decorators))
        or model.model_dump is not BaseModel.model_dump
        or _schema_of(model) is not _schema_of(BaseModel)
        or model.model_config.get("extra") == "allow"
    )
    if not own and all(map(_is_plain, model.model_fields.values())):
        return vars
    return _dump


def _dump(row: BaseModel) -> dict[str, Any]:
    return row.model_dump(mode="json", by_alias=False)


def _schema_of(model: type[BaseModel]) -> object:
    return getattr(model.__get_pydantic_core_schema__, "__func__", None)


def _is_plain(field: FieldInfo) -> bool:
    annotation = field.annotation
    kinds = set(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else {annotation}
    default = field.default
    return (
        kinds <= _PLAIN
        and not field.exclude
        and field.exclude_if is None
        # Pydantic does not look at defaults unless it is told to
        and (default is PydanticUndefined or type(default) in _PLAIN)
        and field.default_factory is None
        and not any(hasattr(mark, "__get_pydantic_core_schema__") for mark in field.metadata)
    )
