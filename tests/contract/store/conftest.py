"""Every test of this folder runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from headgate.store import DatabaseManager, Store
from headgate.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still."""
    return FakeClock()


@pytest.fixture
async def store(db: DatabaseManager, clock: FakeClock) -> Store:
    """Open a store in an empty database."""
    opened = Store(db, clock=clock)
    await opened.open()
    return opened
