"""The connection to a database: SQLite for one machine, PostgreSQL for production."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiosqlite
import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from headgate.health import ComponentHealth, HealthStatus
from headgate.store.backends.sqlite import LOWER
from headgate.store.problems import translate
from headgate.store.url import MEMORY, parse_url

DRIVER_ERRORS = (DBAPIError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
CONNECT_ERRORS = (*DRIVER_ERRORS, OSError, TimeoutError)
WRITE_OPTION = "headgate_write"
_ON_DISK = "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"


class DatabaseManager:
    """One database and its pool of connections. Opened by the first use, closed by :meth:`close`.

    Args:
        url: ``sqlite:///file.db``, a bare path, or ``postgresql://user:password@host/name``. ``sqlite://`` without a
            path is a database in memory that ends with this object.
        pool_size: Connections to PostgreSQL that are kept open.
        busy_timeout: Seconds to wait for SQLite's write lock.

    Raises:
        DatabaseConfigError: The URL names no database that Headgate knows.
    """

    def __init__(self, url: str | Path, *, pool_size: int = 5, busy_timeout: float = 10.0) -> None:
        self.url: URL = parse_url(url)
        self._busy_timeout = busy_timeout
        self._keeper: AsyncConnection | None = None
        self._probed = False
        self._engine = self._make_engine(pool_size)

    def __repr__(self) -> str:
        """Say which one it is."""
        return f"DatabaseManager({self.label!r})"

    @property
    def dialect(self) -> str:
        """``"sqlite"`` or ``"postgresql"``."""
        return self.url.get_backend_name()

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; none for PostgreSQL and for a database in memory."""
        if self.dialect != "sqlite" or self.url.database == MEMORY:
            return None
        return Path(str(self.url.database))

    @property
    def label(self) -> str:
        """The database as a person may read it: without a password."""
        file = self.file
        if file is not None:
            return str(file)
        return self.url.set(drivername=self.dialect).render_as_string(hide_password=True)

    @property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's engine, for an application's own statements."""
        return self._engine

    @asynccontextmanager
    async def get_connection(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection for reading: what is written through it and not committed is rolled back.

        Raises:
            DatabaseConfigError: It is not a database, or may not be opened.
            DatabaseUnavailableError: It cannot be reached, is locked, or went away.
        """
        async with self._lend(write=False) as connection:
            yield connection

    @asynccontextmanager
    async def get_transaction(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Lend a connection inside one transaction: committed at the end, rolled back by an exception.

        In SQLite the transaction takes the write lock at once, so that it cannot fail halfway for want of it.

        Args:
            durable: Whether what is committed must be on the disk before anybody hears of it, whatever the server's
                settings say.

        Raises:
            DatabaseConfigError: It is not a database, or may not be written.
            DatabaseUnavailableError: It cannot be reached, is locked, or went away.
        """
        async with self._lend(write=True) as connection:
            with self._speaking(DRIVER_ERRORS):
                async with self._on_disk(connection) if durable else connection.begin():
                    yield connection

    async def health(self) -> ComponentHealth:
        """Ask the database for nothing and say how long that took."""
        facts: dict[str, Any] = {"kind": self.dialect, "database": self.label}
        started = time.perf_counter()
        try:
            async with self.get_connection() as connection:
                await connection.execute(sa.text("SELECT 1"))
        except Exception as error:  # noqa: BLE001 - a health report says what is wrong, it never raises
            message = getattr(error, "message", None) or str(error)
            return ComponentHealth(HealthStatus.UNHEALTHY, message, facts)
        facts["latency_ms"] = round((time.perf_counter() - started) * 1000, 3)
        return ComponentHealth(HealthStatus.HEALTHY, None, facts)

    async def close(self) -> None:
        """Close every connection. The object can be used again: it opens new ones."""
        if self._keeper is not None:
            await self._keeper.close()
            self._keeper = None
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        """Return the manager itself: connections are opened when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self.close()

    @asynccontextmanager
    async def _lend(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        with self._speaking(CONNECT_ERRORS):
            connection = await self._open()
        try:
            # keyed per checkout: the "begin" hook of SQLite reads it
            connection = await connection.execution_options(**{WRITE_OPTION: write})
            with self._speaking(DRIVER_ERRORS):
                yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def _on_disk(self, connection: AsyncConnection) -> AsyncIterator[None]:
        if self.dialect == "postgresql":
            async with connection.begin():
                yield
                # a statement, too, because the server answers a COMMIT after an error with a silent rollback
                await connection.exec_driver_sql(_ON_DISK)
            return
        await self._synchronous(connection, "FULL")
        try:
            async with connection.begin():
                yield
        finally:
            await self._synchronous(connection, "NORMAL")

    async def _synchronous(self, connection: AsyncConnection, level: str) -> None:
        """Say how much of a commit SQLite writes to the disk; it takes no such word inside a transaction."""
        driver = (await connection.get_raw_connection()).driver_connection
        if isinstance(driver, aiosqlite.Connection):
            await (await driver.execute(f"PRAGMA synchronous={level}")).close()

    async def _open(self) -> AsyncConnection:
        if not self._probed:
            await asyncio.to_thread(_probe, self.url)
            self._probed = True
        if self.url.database == MEMORY and self._keeper is None:
            self._keeper = await self._engine.connect()  # the database in memory lives as long as this connection
        return await self._engine.connect()

    @contextmanager
    def _speaking(self, errors: tuple[type[BaseException], ...]) -> Iterator[None]:
        try:
            yield
        except errors as error:
            meaning = translate(error, self.label)
            if meaning is None:
                raise
            raise meaning from error

    def _make_engine(self, pool_size: int) -> AsyncEngine:
        if self.dialect == "postgresql":
            return create_async_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                connect_args={"server_settings": {"timezone": "UTC", "application_name": "headgate"}, "timeout": 15},
            )
        url = self.url
        if url.database == MEMORY:
            # sqlite's own in-memory file system: several connections, real locks, gone with the last connection
            url = url.set(database=f"file:/headgate-{uuid.uuid4().hex}", query={"vfs": "memdb", "uri": "true"})
        engine = create_async_engine(url, connect_args={"timeout": self._busy_timeout, "isolation_level": None})
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        sa.event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine


def _probe(url: URL) -> None:
    """Open an SQLite file once without the event loop, so that a file that cannot be opened fails here.

    aiosqlite leaves a thread behind when it fails to connect, and that thread may outlive the loop it reports to.
    """
    if url.get_backend_name() == "sqlite" and not url.query and url.database != MEMORY:
        with closing(sqlite3.connect(str(url.database))) as connection:
            connection.execute("PRAGMA schema_version")


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # WAL with NORMAL: a crash never harms the file; a power cut may lose whole commits, but no durable one
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16384"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function(LOWER, 1, _lower, deterministic=True)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get(WRITE_OPTION, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
