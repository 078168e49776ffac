"""One run of a source: its rows are staged, planned, then committed or held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.errors import ConfigError
from headgate.store import contracts, cursors, findings, journal, quarantine, registry
from headgate.store.codec import Encoded
from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.contracts import ContractRecord
from headgate.store.cursors import JSONValue
from headgate.store.findings import QualityNote
from headgate.store.journal import Journal
from headgate.store.lifecycle import RunLifecycle
from headgate.store.linking import Link, LinkFault, check_links
from headgate.store.plan import EntityPlan, QuarantinedRow
from headgate.store.staging import Stager
from headgate.store.targets.trial import Tried, try_targets


class Run(RunLifecycle):
    """A run of a source under way. Made by :meth:`Store.run` and entered with ``async with``."""

    def __init__(self, context: Context, source: str, entities: Sequence[EntityTable]) -> None:
        super().__init__(context, source)
        self._declared = tuple(entities)
        self._stagers: dict[str, Stager] = {}
        self.links: Sequence[Link] = ()
        """References between the entities, checked when the run is planned."""
        self.faults: tuple[LinkFault, ...] = ()
        """What breaks them, once the run is planned."""
        self.refused: dict[str, int] = {}
        """By entity, the rows that went to quarantine for it."""
        self.unfit: dict[str, Counter[str]] = {}
        """By entity, why its target refuses rows, with their number, once the run is planned."""
        self.warnings: tuple[str, ...] = ()
        """What a person should know, in sentences."""

    async def stage(
        self, entity: str, rows: Sequence[Mapping[str, Any]], *, partition: str = "", complete: bool = False
    ) -> None:
        """Stage validated rows of one partition: JSON-able values under the declared names.

        Call it as often as needed. Rows that a column cannot hold, and rows without a key, go to quarantine.

        Args:
            entity: Name of the entity.
            rows: The rows.
            partition: The part of the upstream's listing they came from.
            complete: The proof that the partition was enumerated to its end.

        Raises:
            LeaseLostError: Another run took over.
        """
        await self._stager(entity).stage(rows, partition, complete=complete)

    async def stage_encoded(
        self, entity: str, rows: Sequence[Encoded], *, partition: str = "", complete: bool = False
    ) -> None:
        """Stage rows that the entity's :class:`RowCodec` has encoded already, in another process for example."""
        await self._stager(entity).stage_encoded(rows, partition, complete=complete)

    async def quarantine(self, entity: str, rows: Iterable[QuarantinedRow], *, partition: str = "") -> None:
        """Put aside rows that did not pass. They count as fetched, and their keys are not taken for gone."""
        await self._stager(entity).quarantine(rows, partition)

    async def replay(self, ids: Collection[int]) -> None:
        """Note that this run stages rows of the quarantine again, under their numbers.

        They leave the quarantine in the transaction that commits the run. Rows that fail once more are put aside as
        new ones.

        Raises:
            ConfigError: A row is not in quarantine any more.
        """
        self._check_open()
        async with self._context.db.get_transaction() as connection:
            await quarantine.take_out(connection, self._context, ids, self._seq)

    async def cursor(self, entity: str, *, partition: str = "") -> JSONValue:
        """Return how far the source was read by the last run that was committed; none before the first."""
        self._stager(entity)
        async with self._context.db.get_connection() as connection:
            return await cursors.read(connection, self._context, self.source, entity, partition)

    async def cursors(self) -> dict[tuple[str, str], JSONValue]:
        """Return all cursors of the source as the last committed runs left them, by entity and partition."""
        async with self._context.db.get_connection() as connection:
            return await cursors.read_all(connection, self._context, self.source)

    def journal(self, origin: str) -> Journal:
        """Return what interrupted runs of the source have read, and where this one keeps what it reads.

        It is emptied when a run of the source is applied, or when this one ends without an error.

        Args:
            origin: Says where the rows come from; what came from elsewhere is not taken over.
        """
        self._check_open()
        return Journal(self._context, self.source, run_seq=self._seq, token=self._lease.token, origin=origin)

    async def move_cursor(self, entity: str, value: JSONValue, *, partition: str = "") -> None:
        """Note how far the source was read. It becomes true in the transaction that commits the rows, or not at all."""
        self._stager(entity)
        async with self._context.db.get_transaction() as connection:
            await cursors.note(connection, self._context, self._seq, entity=entity, partition=partition, value=value)

    async def expectations(self) -> tuple[dict[str, ContractRecord], dict[str, Any]]:
        """Return, by entity, the contracts of the source and the table profiles of its last applied run."""
        async with self._context.db.get_connection() as connection:
            known = await contracts.current(connection, self._context, self.source)
            return known, await findings.last_profiles(connection, self._context, self.source)

    async def note_quality(self, notes: Iterable[QualityNote]) -> None:
        """Keep what was found about the data of this run, whatever becomes of its plan."""
        async with self._context.db.get_transaction() as connection:
            await findings.write(connection, self._context, self._seq, notes)

    async def _prepare(self, connection: AsyncConnection) -> dict[str, Any]:
        self._numbers = await registry.register(connection, self._context, self.source, self._declared)
        outdated = await registry.outdated(connection, self._context)
        nowhere = {table.name for table in self._declared if table.target is not None and table.target.is_nowhere}
        for name in (self._numbers.keys() & outdated.keys()) - nowhere:
            if await self._is_known(connection, name):
                self.warnings += (f"The target of '{name}' is not what it was: all its rows are written again.",)
        return {}

    async def _is_known(self, connection: AsyncConnection, name: str) -> bool:
        state = self._context.schema.state
        query = sa.select(sa.literal(1)).select_from(state).where(state.c.entity_id == self._numbers[name]).limit(1)
        return (await connection.execute(query)).first() is not None

    async def _collect(self) -> dict[str, EntityPlan]:
        entities = {}
        for name in self._numbers:
            stager = self._stagers.get(name)
            entities[name] = await stager.finish() if stager else await self._untouched(name)
        tables = {table.name: (self._numbers[table.name], table) for table in self._declared}
        checked = await check_links(self._context, self._seq, self.links, tables)
        self.faults = checked.faults
        self.refused = {name: operations.total() for name, operations in checked.refused.items()}
        tried = await self._try_targets()
        self.unfit = dict(tried.reasons)
        self.warnings += tuple(
            f"{reasons.total():,} rows of '{name}' are gone and stay, because their table does not let them go: "
            f"{next(iter(reasons))}"
            for name, reasons in tried.kept.items()
        )
        return {
            name: _without(_without(plan, checked.refused.get(name)), tried.refused.get(name))
            for name, plan in entities.items()
        }

    async def _try_targets(self) -> Tried:
        """Find the rows that the tables of the application refuse."""
        async with self._context.db.get_connection() as connection:
            bound = await registry.bound_targets(connection, self._context, self._declared)
        return await try_targets(self._context, self._seq, bound, self._numbers)

    async def _end(self, error: BaseException | None) -> None:
        for stager in self._stagers.values():
            stager.close()
        if error is None:
            async with self._context.db.get_transaction() as connection:
                await journal.clear(connection, self._context, self.source)
        await super()._end(error)

    def _stager(self, entity: str) -> Stager:
        self._check_open()
        stager = self._stagers.get(entity)
        if stager is None:
            table = next((table for table in self._declared if table.name == entity), None)
            if table is None:
                message = f"The source '{self.source}' declares no entity '{entity}'."
                raise ConfigError(message, hint=f"It declares: {', '.join(self._numbers)}.")
            stager = self._stagers[entity] = Stager(self._context, table, self._numbers[entity], self._seq)
        return stager


def _without(plan: EntityPlan, refused: Counter[str] | None) -> EntityPlan:
    """Return an entity's part of a plan without operations that were refused after all."""
    if not refused:
        return plan
    counts, kept = plan.counts, refused["deleted"]
    total = refused.total() - kept
    counts = replace(
        counts,
        new=counts.new - refused["new"],
        updated=counts.updated - refused["updated"],
        valid=counts.valid - total,
        quarantined=counts.quarantined + total,
        deleted=counts.deleted - kept,
    )
    counts.check(f"entity '{plan.name}'")
    return replace(plan, counts=counts, absent_kept=plan.absent_kept + kept)
