"""Transactions that must be on the disk before anybody hears of them."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from fixtures.stores import read
from headgate.store import DatabaseManager

_LEVEL = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}


async def _insert(db: DatabaseManager, statement: str) -> None:
    async with db.get_transaction(durable=True) as connection:
        await connection.execute(sa.text("INSERT INTO notes VALUES (1)"))
        with suppress(DBAPIError):
            await connection.execute(sa.text(statement))


async def test_durable_transaction_is_whole_or_told(db: DatabaseManager) -> None:
    """An error that somebody swallowed inside it must not turn the commit into a silent rollback."""
    async with db.get_transaction() as connection:
        await connection.execute(sa.text("CREATE TABLE notes (id integer)"))
    await _insert(db, "SELECT 1")
    assert len(await read(db, "SELECT * FROM notes")) == 1
    if db.dialect == "postgresql":
        with pytest.raises(DBAPIError, match="transaction is aborted"):
            await _insert(db, "SELECT * FROM nowhere")
        assert len(await read(db, "SELECT * FROM notes")) == 1
    else:
        await _insert(db, "SELECT * FROM nowhere")
        assert len(await read(db, "SELECT * FROM notes")) == 2


async def test_durable_ends_with_its_transaction(db: DatabaseManager) -> None:
    """The next user of the connection has the usual settings again."""
    async with db.get_transaction() as connection:
        await connection.execute(sa.text("CREATE TABLE notes (id integer)"))
        usual = (await connection.execute(sa.text(_LEVEL[db.dialect]))).scalar()
    assert str(usual) in ("1", "off")
    await _insert(db, "SELECT 1")
    with pytest.raises(RuntimeError, match="dropped"):
        await _drop(db)
    async with db.get_connection() as connection:
        assert (await connection.execute(sa.text(_LEVEL[db.dialect]))).scalar() == usual


async def _drop(db: DatabaseManager) -> None:
    async with db.get_transaction(durable=True) as connection:
        if db.dialect == "sqlite":
            assert (await connection.execute(sa.text("PRAGMA synchronous"))).scalar() == 2
        raise RuntimeError("dropped")
