"""One event as the outbox has it, and reading the next ones of a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.codec import decode_key
from headgate.store.history import last_document, read_fields
from headgate.store.schema import Schema

Place = tuple[int, int]
"""Where an event stands: the number in the outbox, and the number of the version; 0 if it is about no row."""


Wants = Callable[[str, str | None], bool]
"""Tells by type, and entity if it is about rows, whether events are wanted."""


_NO_DATA: Mapping[str, Any] = MappingProxyType({})


class Entry(NamedTuple):
    """One event.

    Args:
        place: Where it stands; places of one source sort as the events happened.
        source: The source.
        type: What happened, such as ``entity.changed``.
        at: When.
        run: The id of the run.
        lane: Events of one source and lane must keep their order.
        entity: For a changed row: the entity.
        key: Its key, by the names of the columns.
        operation: ``new``, ``updated`` or ``deleted``.
        changed: For an update, the old and the new value of each field that changed.
        document: All fields after the change, as JSON; for a deletion, before it.
        data: For other events: what there is to say.
        attempts: How often delivery was tried and failed.
    """

    place: Place
    source: str
    type: str
    at: datetime
    run: str | None
    lane: str
    entity: str | None = None
    key: Mapping[str, Any] | None = None
    operation: str | None = None
    changed: Mapping[str, tuple[Any, Any]] | None = None
    document: str | None = None
    data: Mapping[str, Any] = _NO_DATA
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far a sink has got in a source: everything up to a place is delivered, waits for an attempt, or is dead.

    Args:
        outbox_id: The number in the outbox.
        version_id: The number of the last version of it.
        done: How many events of that number are behind the sink.
    """

    outbox_id: int
    version_id: int = 0
    done: int = 0


async def read_ahead(
    connection: AsyncConnection, schema: Schema, source: str, position: Position, *, limit: int, wants: Wants
) -> tuple[list[Entry], Position, bool]:
    """Return the next events of a source after a position, the position after them, and whether there may be more.

    What is not wanted is passed over, unread. The position may move although there is no event.
    """
    outbox, run, entity = schema.outbox, schema.run, schema.entity
    query = (
        sa.select(outbox, run.c.id.label("run_id"), entity.c.name.label("entity"))
        .outerjoin(run, run.c.seq == outbox.c.run_seq)
        .outerjoin(entity, entity.c.id == outbox.c.entity_id)
        .where(outbox.c.source == source, outbox.c.id >= position.outbox_id)
        .order_by(outbox.c.id)
        .limit(limit + 1)
    )
    entries: list[Entry] = []
    found = (await connection.execute(query)).all()
    for noted in found:
        here = position if noted.id == position.outbox_id else Position(noted.id)
        if here.done >= noted.events:
            continue
        room = limit - len(entries)
        if room == 0:
            break
        if not wants(noted.type, noted.entity):
            position = Position(noted.id, noted.last_version or 0, noted.events)
            continue
        if noted.entity_id is None:
            entries.append(plain_entry(noted))
            position = Position(noted.id, 0, noted.events)
            continue
        versions = await _versions(connection, schema, noted, after=here.version_id, limit=room)
        entries += versions
        if len(versions) < room:
            position = Position(noted.id, noted.last_version, noted.events)
        else:
            position = Position(noted.id, versions[-1].place[1], here.done + len(versions))
    return entries, position, len(entries) >= limit or len(found) > limit


async def _versions(
    connection: AsyncConnection, schema: Schema, noted: sa.Row[Any], *, after: int, limit: int
) -> list[Entry]:
    """Return the next events about rows of one number of the outbox."""
    history = schema.history
    query = (
        version_query(schema)
        .where(
            # the sum keeps SQLite from taking the index of the run, and sorting all of its versions for every batch
            history.c.run_seq + 0 == noted.run_seq,
            history.c.entity_id + 0 == noted.entity_id,
            history.c.id > after,
            history.c.id >= noted.first_version,
            history.c.id <= noted.last_version,
        )
        .order_by(history.c.id)
        .limit(limit)
    )
    return version_entries(noted, (await connection.execute(query)).all())


def version_query(schema: Schema) -> sa.Select[Any]:
    """Return the query for versions with all that an event tells about them."""
    history, entity = schema.history, schema.entity
    return sa.select(
        history.c.id.label("version_id"),
        history.c.key.label("row_key"),
        history.c.operation,
        sa.cast(history.c.changed, sa.Text).label("changed"),
        last_document(schema, history),
        entity.c.name.label("entity"),
        entity.c.key.label("key_names"),
    ).join(entity, entity.c.id == history.c.entity_id)


def lane_of(entity_id: int, key: str) -> str:
    """Return the lane of a row."""
    return f"{entity_id} {key}"


def version_entries(noted: sa.Row[Any], versions: Iterable[Sequence[Any]], *, attempts: int = 0) -> list[Entry]:
    """Return the events about versions of one number of the outbox."""
    number, source, kind, at, run = noted.id, noted.source, noted.type, noted.at, noted.run_id
    entity_id = noted.entity_id
    return [
        # by position: there may be hundreds of thousands, and names would cost
        Entry(
            (number, version_id),
            source,
            kind,
            at,
            run,
            lane_of(entity_id, row_key),
            entity,
            dict(zip(_names(key_names), decode_key(row_key), strict=True)),
            operation,
            (read_fields(changed) or None) if changed else None,
            document,
            _NO_DATA,
            attempts,
        )
        for version_id, row_key, operation, changed, document, entity, key_names in versions
    ]


@lru_cache(maxsize=64)
def _names(key_names: str) -> Sequence[str]:
    return tuple(orjson.loads(key_names))


def plain_entry(noted: sa.Row[Any], *, attempts: int = 0) -> Entry:
    """Return an event that is about no row."""
    data = orjson.loads(noted.data) if noted.data else {}
    return Entry((noted.id, 0), noted.source, noted.type, noted.at, noted.run_id, "", data=data, attempts=attempts)
