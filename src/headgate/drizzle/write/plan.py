"""Deciding names: classes, attributes and enums, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count

from headgate.drizzle.ir import Column, ColumnType, Relation, Schema, Table, View
from headgate.drizzle.write.naming import attribute, class_name, free, member, pascal, snake, unique
from headgate.drizzle.write.options import WriteOptions


@dataclass(frozen=True, slots=True)
class EnumClass:
    """An enum to be written.

    Args:
        name: The class.
        source: What it stands for, for the docstring.
        members: Member names and values, in order.
    """

    name: str
    source: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TableNames:
    """The names of a table's classes and attributes.

    Args:
        table: The table or view.
        module: The module it is written to.
        row: The class of a row; `Insert` and `Update` are appended for the others.
        constant: The constant that holds the metadata.
        attributes: The attribute of each column, in order.
        relations: The relations of the table.
    """

    table: Table | View
    module: str
    row: str
    constant: str
    attributes: tuple[str, ...]
    relations: tuple[Relation, ...] = ()

    def columns(self) -> list[tuple[str, Column]]:
        """Return attributes and columns, in order."""
        pairs = zip(self.attributes, self.table.columns, strict=True)
        return [(name, column) for name, column in pairs if isinstance(column, Column)]


@dataclass(slots=True)
class NamePlan:
    """All names of a package.

    Args:
        tables: The tables, in the order of the schema.
        enums: The enums by class name, in the order they were met.
        taken: The class names in use.
    """

    tables: list[TableNames] = field(default_factory=list)
    enums: dict[str, EnumClass] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    _by_type: dict[tuple[str | None, ...], str] = field(default_factory=dict)

    def enum(self, of: ColumnType, owner: str) -> str:
        """Return the class of an enum, planning it if it is new.

        Args:
            of: The type.
            owner: The class name if the enum has no name in the database.
        """
        values = of.enum_values or ()
        if of.enum_name is not None:
            key: tuple[str | None, ...] = (of.enum_schema, of.enum_name, *values)
            source, wanted = f"The enum type `{of.enum_name}` of the database.", pascal(of.enum_name)
        else:
            key = ("", owner, *values)
            source, wanted = "The values that the TypeScript schema lists.", owner
        if key not in self._by_type:
            name = free(wanted, self.taken)
            self.taken.add(name)
            members = unique(member(value) for value in values)
            self.enums[name] = EnumClass(name, source, tuple(zip(members, values, strict=True)))
            self._by_type[key] = name
        return self._by_type[key]


def plan_names(schema: Schema, options: WriteOptions) -> NamePlan:
    """Return the names for a schema."""
    owners: list[Table | View] = [*schema.tables, *(v for v in schema.views if v.columns)]
    rows = _classes([owner.export for owner in owners])
    modules = unique(_module(owner.export) for owner in owners)
    relations = {found.table: found.relations for found in schema.relations}
    plan = NamePlan(taken={row + suffix for row in rows for suffix in ("", "Insert", "Update")})
    constants = unique(f"{snake(owner.export).upper()}_TABLE" for owner in owners)
    for owner, row, module, constant in zip(owners, rows, modules, constants, strict=True):
        attributes = unique(attribute(_chosen(column, options)) for column in owner.columns)
        plan.tables.append(
            TableNames(
                owner,
                "models" if options.single_file else module,
                row,
                constant,
                tuple(attributes),
                relations.get(owner.name, ()) if isinstance(owner, Table) else (),
            )
        )
    return plan


def _chosen(column: object, options: WriteOptions) -> str:
    if isinstance(column, Column):
        return column.key if options.names == "key" else column.db_name
    return str(getattr(column, "key", ""))


def _module(export: str) -> str:
    made = attribute(export).rstrip("_")
    return (
        f"{made}_"
        if made in {"enums", "models", "init"} or not made.isidentifier() or made != attribute(export)
        else made
    )


def _classes(exports: list[str]) -> list[str]:
    """Return class names: the singular where it is free, else the export's own name."""
    wanted = [class_name(export) for export in exports]
    out: list[str] = []
    taken: set[str] = set()
    for export, name in zip(exports, wanted, strict=True):
        choices = chain((name, pascal(export)), (f"{name}{i}" for i in count(2)))
        made = next(c for c in choices if not {c, f"{c}Insert", f"{c}Update"} & taken)
        taken |= {made, f"{made}Insert", f"{made}Update"}
        out.append(made)
    return out
