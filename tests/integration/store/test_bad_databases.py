"""Databases that are none, cannot be written, or do not answer."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fixtures.stores import SCHOOLS
from headgate.errors import DatabaseConfigError, DatabaseUnavailableError, HeadgateError
from headgate.health import HealthStatus
from headgate.store import DatabaseManager, Store


async def _open(url: str | Path) -> None:
    async with DatabaseManager(url, busy_timeout=0.05) as db:
        await Store(db).open()


async def test_file_that_is_not_a_database(tmp_path: Path) -> None:
    """A file of another kind is named and left as it was."""
    file = tmp_path / "notes.txt"
    file.write_text("this is not a database, it is a note\n" * 100)
    with pytest.raises(DatabaseConfigError, match=r"notes\.txt is not an SQLite database"):
        await _open(file)
    assert file.read_text().startswith("this is not")


async def test_folder_that_does_not_exist(tmp_path: Path) -> None:
    """A path into nowhere is a mistake in the configuration."""
    with pytest.raises(DatabaseConfigError, match="cannot be opened"):
        await _open(tmp_path / "nowhere" / "x.db")


async def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    """A folder is not a database."""
    with pytest.raises(DatabaseConfigError, match="cannot be opened"):
        await _open(tmp_path)


async def test_database_that_may_not_be_written(tmp_path: Path) -> None:
    """A read-only database can be looked at; a run says that it cannot be written before anything is fetched.

    The mode in the URL does what a read-only disk does, for root as well.
    """
    file = tmp_path / "store.db"
    await _open(file)
    async with DatabaseManager(f"sqlite:///file:{file}?mode=ro&uri=true") as db:
        store = Store(db)
        await store.open()
        assert await store.runs() == []
        with pytest.raises(DatabaseConfigError, match="cannot be written"):
            await store.run("test", [SCHOOLS]).__aenter__()


async def test_locked_database(tmp_path: Path) -> None:
    """A database that another process writes to is a matter of waiting."""
    file = tmp_path / "store.db"
    await _open(file)
    async with DatabaseManager(file) as other, other.get_transaction():
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            await _open(file)


async def test_server_that_does_not_answer() -> None:
    """A port where nobody listens is a matter of waiting, and no password is told."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached") as refused:
        await _open(f"postgresql://me:secret@127.0.0.1:{port}/x")
    assert "secret" not in str(refused.value)


async def test_database_that_the_server_does_not_have(postgres_server: str) -> None:
    """A wrong name is a mistake in the configuration."""
    with pytest.raises(DatabaseConfigError, match="no database of that name"):
        await _open(postgres_server.replace("/postgres?", "/nonesuch?"))


async def test_health(database_url: str, tmp_path: Path) -> None:
    """A database that answers is healthy, one that does not is unhealthy, with the reason."""
    async with DatabaseManager(database_url) as db:
        report = await db.health()
        assert report.status is HealthStatus.HEALTHY
        assert report.details["latency_ms"] >= 0
    async with DatabaseManager(tmp_path / "nowhere" / "x.db") as db:
        report = await db.health()
        assert report.status is HealthStatus.UNHEALTHY
        assert "cannot be opened" in (report.message or "")


async def test_database_in_memory_lives_with_its_manager() -> None:
    """A database in memory is shared by all connections of one manager, and by nobody else."""
    async with DatabaseManager("sqlite://") as db, DatabaseManager("sqlite:///:memory:") as other:
        assert db.file is None
        await Store(db).open()
        assert await Store(db).runs() == []
        with pytest.raises(Exception, match="no such table"):
            await Store(other).runs()


async def test_connection_that_is_cut(postgres_url: str) -> None:
    """A server that ends our connection is a matter of waiting."""
    async with DatabaseManager(postgres_url) as db:
        with pytest.raises(HeadgateError) as cut:
            async with db.get_transaction() as connection:
                await connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        assert isinstance(cut.value, DatabaseUnavailableError)
        assert (await db.health()).status is HealthStatus.HEALTHY


REFUSED: dict[str, tuple[tuple[str, ...], type[HeadgateError], str]] = {
    "privilege": (
        ("CREATE TABLE app (id int)", "CREATE ROLE somebody", "SET LOCAL ROLE somebody", "SELECT * FROM app"),
        DatabaseConfigError,
        "permission denied for table app",
    ),
    "timeout": (
        ("SET LOCAL statement_timeout = 1", "SELECT pg_sleep(60)"),
        DatabaseUnavailableError,
        "ended a statement: .*statement timeout",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_server_that_refuses_says_what(postgres_url: str, name: str) -> None:
    """What the server says against a statement stands in the error: which table, which limit."""
    statements, kind, said = REFUSED[name]
    async with DatabaseManager(postgres_url) as db:
        with pytest.raises(kind, match=said):
            await _execute(db, statements)


async def _execute(db: DatabaseManager, statements: tuple[str, ...]) -> None:
    async with db.get_transaction() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
