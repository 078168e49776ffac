"""What a person calls the rows that others refer to."""

from __future__ import annotations

from collections.abc import Iterable

from headgate.pipeline.changes import label
from headgate.store import ColumnType, EntityTable, Store, browsing


async def names_of(store: Store, table: EntityTable, field: str, values: Iterable[str | None]) -> dict[str, str]:
    """Return what the rows are called that a field refers to, by the values of the field written as text.

    Args:
        store: The store.
        table: The entity that refers.
        field: Its field; one that refers to nothing has no names.
        values: The values to name; those that refer to no row that ever was have no name.
    """
    if field not in table.parents:
        return {}
    parent = (await store.entities())[table.parents[field]]
    numbers = parent.column(parent.key[0]).type is ColumnType.INTEGER
    keys = {value: int(value) if numbers else value for value in values if value is not None and _fits(value, numbers)}
    found = await browsing.last_documents(store.context, parent.name, [(key,) for key in keys.values()])
    return {value: label(found[key,], (key,)) for value, key in keys.items() if (key,) in found}


def _fits(value: str, numbers: bool) -> bool:  # noqa: FBT001 - a predicate of two
    return not numbers or value.lstrip("-").isdecimal()
