"""The file of the disk level: where it is, what is in it, and what happens to one that is broken."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import xxhash

from headgate.errors import ConfigError

# "HGrc", so that a file of something else is never touched
_APPLICATION_ID = 0x48477263
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRITER_BUSY_SECONDS = 5.0
_READER_BUSY_SECONDS = 0.05
_COMPANIONS = ("", "-wal", "-shm")

PURGE_SECONDS = 600.0
"""Rows that had their time are found by such stretches of it, and looked for as often."""

# The number in the names is the version of the tables and of the codec. A row's turn grows with every write, whoever
# writes: it tells the oldest rows, and what another process has written since one looked. Rows lie in the order of
# their turns and not of their keys' hashes, and are found by stretches of time and not by the second: then a batch
# changes the pages at the end of the table, and not one page for each row.
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS entry_2 (
    turn INTEGER PRIMARY KEY, id INTEGER NOT NULL, key TEXT NOT NULL, keep_until REAL NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS entry_2_id ON entry_2 (id);
CREATE INDEX IF NOT EXISTS entry_2_stretch ON entry_2 (CAST(keep_until / {PURGE_SECONDS} AS INTEGER));
CREATE TABLE IF NOT EXISTS turn_2 (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO turn_2 VALUES (1, 0);
DROP TABLE IF EXISTS entry_1;
DROP TABLE IF EXISTS turn_1;
"""  # noqa: S608 - a constant


def default_path() -> Path:
    """Return ``headgate/responses.db`` in the user's cache folder (``$XDG_CACHE_HOME``, else ``~/.cache``)."""
    folder = os.environ.get("XDG_CACHE_HOME")
    base = Path(folder) if folder and Path(folder).is_absolute() else Path.home() / ".cache"
    return base / "headgate" / "responses.db"


def row_id(key: str) -> int:
    """Return the number a key is stored under: 64 bits of xxHash, signed as SQLite wants it."""
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass")) - (1 << 63)


def is_corruption(error: BaseException) -> bool:
    """Tell whether SQLite says that the file is broken, or no database at all."""
    return isinstance(error, sqlite3.DatabaseError) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the file to write, and create folder, file and tables if they are missing; others may do so too.

    Raises:
        sqlite3.Error: It cannot be opened, or is broken (:func:`is_corruption`).
        OSError: The place cannot be written to.
        ConfigError: It is a database of something else.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)  # responses can be private
    connection = _connect(path, _WRITER_BUSY_SECONDS)
    try:
        _claim(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {4 * 1024 * 1024}")
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a file that exists already, to read."""
    connection = _connect(path, _READER_BUSY_SECONDS)
    try:
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def move_aside(path: Path) -> Path:
    """Rename a broken file and its companions, so that nothing is lost and a new one can be made; return the name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for companion in _COMPANIONS:
        source = path.with_name(path.name + companion)
        if source.exists():
            source.rename(aside.with_name(aside.name + companion))
    return aside


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _claim(connection: sqlite3.Connection, path: Path) -> None:
    """Mark a new file as ours, in one transaction, and refuse one that is not."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if owner == 0 and tables == 0:
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        elif owner != _APPLICATION_ID:
            raise ConfigError(
                f"The cache file {path} is a database of something else.", hint="Set cache.path to another file."
            )
    finally:
        connection.execute("COMMIT")
