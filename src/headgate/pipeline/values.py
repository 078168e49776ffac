"""From words that a person types to the values that an entity holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson

from headgate.config.known import did_you_mean
from headgate.errors import ConfigError
from headgate.store import Column, ColumnType, EntityTable

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NONE = "none"


def find_entity(entities: Mapping[str, EntityTable], name: str) -> EntityTable:
    """Return the entity of this name.

    Raises:
        ConfigError: There is none; the message suggests the nearest.
    """
    found = entities.get(name)
    if found is None:
        near = did_you_mean(name, sorted(entities))
        suggestion = f"Did you mean '{near}'? " if near else ""
        known = ", ".join(sorted(entities)) or "none yet; run 'headgate sync' first"
        raise ConfigError(f"There is no entity '{name}' in the database.", hint=f"{suggestion}Known entities: {known}.")
    return found


def find_column(table: EntityTable, name: str) -> Column:
    """Return the field of this name.

    Raises:
        ConfigError: There is none; the message suggests the nearest.
    """
    names = [column.name for column in table.columns]
    if name not in names:
        near = did_you_mean(name, names)
        suggestion = f"Did you mean '{near}'? " if near else ""
        raise ConfigError(f"'{table.name}' has no field '{name}'.", hint=f"{suggestion}Its fields: {', '.join(names)}.")
    return table.column(name)


def read_key(table: EntityTable, words: Sequence[str]) -> tuple[Any, ...]:
    """Return the key that some words mean.

    Raises:
        ConfigError: Their number or the type of one is not that of the key.
    """
    if len(words) != len(table.key):
        named = ", ".join(table.key)
        raise ConfigError(
            f"The key of '{table.name}' is made of {_count(len(table.key), 'value')}, and "
            f"{_count(len(words), 'value')} came.",
            hint=f"Give one value for each of: {named}. Quote a value with blanks.",
        )
    return tuple(_read(table, table.column(name), word) for name, word in zip(table.key, words, strict=True))


def read_where(table: EntityTable, conditions: Sequence[str]) -> dict[str, Any]:
    """Return the fields and values of conditions such as ``division=II``; ``none`` means no value.

    Raises:
        ConfigError: One is no condition, or its field or value does not fit.
    """
    where: dict[str, Any] = {}
    for condition in conditions:
        name, equals, word = condition.partition("=")
        if not equals:
            raise ConfigError(
                f"'{condition}' is no condition.", hint="Write it as field=value, for example --where division=II."
            )
        column = find_column(table, name)
        where[name] = None if word == _NONE else _read(table, column, word)
    return where


def read_moment(word: str, *, now: datetime) -> datetime:
    """Return the instant that a word means: ISO 8601, UTC where no zone is given; a date means its first instant.

    Raises:
        ConfigError: It is no time.
    """
    if word == "now":
        return now
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise ConfigError(
            f"'{word}' is no time.",
            hint="Write it as 2026-03-01, 2026-03-01T12:30 or 2026-03-01T12:30:00+02:00; without a zone it is UTC.",
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read(table: EntityTable, column: Column, word: str) -> Any:
    try:
        return _READERS.get(column.type, str)(word)
    except (ValueError, KeyError):
        kind = column.type.value
        raise ConfigError(
            f"'{word}' is no {kind}, and '{table.name}.{column.name}' is of that type.", hint=_hint(column.type)
        ) from None


def _hint(kind: ColumnType) -> str:
    return _HINTS.get(kind, "Write a number.")


def _iso_date(word: str) -> str:
    return date.fromisoformat(word).isoformat()


_READERS: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.INTEGER: int,
    ColumnType.FLOAT: float,
    ColumnType.BOOLEAN: lambda word: _TRUTHS[word.lower()],
    ColumnType.DATE: _iso_date,
    ColumnType.JSON: orjson.loads,
}
"""Texts, exact numbers and times are taken as they are written: that is how the store keeps them."""

_HINTS = {
    ColumnType.BOOLEAN: "Write true or false.",
    ColumnType.DATE: "Write it as 2026-03-01.",
    ColumnType.JSON: "Write it as JSON, with quotes around text.",
}


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
