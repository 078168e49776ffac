"""One run per source at a time: a lease with a fencing token.

Every run that takes the lease gets a token one higher than the last. A commit checks the token in its own transaction,
with the lease's row locked: a process that slept through its lease finds a higher token and applies nothing.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import LeaseHeldError, LeaseLostError
from headgate.store.schema import Schema


def this_process() -> str:
    """Return who we are, told apart from every other process that ever was on any machine: machine, id, start."""
    return f"{_machine()} {os.getpid()} {_started(os.getpid()) or '-'}"


def is_dead(holder: str) -> bool:
    """Tell whether a holder is certain to be gone: a process of this machine that does not run any more."""
    machine, _, rest = holder.partition(" ")
    pid, _, started = rest.partition(" ")
    if machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    now_started = _started(int(pid))
    return started != "-" and now_started is not None and started != now_started


def describe(holder: str) -> str:
    """Return the holder as a person reads it."""
    machine, _, rest = holder.partition(" ")
    return f"process {rest.partition(' ')[0]} on {machine.partition('/')[0]}"


async def under_way(connection: AsyncConnection, schema: Schema, now: datetime) -> set[int]:
    """Return the numbers of the runs that somebody works at: a run whose process died holds no living lease."""
    lease, run = schema.lease, schema.run
    same = sa.and_(lease.c.source == run.c.source, lease.c.token == run.c.token)
    query = sa.select(run.c.seq, lease.c.holder).join(lease, same).where(lease.c.expires_at > now)
    return {row.seq for row in await connection.execute(query) if row.holder and not is_dead(row.holder)}


async def acquire(connection: AsyncConnection, schema: Schema, source: str, *, now: datetime, ttl: float) -> int:
    """Take the lease of a source inside the caller's transaction and return the fencing token.

    Raises:
        LeaseHeldError: Another run holds it; the message says who and since when.
    """
    lease = schema.lease
    found = await lock(connection, schema, source)
    if found.holder and found.expires_at > now and not is_dead(found.holder):
        left = (found.expires_at - now).total_seconds()
        message = (
            f"Another run of '{source}' is under way: {describe(found.holder)} holds the lease "
            f"since {found.acquired_at:%Y-%m-%d %H:%M:%S} UTC."
        )
        raise LeaseHeldError(
            message, hint=f"Wait for it; without a sign of life it ends in {left:.0f} s.", retry_after=left
        )
    token: int = found.token + 1
    values = {"token": token, "holder": this_process(), "acquired_at": now, "expires_at": now + timedelta(seconds=ttl)}
    await connection.execute(lease.update().where(lease.c.source == source).values(values))
    return token


async def renew(
    connection: AsyncConnection, schema: Schema, source: str, token: int, *, now: datetime, ttl: float
) -> None:
    """Give a sign of life inside the caller's transaction.

    Raises:
        LeaseLostError: The lease was taken over.
    """
    lease = schema.lease
    statement = lease.update().where(lease.c.source == source, lease.c.token == token)
    done = await connection.execute(statement.values(expires_at=now + timedelta(seconds=ttl)))
    if done.rowcount == 0:
        raise _lost(source)


async def confirm(connection: AsyncConnection, schema: Schema, source: str, token: int) -> None:
    """Make sure, with the row locked until the caller's transaction ends, that nobody took the lease.

    Raises:
        LeaseLostError: Somebody did.
    """
    found = await _locked(connection, schema, source)
    if found is None or found.token != token:
        raise _lost(source)


async def release(connection: AsyncConnection, schema: Schema, source: str, token: int) -> None:
    """Give the lease back; nothing happens if it was taken over."""
    lease = schema.lease
    statement = lease.update().where(lease.c.source == source, lease.c.token == token)
    await connection.execute(statement.values(holder=None, expires_at=None))


async def lock(connection: AsyncConnection, schema: Schema, source: str) -> sa.Row[Any]:
    """Lock the row of a source's lease, made at its first use, until the caller's transaction ends; return it."""
    found = await _locked(connection, schema, source)
    if found is None:
        await connection.execute(schema.insert(schema.lease).values(source=source, token=0).on_conflict_do_nothing())
        found = await _locked(connection, schema, source)
    assert found is not None, "it was made, or found"  # noqa: S101 - rows of leases are never removed
    return found


async def _locked(connection: AsyncConnection, schema: Schema, source: str) -> sa.Row[Any] | None:
    lease = schema.lease
    return (await connection.execute(lease.select().where(lease.c.source == source).with_for_update())).first()


def _lost(source: str) -> LeaseLostError:
    message = f"The lease of '{source}' was taken over while this run was working; nothing of it was applied."
    return LeaseLostError(message, hint="This process was probably paused for long. Run it again.")


def _machine() -> str:
    boot, space = "", ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str | None:
    """Return when a process started, in ticks since boot; none where the system does not say."""
    with suppress(OSError):
        # the name in parentheses may hold blanks; the start is the 20th field after it
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    return None
