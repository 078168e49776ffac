"""Opening the store that the settings name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headgate.config.settings import PipelineConfig
from headgate.errors import DatabaseConfigError
from headgate.store import DatabaseManager, Store


async def source_of(config: PipelineConfig, run_id: str) -> str:
    """Return the source of a run, which is named by its id or a part of it.

    Raises:
        ConfigError: There is no such run, or there are several; or as for :func:`open_store`.
    """
    async with open_store(config) as store:
        return (await store.find_run(run_id)).source


@asynccontextmanager
async def open_store(config: PipelineConfig) -> AsyncIterator[Store]:
    """Open the store of the configured database to read or decide, and close it at the end.

    Raises:
        DatabaseConfigError: There is no such file, it is not a database, or it was written by a newer Headgate.
        DatabaseUnavailableError: The database cannot be reached.
    """
    db = DatabaseManager(config.database_url)
    if db.file is not None and not db.file.is_file():
        # opening would make an empty database of a mistyped name
        raise DatabaseConfigError(
            f"There is no database file {db.file}.",
            hint="Name the one that was synced with --database, or run 'headgate sync' first.",
        )
    try:
        store = Store(db)
        await store.open()
        yield store
    finally:
        await db.close()
