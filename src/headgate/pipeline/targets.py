"""Which table of an application an entity lands in: said by the settings, by the source, or by a generated model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headgate.config.targets import TargetConfig
from headgate.drizzle.runtime import Table
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec

_DIALECTS = {"pg": "postgresql", "sqlite": "sqlite", "mysql": "mysql"}
_STAMPS = ("deleted_at", "updated_at")
_TIMES = {"pg": ("timestamp",), "sqlite": ("integer", "text"), "mysql": ("timestamp", "datetime")}


def targets_of(
    specs: Iterable[EntitySpec], settings: Mapping[str, TargetConfig], dialect: str
) -> dict[str, TargetConfig]:
    """Return the targets of entities, by name; those that land in a table of Headgate's are left out.

    What the settings say is laid over what the source says, and both over what a generated model knows of its table.

    Args:
        specs: The entities.
        settings: The settings, by entity.
        dialect: The kind of the database.

    Raises:
        ConfigError: A target names no table, and there is no model that was generated from one.
    """
    found = ((spec.name, _target(spec, settings.get(spec.name), dialect)) for spec in specs)
    return {name: target for name, target in found if target is not None}


def _target(spec: EntitySpec, setting: TargetConfig | None, dialect: str) -> TargetConfig | None:
    said: dict[str, Any] = {}
    for given in (spec.target, setting):
        said |= given.model_dump(exclude_unset=True) if given is not None else {}
    if said.get("managed"):
        return None
    if said.get("table") is False:
        return TargetConfig(table=False)
    table = getattr(spec.model, "__table__", None)
    generated = _generated(spec, table) if isinstance(table, Table) and _DIALECTS[table.dialect] == dialect else None
    if generated is None and said and not said.get("table"):
        raise ConfigError(
            f"targets.{spec.name} names no table.",
            hint=f"Add table = \"...\": '{spec.name}' has no model that was generated for this kind of database.",
        )
    if generated is None:
        return TargetConfig(**said) if said else None
    columns = {**generated["columns"], **said.get("columns", {})}
    return TargetConfig(**{**generated, **said, "columns": columns})


def _generated(spec: EntitySpec, table: Table) -> dict[str, Any]:
    """Return what a generated model knows: the table, the column of each field, and where times are noted."""
    columns: dict[str, str | bool] = {}
    stamps: dict[str, str] = {}
    for column in table.columns:
        if (
            column.db_name in _STAMPS
            and column.sql_type.startswith(_TIMES[table.dialect])
            and column.name not in spec.key
        ):
            stamps[column.db_name] = column.db_name
        elif column.name in spec.model.model_fields and not column.generated:
            columns[column.name] = column.db_name
    return {"table": table.full_name, "columns": columns, "named_only": True, **stamps}
