"""Database URLs as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.errors import DatabaseConfigError
from headgate.store.url import parse_url


@pytest.mark.parametrize(
    ("written", "driver", "database"),
    [
        ("sqlite:///x.db", "sqlite+aiosqlite", "x.db"),
        ("sqlite+aiosqlite:////tmp/x.db", "sqlite+aiosqlite", "/tmp/x.db"),
        ("x.db", "sqlite+aiosqlite", "x.db"),
        (Path("some/x.db"), "sqlite+aiosqlite", "some/x.db"),
        ("sqlite://", "sqlite+aiosqlite", ":memory:"),
        ("postgresql://me@host/name", "postgresql+asyncpg", "name"),
        ("postgres://me@host/name", "postgresql+asyncpg", "name"),
        ("postgresql+asyncpg://me@host/name", "postgresql+asyncpg", "name"),
    ],
)
def test_spellings(written: str | Path, driver: str, database: str) -> None:
    """Every common spelling names the driver that Headgate uses."""
    url = parse_url(written)
    assert (url.drivername, url.database) == (driver, database)


@pytest.mark.parametrize(
    "written", ["", "mysql://me:secret@host/x", "postgresql://me:secret@host", "postgresql://:x:y/z"]
)
def test_unusable(written: str) -> None:
    """What cannot be used is refused with a hint, and without the password."""
    with pytest.raises(DatabaseConfigError) as refused:
        parse_url(written)
    assert refused.value.hint
    assert "secret" not in str(refused.value)


def test_sslmode_is_translated() -> None:
    """Libpq's sslmode becomes asyncpg's ssl."""
    assert parse_url("postgresql://h/x?sslmode=require&channel_binding=require").query == {"ssl": "require"}
