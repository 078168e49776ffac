"""A world to sync in, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.peaks import World


@pytest.fixture
def both(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world with an empty database of either kind, in a folder without a configuration file."""
    monkeypatch.chdir(tmp_path)
    return World(database_url)
