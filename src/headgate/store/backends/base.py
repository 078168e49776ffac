"""What the store needs from a database beyond standard SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.columns import ColumnType, EntityTable


class Backend(Protocol):
    """The differences between the databases, and nothing else."""

    def column_type(self, kind: ColumnType) -> sa.types.TypeEngine[Any]:
        """Return the type of a managed column."""
        ...

    async def insert_rows(
        self, connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write many rows at the speed of the driver, inside the caller's transaction."""
        ...

    async def learn(self, connection: AsyncConnection, table: sa.Table) -> None:
        """Let the database count a table that was just filled, so that it plans the next statements well."""
        ...

    def stream(
        self, connection: AsyncConnection, query: sa.Select[Any], *, size: int
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Read the rows of a query in chunks of ``size``, as the driver's own tuples."""
        ...

    async def load_entries(
        self,
        connection: AsyncConnection,
        state: sa.Table,
        where: sa.ColumnElement[bool],
        *,
        limit: int | None,
        into: Callable[[Sequence[str], Sequence[bytes]], None],
    ) -> None:
        """Hand the keys of stored rows over in chunks, each with its entry in the index of keys."""
        ...

    def key_in(self, column: sa.ColumnElement[str], keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a column is one of many keys, sent as one parameter."""
        ...

    def unpack(
        self, table: EntityTable, names: Sequence[str], document: sa.ColumnElement[Any]
    ) -> tuple[sa.FromClause | None, list[sa.ColumnElement[Any]]]:
        """Return the typed columns of a document, and the table function that yields them where one is needed."""
        ...

    def unpack_key(self, table: EntityTable, key: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
        """Return the typed columns of a key in its stored form."""
        ...

    def equals(self, column: sa.ColumnElement[Any], kind: ColumnType, value: object) -> sa.ColumnElement[bool]:
        """Return the condition that an unpacked column has a value, given in its JSON form."""
        ...

    def holds(self, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column holds a text, whatever its case."""
        ...

    def values_hold(self, document: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
        """Return the condition that a value in a document, given as text, holds a text, whatever its case."""
        ...
