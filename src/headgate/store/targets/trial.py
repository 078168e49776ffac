"""Whether the rows of a plan fit the tables of the application: they are written once and taken back.

Only the database knows all that it refuses: types, enums, lengths, checks, foreign keys, unique constraints, triggers.
So it is asked, in a transaction of which nothing stays. A part with a row that it refuses is halved until that row is
found. New rows are numbered far from those in use meanwhile, so that no number of a sequence is spent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import DatabaseConfigError
from headgate.store.context import Context
from headgate.store.plan import Operation
from headgate.store.targets.binding import BoundTarget, in_order
from headgate.store.targets.refusals import why_refused
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
        self._written: Counter[str] = Counter()

    async def write(self, target: BoundTarget) -> None:
        """Write the rows of a target that it takes."""
        source = planned(self._context, self._run_seq, self._numbers[target.entity.name], *LIVING)
        writer = TargetWriter(self._context, self._connection, target, self._context.now())
        own = [one for one in writer.refusing() if one.parent.place == target.table.place]
        while True:
            nested = await self._connection.begin_nested()
            orphans = await self._orphans(writer, source)
            if not orphans:
                await self._write_part(writer, source, None, None)
                # a parent in the same table may have been refused itself
                orphans = await self._orphans(writer, source, written=True) if own else {}
            if not orphans:
                await nested.commit()
                return
            await nested.rollback()
            self._refuse(target, orphans)
            await self._take_out(source, list(self.refused[target.entity.name]))

    async def remove(self, target: BoundTarget) -> None:
        """Delete the rows of a target that it lets go."""
        entity_id = self._numbers[target.entity.name]
        source = planned(self._context, self._run_seq, entity_id, Operation.DELETED)
        writer = TargetWriter(self._context, self._connection, target, self._context.now())
        await self._remove_part(writer, source, None, None)

    async def _orphans(self, writer: TargetWriter, source: Source, *, written: bool = False) -> dict[str, str]:
        """Return the rows whose parents are not there, with the reason."""
        found: dict[str, str] = {}
        for reference in writer.refusing():
            own = reference.parent.place == writer.target.table.place
            among = source if own and not written else None
            query = writer.rows.orphans(source, reference, among=among).limit(MOST + 1)
            for key, *values in await self._connection.execute(query):
                named = ", ".join(
                    f"{column.name} {value}" for column, value in zip(reference.match, values, strict=True)
                )
                found[key] = f"{', '.join(reference.fields)}: no row of {reference.parent.full_name} has {named}"
        return {key: said for key, said in found.items() if key not in self.refused[writer.target.entity.name]}

    async def _write_part(self, writer: TargetWriter, source: Source, after: str | None, until: str | None) -> None:
        part = source.between(after, until)
        keys = await self._size(part)
        if not keys:
            return
        said = await self._attempt(writer, part, upsert=True)
        if said is None:
            self._written[writer.target.entity.name] += keys
        elif keys == 1:
            self._refuse(writer.target, {await self._first(part): said})
        else:
            middle = await self._middle(part, keys)
            await self._write_part(writer, source, after, middle)
            await self._write_part(writer, source, middle, until)

    async def _remove_part(self, writer: TargetWriter, source: Source, after: str | None, until: str | None) -> None:
        part = source.between(after, until)
        keys = await self._size(part)
        said = await self._attempt(writer, part, upsert=False) if keys else None
        if said is not None and keys == 1:
            self._refuse(writer.target, {await self._first(part): said})
        elif said is not None:
            middle = await self._middle(part, keys)
            await self._remove_part(writer, source, after, middle)
            await self._remove_part(writer, source, middle, until)

    async def _attempt(self, writer: TargetWriter, part: Source, *, upsert: bool) -> str | None:
        """Write or remove some rows; return what the database says against it."""
        nested = await self._connection.begin_nested()
        try:
            if upsert:
                await writer.upsert(part, numbered_from=self._written[writer.target.entity.name])
            else:
                await writer.remove(part)
        except DBAPIError as error:
            said = why_refused(error)
            if said is None:
                raise
            await nested.rollback()
            return said
        await nested.commit()
        return None

    def _refuse(self, target: BoundTarget, found: Mapping[str, str]) -> None:
        name = target.entity.name
        refused = self.refused[name]
        refused.update(found)
        if len(refused) > MOST or (len(refused) >= _NONE_FITS and not self._written[name]):
            raise DatabaseConfigError(
                f"The table {target.table.full_name} refuses {len(refused):,} rows of '{name}' and more; "
                f"one of the reasons: {next(iter(found.values()))}",
                hint=f"Nothing was applied. Correct the target of '{name}': is the right field mapped to each column?",
            )

    async def _take_out(self, source: Source, keys: Sequence[str]) -> None:
        item = source.table
        await self._connection.execute(
            item.delete().where(source.where, self._context.backend.key_in(item.c.key, list(keys)))
        )

    async def _size(self, part: Source) -> int:
        query = sa.select(sa.func.count()).select_from(part.table).where(part.where)
        return int((await self._connection.execute(query)).scalar_one())

    async def _first(self, part: Source) -> str:
        return str((await self._connection.execute(sa.select(part.table.c.key).where(part.where))).scalar_one())

    async def _middle(self, part: Source, keys: int) -> str:
        """Return the last key of the first half."""
        key = part.table.c.key
        query = sa.select(key).where(part.where).order_by(key).offset((keys - 1) // 2).limit(1)
        return str((await self._connection.execute(query)).scalar_one())


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
