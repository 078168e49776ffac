"""Relationships that nobody has to declare: the foreign keys that generated models carry with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from headgate.drizzle.runtime import Table
from headgate.extract.entity import EntitySpec
from headgate.quality.relationship import Relationship


def foreign_keys_of(specs: Sequence[EntitySpec], declared: Iterable[Relationship]) -> Iterator[Relationship]:
    """Yield a relationship for each foreign key between two entities whose models were generated from a schema.

    It is named after its columns, joined by underscores. A foreign key that leads to a table of no entity is left out,
    and so is one whose fields a declared relationship is about: the source knows better. One to a column that the
    database fills in, such as a serial number, is given by the key of the parent: no source knows that number.

    Args:
        specs: The entities.
        declared: The relationships that the source declares.
    """
    covered = {(one.child, one.fields) for one in declared}
    keys = {spec.name: spec.key for spec in specs}
    tables = {spec.name: table for spec in specs if (table := _table(spec)) is not None}
    by_place = {(table.schema, table.name): name for name, table in tables.items()}
    for child, table in tables.items():
        for key in table.foreign_keys:
            # a key without a schema leads to the default one, or stays within its own
            parent = by_place.get((key.schema, key.table)) or by_place.get((table.schema, key.table))
            if parent is None:
                continue
            fields = _attributes(tables[parent].db_names, key.foreign_columns)
            if len(fields) == len(keys[parent]) == 1 and tables[parent].column(key.foreign_columns[0]).has_default:
                fields = keys[parent]
            names = _attributes(table.db_names, key.columns)
            relationship = Relationship("_".join(key.columns), child, names, parent, fields)
            if (child, relationship.fields) not in covered:
                yield relationship


def _table(spec: EntitySpec) -> Table | None:
    table = getattr(spec.model, "__table__", None)
    return table if isinstance(table, Table) else None


def _attributes(db_names: Mapping[str, str], columns: Iterable[str]) -> tuple[str, ...]:
    """Return the attributes of columns that are given by their names in the database."""
    attributes = {db_name: name for name, db_name in db_names.items()}
    return tuple(attributes[column] for column in columns)
