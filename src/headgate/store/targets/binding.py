"""What the configuration says about a target, held against the live tables: every word of it must be true there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.config.targets import DeletePolicy, MissingParent, ReferenceConfig, TargetConfig
from headgate.errors import DatabaseConfigError
from headgate.store.columns import EntityTable
from headgate.store.targets.live import LiveColumn, LiveForeignKey, LiveTable, read_table


@dataclass(frozen=True, slots=True)
class BoundReference:
    """A foreign key whose value is found by the natural key of the parent.

    Args:
        column: The column that is written.
        fields: The fields that name the parent.
        parent: The parent's table.
        match: Its columns with the values of the fields.
        value: Its column whose value is written.
        missing: What becomes of a row without its parent.
        entity: The entity that lands in the parent's table, if there is one.
    """

    column: LiveColumn
    fields: tuple[str, ...]
    parent: LiveTable
    match: tuple[LiveColumn, ...]
    value: str
    missing: MissingParent
    entity: str | None


@dataclass(frozen=True, slots=True)
class BoundTarget:
    """The table of an application that an entity lands in.

    Args:
        entity: The entity.
        table: The table.
        plain: The column of each field that is written as it comes.
        references: The foreign keys that are resolved.
        key: The columns of the natural key.
        delete: What becomes of rows that are gone.
        deleted_at: The column that notes when they went.
        updated_at: The column that notes when a row was written.
        parents: The entities whose tables the foreign keys of this one lead to.
    """

    entity: EntityTable
    table: LiveTable
    plain: Mapping[str, LiveColumn]
    references: tuple[BoundReference, ...]
    key: tuple[str, ...]
    delete: DeletePolicy
    deleted_at: str | None
    updated_at: str | None
    parents: frozenset[str]

    @property
    def columns(self) -> list[LiveColumn]:
        """The columns whose values come from the rows."""
        return [*self.plain.values(), *(reference.column for reference in self.references)]

    @property
    def own_references(self) -> list[BoundReference]:
        """The references to rows of the same table."""
        return [one for one in self.references if one.parent.place == self.table.place]

    @property
    def is_tree(self) -> bool:
        """Whether its rows refer to one another, so that the order in which they are written matters."""
        own = any((key.schema, key.table) == self.table.place for key in self.table.foreign_keys)
        return own or bool(self.own_references)


async def bind(
    connection: AsyncConnection, entities: Sequence[EntityTable], known: dict[str, EntityTable]
) -> dict[str, BoundTarget]:
    """Return the targets of entities, by name; those that land in a table of Headgate's, or in none, are left out.

    Args:
        connection: The database.
        entities: The entities.
        known: Every entity of the database that has a target, by name.

    Raises:
        DatabaseConfigError: The database does not have what a target names, or two entities land in one table.
    """
    tables: dict[str, LiveTable | None] = {}
    everyone = {name: one for name, one in (known | {one.name: one for one in entities}).items() if _lands(one)}
    for entity in everyone.values():
        named = _names(entity)
        for name in named:
            if name not in tables:
                tables[name] = await read_table(connection, name)
    live = {
        name: table
        for name, entity in everyone.items()
        if entity.target is not None and (table := tables[str(entity.target.table)]) is not None
    }
    bound = {}
    for entity in entities:
        if entity.target is not None and _lands(entity):
            table = tables[str(entity.target.table)]
            if table is None:
                raise _no_table(entity)
            bound[entity.name] = _Binding(entity, entity.target, table, everyone, live, tables=tables).bind()
    return bound


def _lands(entity: EntityTable) -> bool:
    return entity.target is not None and not entity.target.is_nowhere


def _names(entity: EntityTable) -> list[str]:
    """Return the tables that the target of an entity names."""
    if entity.target is None:
        return []
    references = entity.target.references.values()
    return [str(entity.target.table), *(one.table for one in references if one is not False and one.table is not None)]


def in_order(targets: Mapping[str, BoundTarget]) -> list[BoundTarget]:
    """Return targets so that each comes after those it refers to; those in a circle come as given."""
    waiting, done = list(targets.values()), list[BoundTarget]()
    while waiting:
        names = {target.entity.name for target in waiting}
        ready = [target for target in waiting if not (target.parents & names) - {target.entity.name}] or waiting[:1]
        done += ready
        waiting = [target for target in waiting if target not in ready]
    return done


def _no_table(entity: EntityTable) -> DatabaseConfigError:
    name = entity.target.table if entity.target is not None else ""
    return DatabaseConfigError(
        f"'{entity.name}' is to land in the table '{name}', which the database does not have.",
        hint="Run the migrations of the application first, or correct the name; a view cannot be written to.",
    )


class _Binding:
    """Binds the target of one entity, and collects everything that does not hold."""

    def __init__(
        self,
        entity: EntityTable,
        config: TargetConfig,
        table: LiveTable,
        everyone: Mapping[str, EntityTable],
        live: Mapping[str, LiveTable],
        *,
        tables: Mapping[str, LiveTable | None],
    ) -> None:
        self._entity = entity
        self._config = config
        self._table = table
        self._everyone = everyone
        self._live = live
        self._tables = tables
        self._deleted_at = config.deleted_at if config.deletes is DeletePolicy.SOFT else None
        self._problems: list[str] = []

    def bind(self) -> BoundTarget:
        """Return the bound target.

        Raises:
            DatabaseConfigError: Something does not hold; all of it is said.
        """
        columns = dict(self._mapped())
        references = tuple(self._references(columns))
        resolved = {reference.column.name for reference in references}
        plain = {field: column for field, column in columns.items() if column.name not in resolved}
        key = self._key(plain, references)
        self._check_shape(plain, references)
        deleted_at, updated_at = self._stamp(self._deleted_at), self._stamp(self._config.updated_at)
        if self._problems:
            problems = "; ".join(self._problems)
            raise DatabaseConfigError(
                f"'{self._entity.name}' cannot land in the table '{self._table.full_name}': {problems}.",
                hint=f"Correct the target of '{self._entity.name}', or the table.",
            )
        return BoundTarget(
            entity=self._entity,
            table=self._table,
            plain=plain,
            references=references,
            key=key,
            delete=self._config.deletes,
            deleted_at=deleted_at,
            updated_at=updated_at,
            parents=self._parents(references),
        )

    def _mapped(self) -> Iterator[tuple[str, LiveColumn]]:
        """Yield the column of each field that is written."""
        fields = [column.name for column in self._entity.columns]
        unknown = [name for name in self._config.columns if name not in fields]
        if unknown:
            self._problems.append(f"the entity does not have {_listed('field', unknown)}")
        homeless = []
        for field in fields:
            name = self._config.columns.get(field, False if self._config.named_only else field)
            if name is False:
                continue
            column = self._table.columns.get(name)
            if column is not None:
                yield field, column
            elif field in self._config.columns:
                self._problems.append(f"the table has no column '{name}', which '{field}' is mapped to")
            else:
                homeless.append(field)
        if homeless:
            self._problems.append(
                f"the table has no column for {_listed('field', homeless)} (map a field to a column, or to false)"
            )

    def _references(self, columns: Mapping[str, LiveColumn]) -> Iterator[BoundReference]:
        fed = {column.name: field for field, column in columns.items()}
        for name, config in self._config.references.items():
            column = self._table.columns.get(name)
            if column is None:
                self._problems.append(f"the table has no column '{name}', which is to refer to a parent")
            elif config is not False:
                fields = config.fields or ((fed[name],) if name in fed else ())
                reference = self._reference(column, config, fields)
                if reference is not None:
                    yield reference
        for name, field in fed.items():
            parent = None if name in self._config.references else self._parent_by_key(self._entity.name, name)
            if parent is not None:
                reference = self._reference(self._table.columns[name], ReferenceConfig(entity=parent), (field,))
                if reference is not None:
                    yield reference

    def _reference(self, column: LiveColumn, config: ReferenceConfig, fields: tuple[str, ...]) -> BoundReference | None:
        """Return a bound reference; none if something does not hold."""
        where = f"the reference of '{column.name}'"
        parent, match = self._parent(config, where)
        if parent is None:
            return None
        known = {one.name for one in self._entity.columns}
        value = config.value or self._referred(column, parent)
        for lacking, what in (
            ([name for name in fields if name not in known], "names no field of the entity"),
            (
                [name for name in (*match, value) if name not in parent.columns],
                f"names no column of {parent.full_name}",
            ),
        ):
            if lacking:
                self._problems.append(f"{where} {what}: {', '.join(lacking)}")
                return None
        if not fields or len(fields) != len(match):
            said = f"{len(fields)} and {len(match)}: {', '.join(fields) or 'none'}; {', '.join(match)}"
            self._problems.append(f"{where} needs as many fields as columns to match, and has {said}")
            return None
        if any(config.entity is not None and self._is_resolved(config.entity, name) for name in match):
            self._problems.append(f"{where} looks for {', '.join(match)}, which is a reference itself: name a table")
            return None
        if frozenset(match) not in parent.uniques:
            self._problems.append(f"{where} looks for {', '.join(match)} of {parent.full_name}, which is not unique")
            return None
        if config.missing is MissingParent.NULL and column.not_null:
            self._problems.append(f"{where} may be missing as null, and the column is NOT NULL")
        matched = tuple(parent.columns[name] for name in match)
        entity = config.entity or next((name for name, one in self._live.items() if one.place == parent.place), None)
        return BoundReference(column, fields, parent, matched, value, config.missing, entity)

    def _parent(self, config: ReferenceConfig, where: str) -> tuple[LiveTable | None, tuple[str, ...]]:
        """Return the table that a reference leads to, and the columns to match."""
        if config.entity is None:
            table = self._tables.get(str(config.table))
            if table is None:
                self._problems.append(f"{where} leads to the table '{config.table}', which the database does not have")
            return table, config.match
        parent = self._everyone.get(config.entity)
        if parent is None or parent.target is None:
            self._problems.append(f"{where} leads to the entity '{config.entity}', which lands in no table of its own")
            return None, ()
        if config.entity not in self._live:
            raise _no_table(parent)
        return self._live[config.entity], config.match or _natural_key(parent, parent.target)

    def _referred(self, column: LiveColumn, parent: LiveTable) -> str:
        """Return the column of the parent that a foreign key of this column leads to, or its primary key."""
        for key in self._table.foreign_keys:
            if column.name in key.columns and (key.schema, key.table) == parent.place:
                return key.foreign_columns[key.columns.index(column.name)]
        return parent.primary_key[0] if parent.primary_key else ""

    def _key(self, plain: Mapping[str, LiveColumn], references: Sequence[BoundReference]) -> tuple[str, ...]:
        """Return the natural key: the columns that the fields of the entity's key are written to."""
        wanted = set(self._entity.key)
        made = {column.name: {field} for field, column in plain.items() if field in wanted}
        made |= {one.column.name: set(one.fields) for one in references if set(one.fields) <= wanted}
        for name in self._config.key:
            if name not in self._table.columns:
                self._problems.append(f"the table has no column '{name}', which is to be part of the natural key")
        key = self._config.key or tuple(made)
        foreign = [name for name in key if name in self._table.columns and name not in made]
        if foreign:
            self._problems.append(
                f"the natural key needs {_listed('column', foreign)} written from the entity's key "
                f"({', '.join(self._entity.key)})"
            )
        lacking = sorted(wanted - set[str]().union(*(made.get(name, set()) for name in key)))
        if lacking and not foreign:
            self._problems.append(f"the natural key lacks {_listed('field', lacking)} of the entity's key")
        if not self._problems and frozenset(key) not in self._table.uniques:
            self._problems.append(f"the natural key ({', '.join(key)}) has no unique constraint")
        if any(one.missing is MissingParent.NULL for one in references if one.column.name in key):
            self._problems.append("a part of the natural key may not be missing as null")
        return key

    def _check_shape(self, plain: Mapping[str, LiveColumn], references: Sequence[BoundReference]) -> None:
        """Find columns that cannot be written, are written twice, or need a value and get none."""
        written = [*(column.name for column in plain.values()), *(one.column.name for one in references)]
        stamps = [name for name in (self._deleted_at, self._config.updated_at) if name is not None]
        all_written = [*written, *stamps]
        twice = sorted({name for name in all_written if all_written.count(name) > 1})
        if twice:
            self._problems.append(f"more than one value is to be written to {_listed('column', twice)}")
        computed = [name for name in written if self._table.columns[name].generated or self._table.columns[name].always]
        if computed:
            self._problems.append(f"the database alone writes {_listed('column', computed)}")
        starving = [
            column.name
            for column in self._table.columns.values()
            if column.not_null and not column.filled and column.name not in {*written, self._config.updated_at}
        ]
        if starving:
            self._problems.append(
                f"nothing is written to {_listed('column', starving)}, NOT NULL and without a default"
            )
        others = [
            one.name
            for name, one in self._everyone.items()
            if name != self._entity.name and name in self._live and self._live[name].place == self._table.place
        ]
        if others:
            self._problems.append(f"'{others[0]}' lands there")

    def _stamp(self, name: str | None) -> str | None:
        if name is not None and name not in self._table.columns:
            self._problems.append(f"the table has no column '{name}' for a time")
        elif name is not None and name == self._deleted_at and self._table.columns[name].not_null:
            self._problems.append(f"the column '{name}' must be empty for rows that are there, and is NOT NULL")
        return name

    def _parents(self, references: Sequence[BoundReference]) -> frozenset[str]:
        places = {(key.schema, key.table) for key in self._table.foreign_keys}
        places |= {reference.parent.place for reference in references}
        return frozenset(name for name, table in self._live.items() if table.place in places)

    def _is_resolved(self, name: str, column: str) -> bool:
        """Whether a column of an entity's table holds what was found in a parent."""
        target = self._everyone[name].target
        said = target.references.get(column) if target is not None else None
        return bool(said) if said is not None else self._parent_by_key(name, column) is not None

    def _parent_by_key(self, name: str, column: str) -> str | None:
        """Return the entity whose key the values of a foreign key are to be looked up by; none if they stand as is."""
        live = self._table if name == self._entity.name else self._live[name]
        for key in live.foreign_keys:
            parent = self._entity_of(key)
            if key.columns != (column,) or parent is None:
                continue
            entity = self._everyone[parent]
            if len(entity.key) == 1 and entity.target is not None:
                direct = _natural_key(entity, entity.target) == key.foreign_columns
                # what the source of the parent gives leads there as it is, what the database numbers does not
                given = key.foreign_columns[0] in _columns_of(entity, entity.target)
                filled = self._live[parent].columns[key.foreign_columns[0]].filled
                return None if direct or (given and not filled) else parent
        return None

    def _entity_of(self, key: LiveForeignKey) -> str | None:
        """Return the entity that lands in the table that a foreign key leads to."""
        return next((name for name, table in self._live.items() if table.place == (key.schema, key.table)), None)


def _natural_key(entity: EntityTable, target: TargetConfig) -> tuple[str, ...]:
    """Return the natural key of a target in the order of the entity's key, as far as it can be told without more."""
    names = [target.columns.get(field, field) for field in entity.key]
    mapped = tuple(name for name in names if name is not False)
    return mapped if not target.key or set(mapped) == set(target.key) else target.key


def _columns_of(entity: EntityTable, target: TargetConfig) -> set[str | Literal[False]]:
    """Return the columns that fields of an entity are mapped to."""
    return {target.columns.get(column.name, False if target.named_only else column.name) for column in entity.columns}


def _listed(what: str, names: Sequence[str]) -> str:
    return f"the {what} '{names[0]}'" if len(names) == 1 else f"the {what}s {', '.join(names)}"
