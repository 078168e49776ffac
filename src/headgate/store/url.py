"""Database URLs, as people write them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from headgate.errors import DatabaseConfigError

MEMORY = ":memory:"

_HINT = "Use sqlite:///file.db, a path such as headgate.db, or postgresql://user@host/database."
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


def parse_url(text: str | Path) -> URL:
    """Return the URL with the driver that Headgate uses.

    Raises:
        DatabaseConfigError: It names no database that Headgate knows.
    """
    written = str(text).strip()
    if not written:
        message = "The database URL is empty."
        raise DatabaseConfigError(message, hint=_HINT)
    scheme, colon, _ = written.partition(":")
    if "://" not in written and colon and scheme in _DRIVERS:
        message = f"The database URL that starts with '{scheme}:' lacks the two slashes after it."
        raise DatabaseConfigError(message, hint=_HINT)
    if "://" not in written:
        return URL.create("sqlite+aiosqlite", database=written)
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        # the text may hold a password: say only what kind it seems to be
        message = f"The database URL that starts with '{written.split('://', 1)[0]}://' cannot be read."
        raise DatabaseConfigError(message, hint=_HINT) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        message = f"Headgate has no driver for '{url.drivername}' databases."
        raise DatabaseConfigError(message, hint=_HINT)
    url = url.set(drivername=driver)
    if url.get_backend_name() == "sqlite":
        return url.set(database=url.database or MEMORY)
    if not url.database:
        message = f"The database URL {url.render_as_string(hide_password=True)} names no database."
        raise DatabaseConfigError(message, hint=_HINT)
    return _with_asyncpg_options(url)


def _with_asyncpg_options(url: URL) -> URL:
    """Translate libpq's ``sslmode``, which every hosting provider prints, into asyncpg's ``ssl``."""
    options = dict(url.query)
    mode = options.pop("sslmode", None)
    if mode is not None:
        options["ssl"] = mode
    options.pop("channel_binding", None)
    return url.set(query=options)
