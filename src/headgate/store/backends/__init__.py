"""What PostgreSQL and SQLite do differently: bulk transfer and reading columns out of documents."""

from __future__ import annotations

from headgate.store.backends.base import Backend
from headgate.store.backends.postgresql import PostgreSQL
from headgate.store.backends.sqlite import SQLite

__all__ = ["Backend", "PostgreSQL", "SQLite", "backend_for"]


def backend_for(dialect: str) -> Backend:
    """Return the backend of a dialect: ``"sqlite"`` or ``"postgresql"``."""
    return PostgreSQL() if dialect == "postgresql" else SQLite()
