"""Whether the rows of a plan fit the tables of the application: they are written once and taken back.

Only the database knows all that it refuses: types, enums, lengths, checks, foreign keys, unique constraints, triggers.
So it is asked, in a transaction of which nothing stays. New rows are numbered far from those in use meanwhile, so that
no number of a sequence is spent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.context import Context
from headgate.store.plan import Operation
from headgate.store.targets.binding import BoundTarget, in_order
from headgate.store.targets.halving import Halving
from headgate.store.targets.rows import Source, planned
from headgate.store.targets.writer import TargetWriter

LIVING = (Operation.NEW, Operation.UPDATED)
MOST = 10_000
"""Refused rows of one entity after which the target is taken for wrong."""
_NONE_FITS = 1_000
"""Refused rows after which it is, if none has fitted."""


@dataclass(slots=True)
class Tried:
    """The outcome.

    Args:
        refused: By entity, the planned operations that were taken out of the plan.
        reasons: By entity, why rows went to quarantine, with their number.
        kept: By entity, why rows that are gone stay in the target, with their number.
    """

    refused: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    kept: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


async def try_targets(
    context: Context, run_seq: int, targets: Mapping[str, BoundTarget], numbers: Mapping[str, int]
) -> Tried:
    """Find the planned rows that the targets refuse and put them into quarantine; refused deletions are dropped.

    Args:
        context: The database and its tables.
        run_seq: The run, all of whose rows are staged.
        targets: The targets by entity.
        numbers: The numbers of the entities.

    Raises:
        DatabaseConfigError: So many rows are refused that the target must be wrong.
    """
    tried = Tried()
    if not targets:
        return tried
    async with context.db.get_transaction() as connection:
        trial = _Trial(context, connection, run_seq, numbers)
        nested = await connection.begin_nested()
        if context.schema.dialect == "postgresql":
            await connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
        ordered = in_order(targets)
        for target in ordered:
            await trial.write(target)
        for target in reversed(ordered):
            await trial.remove(target)
        await nested.rollback()
        for name, refused in trial.refused.items():
            operations = await _set_aside(context, connection, run_seq, numbers[name], refused)
            tried.refused[name].update(operations.values())
            for key, operation in operations.items():
                said = tried.kept if operation == Operation.DELETED.value else tried.reasons
                said[name][refused[key]] += 1
    return tried


class _Trial:
    """The trial of one run, inside a transaction that is taken back."""

    def __init__(self, context: Context, connection: AsyncConnection, run_seq: int, numbers: Mapping[str, int]) -> None:
        self.refused: dict[str, dict[str, str]] = defaultdict(dict)
        """By entity and key, why the database refuses a row."""
        self._context = context
        self._connection = connection
        self._run_seq = run_seq
        self._numbers = numbers

    async def write(self, target: BoundTarget) -> None:
        """Write the rows of a target that it takes, from the beginning again until it takes all that are left."""
        source = planned(self._context, self._run_seq, self._numbers[target.entity.name], *LIVING)
        writer = TargetWriter(self._context, self._connection, target, self._context.now())
        own = any(one in target.own_references for one in writer.refusing())
        while True:
            nested = await self._connection.begin_nested()
            found = await self._orphans(writer, source)
            if not found:
                halving = self._halving(writer, found)
                await halving.upsert(source)
                if own and not found:
                    # a parent in the same table may have been refused itself
                    found = await self._orphans(writer, source, written=True)
            if not found:
                await nested.commit()
                return
            await nested.rollback()
            await self._take_out(writer, source, found)

    async def remove(self, target: BoundTarget) -> None:
        """Delete the rows of a target that it lets go."""
        source = planned(self._context, self._run_seq, self._numbers[target.entity.name], Operation.DELETED)
        writer = TargetWriter(self._context, self._connection, target, self._context.now())
        while True:
            nested = await self._connection.begin_nested()
            found: dict[str, str] = {}
            await self._halving(writer, found).remove(source)
            if not found:
                await nested.commit()
                return
            await nested.rollback()
            await self._take_out(writer, source, found)

    def _halving(self, writer: TargetWriter, found: dict[str, str]) -> Halving:
        def refuse(key: str, said: str) -> None:
            found[key] = said
            if len(found) > MOST or (len(found) >= _NONE_FITS and not halving.written):
                name = writer.target.entity.name
                raise DatabaseConfigError(
                    f"The table {writer.target.table.full_name} refuses {len(found):,} rows of '{name}' and more; "
                    f"one of the reasons: {next(iter(found.values()))}",
                    hint=f"Nothing was applied. Correct the target of '{name}': is each column the right field's?",
                )

        halving = Halving(self._connection, writer, refuse, on_trial=True)
        return halving

    async def _orphans(self, writer: TargetWriter, source: Source, *, written: bool = False) -> dict[str, str]:
        """Return the rows whose parents are not there, with the reason."""
        found: dict[str, str] = {}
        for reference in writer.refusing():
            own = reference in writer.target.own_references
            query = writer.rows.orphans(source, reference, among=source if own and not written else None)
            names = [column.name for column in reference.match]
            for key, *values in await self._connection.execute(query.limit(MOST)):
                named = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
                found[key] = f"{', '.join(reference.fields)}: no row of {reference.parent.full_name} has {named}"
        return found

    async def _take_out(self, writer: TargetWriter, source: Source, found: Mapping[str, str]) -> None:
        """Go on without some rows."""
        self.refused[writer.target.entity.name].update(found)
        item = source.table
        keys = self._context.backend.key_in(item.c.key, list(found))
        await self._connection.execute(item.delete().where(source.where, keys))


async def _set_aside(
    context: Context, connection: AsyncConnection, run_seq: int, entity_id: int, refused: Mapping[str, str]
) -> dict[str, str]:
    """Take refused rows out of the plan: what came goes to quarantine, what was to be deleted stays.

    Returns:
        What was planned for each, by key.
    """
    item, quarantine = context.schema.item, context.schema.quarantine
    mine = sa.and_(
        item.c.run_seq == run_seq, item.c.entity_id == entity_id, context.backend.key_in(item.c.key, list(refused))
    )
    query = sa.select(item.c.key, item.c.operation, item.c.partition_id, sa.cast(item.c.document, sa.Text)).where(mine)
    rows, operations = [], {}
    for key, operation, partition_id, document in await connection.execute(query):
        operations[key] = operation
        if operation != Operation.DELETED.value:
            rows.append(
                {
                    "run_seq": run_seq,
                    "entity_id": entity_id,
                    "partition_id": partition_id,
                    "key": key,
                    "raw": document,
                    "reasons": orjson.dumps([refused[key]]).decode(),
                    "at": context.now(),
                }
            )
    if rows:
        await connection.execute(quarantine.insert(), rows)
    await connection.execute(item.delete().where(mine))
    return operations
