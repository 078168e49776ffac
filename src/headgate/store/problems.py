"""What a driver's error means to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import asyncpg
from sqlalchemy.exc import DBAPIError

from headgate.errors import DatabaseConfigError, DatabaseUnavailableError, HeadgateError

_Make = Callable[[str, str], HeadgateError]
"""Makes an error from the name of the database and the first line of what it says."""


def _config(message: str, hint: str) -> _Make:
    return lambda where, said: DatabaseConfigError(message.format(where=where, said=said), hint=hint)


def _unavailable(message: str, hint: str) -> _Make:
    return lambda where, said: DatabaseUnavailableError(message.format(where=where, said=said), hint=hint)


# fragments of SQLite's messages, which are part of its interface and have not changed in twenty years
_SQLITE: tuple[tuple[str, _Make], ...] = (
    ("not a database", _config("{where} is not an SQLite database.", "Give another file, or move this one away.")),
    ("malformed", _config("{where} is damaged.", "Restore it from a backup, or try 'sqlite3 FILE .recover'.")),
    (
        "unable to open",
        _config(
            "The database {where} cannot be opened.",
            "Check that it is a file, that its folder exists and that you may write there.",
        ),
    ),
    ("readonly", _config("{where} cannot be written.", "Check the permissions of the file, its folder and its disk.")),
    ("attempt to write", _config("{where} cannot be written.", "Check the permissions of the file and its folder.")),
    ("locked", _unavailable("{where} is locked by another process.", "Wait until it is done, then try again.")),
    (
        "disk is full",
        _unavailable("The disk of {where} is full; nothing was applied.", "Free some space and try again."),
    ),
    ("disk i/o", _unavailable("The disk of {where} answers with errors.", "Check the disk, then try again.")),
    ("closed", _unavailable("The connection to {where} was closed.", "Try again.")),
)

_POSTGRES: tuple[tuple[tuple[type[BaseException], ...], _Make], ...] = (
    (
        (asyncpg.InvalidAuthorizationSpecificationError,),
        _config("{where} refused the user or the password.", "Check user and password in the database URL."),
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        _config("The server of {where} has no database of that name.", "Create it, or correct the database URL."),
    ),
    (
        (asyncpg.InsufficientPrivilegeError,),
        _config(
            "{where} does not let this user do what is needed: {said}.",
            "Grant it: CREATE on the database for Headgate's own tables, SELECT and what is to be written on an "
            "application's.",
        ),
    ),
    (
        (asyncpg.DiskFullError,),
        _unavailable("The disk of {where} is full; nothing was applied.", "Free some space and try again."),
    ),
    (
        (asyncpg.QueryCanceledError,),
        _unavailable(
            "{where} ended a statement: {said}.",
            "Raise statement_timeout for this user, or try again at a calmer time.",
        ),
    ),
    (
        (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError),
        _unavailable("Somebody else wrote to {where} at the same time: {said}.", "Nothing was applied. Try again."),
    ),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        _config("{where} accepts no writes.", "Connect to the primary server, not to a replica."),
    ),
    (
        (
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.AdminShutdownError,
            asyncpg.CrashShutdownError,
            asyncpg.TooManyConnectionsError,
            asyncpg.InsufficientResourcesError,
            asyncpg.InterfaceError,
        ),
        _unavailable("{where} went away or takes no connections.", "Check that the server runs, then try again."),
    ),
    (
        (OSError, TimeoutError),
        _unavailable("{where} cannot be reached.", "Check host, port and network in the database URL, then try again."),
    ),
)


def translate(error: BaseException, where: str) -> HeadgateError | None:
    """Return Headgate's error for a driver's error; none if it says something about a statement, not a database."""
    for cause in _causes(error):
        if isinstance(cause, sqlite3.Error):
            said = str(cause).lower()
            for fragment, make in _SQLITE:
                if fragment in said:
                    return make(where, said)
        for kinds, make in _POSTGRES:
            if isinstance(cause, kinds):
                return make(where, (str(cause).splitlines() or [""])[0])
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _unavailable("The connection to {where} was lost.", "Check that the server runs, then try again.")(
            where, ""
        )
    return None


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and everything it was made from: SQLAlchemy wraps its adapter's wrapper of the driver's own."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        cause = queue.pop()
        if cause is None or cause in found:
            continue
        found.append(cause)
        queue += [cause.__cause__, cause.__context__, getattr(cause, "orig", None)]
    return found
