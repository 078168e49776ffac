"""One table, told in a few lines."""

from __future__ import annotations

from headgate.drizzle.ir import MISSING, Column, Schema, Table
from headgate.drizzle.problems import SchemaError
from headgate.drizzle.write.fields import facts


def find_table(schema: Schema, name: str) -> Table:
    """Return a table by its export name or its name in the database, with or without its schema.

    Raises:
        SchemaError: If there is none.
    """
    for table in schema.tables:
        if name in {table.export, table.name, f"{table.schema}.{table.name}"}:
            return table
    listed = ", ".join(table.export for table in schema.tables)
    raise SchemaError(f"there is no table '{name}'", hint=f"The schema has: {listed}.")


def column_line(column: Column, table: Table) -> tuple[str, str, str, str]:
    """Return a column as key, name in the database, SQL type and remarks."""
    what = facts(column, table)
    remarks = ["null" if what.nullable else "not null"]
    if column.primary:
        remarks.append("primary key")
    if column.is_unique:
        remarks.append("unique")
    if column.default is not MISSING:
        default = column.default
        remarks.append(
            f"default {default['$sql'] if isinstance(default, dict) and '$sql' in default else repr(default)}"
        )
    elif column.default_fn:
        remarks.append("default made in TypeScript")
    if not what.written:
        remarks.append("made by the database")
    return column.key, column.db_name, column.type.sql_type, ", ".join(remarks)
