"""Rows with one key and different content: one goes on by an explicit rule, the others count as duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.codec import Encoded
from headgate.store.columns import ColumnType, EntityTable
from headgate.store.context import Context
from headgate.store.index import NEW, TOUCHED, UPDATED, KeyIndex, Sightings
from headgate.store.repeats import Repeats


@dataclass(slots=True)
class Settled:
    """What settling came to.

    Args:
        duplicates: Rows that another one stands for.
        conflicts: Of them, those with another content.
        withdrawn: What rows that had been counted already were taken for, one for each that gave way.
        repeats: The keys they have.
    """

    duplicates: int = 0
    conflicts: int = 0
    withdrawn: list[bytes] = field(default_factory=list)
    repeats: Repeats = field(default_factory=Repeats)


class Settler:
    """Settles the conflicts of one entity in one run.

    Args:
        context: The database and its tables.
        table: The entity, with the rule.
        entity_id: Its number.
        run_seq: The run's number.
    """

    def __init__(self, context: Context, table: EntityTable, entity_id: int, run_seq: int) -> None:
        self._context = context
        self._table = table
        self._entity_id = entity_id
        self._run_seq = run_seq

    async def settle(self, connection: AsyncConnection, seen: Sightings, index: KeyIndex) -> Settled:
        """Decide every contest in ``seen``; the winners wait there to be written, the others are counted."""
        settled = Settled()
        contests, seen.contests = seen.contests, {}
        stored = await self._context.documents(connection, self._entity_id, list(contests))
        waiting = {key: seen.waiting(key) for key in contests}
        written = await self._staged(connection, [key for key, row in waiting.items() if row is None])
        gone = []
        for key, rivals in contests.items():
            incumbent = waiting[key]
            first = incumbent.document if incumbent is not None else written.get(key) or stored[key]
            winner = self._winner(first, rivals, settled)
            if winner is None:
                continue
            if incumbent is None:
                gone.append(key)
                settled.withdrawn.append(index.seen_as(key))
            else:
                seen.take(key)
            self._admit(winner, stored.get(key), seen, index)
        if gone:
            await connection.execute(self._context.schema.item.delete().where(self._mine(gone)))
        return settled

    def _winner(
        self, first: str, rivals: Sequence[tuple[Encoded, bytes]], settled: Settled
    ) -> tuple[Encoded, bytes] | None:
        """Return the rival that takes the place of the row that came first; none if that one stays."""
        winner: tuple[Encoded, bytes] | None = None
        standing = first
        for rival in rivals:
            differs = rival[0].document != standing
            settled.duplicates += 1
            settled.conflicts += differs
            settled.repeats.add(rival[0].key, conflicts=differs)
            if self._prefers(rival[0].document, standing):
                winner, standing = rival, rival[0].document
        return winner

    def _prefers(self, later: str, earlier: str) -> bool:
        """Whether the rule prefers a row to one that came before it."""
        rule = self._table.settle
        assert rule is not None  # noqa: S101 - there are contests only where there is a rule
        if rule.newest_by is None:
            return rule.winner == "last" and later != earlier
        kind = self._table.column(rule.newest_by).type
        new, old = (_comparable(orjson.loads(document)[rule.newest_by], kind) for document in (later, earlier))
        if new is None or old is None:
            return old is None and new is not None
        return bool(new > old)

    def _admit(self, winner: tuple[Encoded, bytes], stored: str | None, seen: Sightings, index: KeyIndex) -> None:
        """Let a row wait to be written as what it is beside the stored one."""
        row, suffix = winner
        if stored is None:
            seen_as, place = NEW, seen.new
        elif stored == row.document:
            seen_as, place = TOUCHED, seen.moved
        else:
            seen_as, place = UPDATED, seen.updated
        place[row.key] = winner
        index.replace(row.key, row.hash + suffix, seen_as)

    async def _staged(self, connection: AsyncConnection, keys: list[str]) -> Mapping[str, str]:
        if not keys:
            return {}
        item = self._context.schema.item
        found = await connection.execute(sa.select(item.c.key, item.c.document).where(self._mine(keys)))
        return {row.key: row.document for row in found if row.document is not None}

    def _mine(self, keys: list[str]) -> sa.ColumnElement[bool]:
        item = self._context.schema.item
        return sa.and_(
            item.c.run_seq == self._run_seq,
            item.c.entity_id == self._entity_id,
            self._context.backend.key_in(item.c.key, keys),
        )


def _comparable(value: Any, kind: ColumnType) -> Any:
    """Return a value of a document as it is compared: numbers and moments by what they mean."""
    if value is None:
        return None
    if kind is ColumnType.NUMERIC:
        return Decimal(str(value))
    if kind is ColumnType.TIMESTAMP:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if kind is ColumnType.JSON else value
