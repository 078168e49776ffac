"""Which errors of a database are about a row, and what they say."""

from __future__ import annotations

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError

# data exception, integrity, with check option, a trigger's own word, a limit of the program
_CLASSES = ("22", "23", "44", "P0", "54")
_TELLING = ("23503", "23505")  # their details name the key, the others' the whole row


def why_refused(error: DBAPIError) -> str | None:
    """Return why a database refuses a row; none if the error is not about a row."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.IntegrityError | sqlite3.DataError):
            return str(cause)
        if isinstance(cause, asyncpg.PostgresError):
            state = cause.sqlstate or ""
            if not state.startswith(_CLASSES):
                return None
            detail = getattr(cause, "detail", None)
            return f"{cause.args[0]}: {detail}" if detail and state in _TELLING else str(cause.args[0])
        cause = cause.__cause__ or getattr(cause, "orig", None)
    return None
