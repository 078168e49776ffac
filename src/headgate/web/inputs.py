"""What visitors type into addresses and forms, as the values it means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Path, Query

from headgate.errors import ConfigError, DatabaseConfigError
from headgate.pipeline.values import find_entity, read_moment
from headgate.store import EntityTable, Store
from headgate.web.problems import NotFoundError

EntityPath = Annotated[str, Path(max_length=200, description="The name of an entity.")]
Key = Annotated[str, Query(max_length=4000, description='The values of a key, as a JSON list: ["a",1].')]
Moment = Annotated[str, Query(max_length=40, description="A date or time in ISO 8601, UTC unless it says otherwise.")]
Search = Annotated[str, Query(max_length=200, description="Only rows that hold this text, whatever its case.")]
After = Annotated[str, Query(max_length=8000, description="Where the page before ended.")]

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


async def entity_named(store: Store, name: str) -> EntityTable:
    """Return an entity.

    Raises:
        NotFoundError: There is none of this name.
    """
    try:
        return find_entity(await store.entities(), name)
    except DatabaseConfigError:
        raise
    except ConfigError as error:
        raise NotFoundError(error.message, error.hint) from None


def key_of(table: EntityTable, text: str) -> tuple[Any, ...]:
    """Return the values of a key that was written as a JSON list.

    Raises:
        NotFoundError: It is no key of this entity.
    """
    try:
        values = orjson.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(table.key):
        named = ", ".join(table.key)
        raise NotFoundError(
            f"That is no key of '{table.name}'.", f"It is a JSON list with a value for each of: {named}."
        )
    return tuple(values)


def as_key(values: tuple[Any, ...]) -> str:
    """Return the values of a key as the text that :func:`key_of` reads, in ASCII."""
    return json.dumps(list(values), separators=(",", ":"))


def moment_of(text: str, now: datetime) -> datetime | None:
    """Return the instant that a text means; none for no text.

    Raises:
        ConfigError: It is no time.
    """
    if not text.strip():
        return None
    try:
        return min(max(read_moment(text.strip(), now=now), _EARLIEST), now)
    except OverflowError:
        raise ConfigError(f"'{text}' is no time that a calendar knows.") from None
