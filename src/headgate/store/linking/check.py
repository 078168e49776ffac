"""References are checked between staging and the plan; rows of the run that break one go to quarantine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from headgate.store.columns import EntityTable
from headgate.store.context import Context
from headgate.store.linking.link import EXAMPLES, ORPHAN, Link, LinkFault
from headgate.store.linking.queries import LinkQueries
from headgate.store.linking.sides import Side

_BREACH = ("run_seq", "link", "kind", "entity_id", "key", "reason")


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome.

    Args:
        faults: What breaks a reference, one for each reference and kind.
        refused: By entity, the planned operations that were taken out of the plan.
    """

    faults: tuple[LinkFault, ...] = ()
    refused: Mapping[str, Counter[str]] = field(default_factory=dict)


async def check_links(
    context: Context, run_seq: int, links: Sequence[Link], tables: Mapping[str, tuple[int, EntityTable]]
) -> Checked:
    """Check references over the rows as they would be after a run, and put its rows that break one into quarantine.

    A stored row that the run does not touch is only reported: there is nothing to refuse.

    Args:
        context: The database and its tables.
        run_seq: The run, all of whose rows are staged.
        links: The references.
        tables: Number and declaration of each entity that they name.
    """
    if not links:
        return Checked()
    async with context.db.get_transaction() as connection:
        return await _Check(context, connection, run_seq, tables).run(links)


class _Check:
    """The check of one run, inside one transaction."""

    def __init__(
        self,
        context: Context,
        connection: AsyncConnection,
        run_seq: int,
        tables: Mapping[str, tuple[int, EntityTable]],
    ) -> None:
        self._context = context
        self._connection = connection
        self._run_seq = run_seq
        self._tables = tables
        self._staged: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._refused: dict[str, Counter[str]] = defaultdict(Counter)

    async def run(self, links: Sequence[Link]) -> Checked:
        """Check everything."""
        if self._context.schema.dialect == "postgresql":
            # rows that have just come have no statistics: the planner would take a million of them for a handful
            await self._connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
        names = dict.fromkeys(name for link in links for name in (link.child, link.parent))
        sides = {name: await self._side(name) for name in names}
        queries = [LinkQueries(link, sides[link.child], sides[link.parent]) for link in links]
        refusing = [link.name for link in links if link.refuses]
        for one in queries:
            await self._find(one)
        while refusing and await self._refuse(refusing):
            # what was refused may have been the parent of other rows
            for one in queries:
                await self._find(one)
        await self._count([link.name for link in links if not link.refuses])
        await self._clear()
        faults = [fault for one in queries for fault in await self._faults(one)]
        return Checked(tuple(faults), self._refused)

    async def _side(self, name: str) -> Side:
        entity_id, table = self._tables[name]
        columns = (
            await self._connection.run_sync(_columns, name)
            if table.target is None
            else frozenset(column.name for column in table.columns)
        )
        return Side(self._context, table, entity_id, self._run_seq, columns)

    async def _find(self, queries: LinkQueries) -> None:
        """Note the rows of the run that break a reference."""
        for kind in queries.kinds():
            insert = self._context.schema.breach.insert()
            await self._connection.execute(insert.from_select(_BREACH, queries.staged_breaches(kind)))

    async def _refuse(self, refusing: Sequence[str]) -> bool:
        """Put the rows that were noted into quarantine, with every reason; tell whether there were any."""
        await self._count(refusing)
        schema, item = self._context.schema, self._context.schema.item
        breach, quarantine = schema.breach, schema.quarantine
        aggregate = sa.func.json_agg if schema.dialect == "postgresql" else sa.func.json_group_array
        reasons = (
            sa.select(breach.c.entity_id, breach.c.key, sa.cast(aggregate(breach.c.reason), sa.Text).label("reasons"))
            .where(breach.c.run_seq == self._run_seq, breach.c.link.in_(refusing))
            .group_by(breach.c.entity_id, breach.c.key)
            .subquery()
        )
        mine = sa.and_(
            item.c.run_seq == self._run_seq, item.c.entity_id == reasons.c.entity_id, item.c.key == reasons.c.key
        )
        counts = (
            sa.select(item.c.entity_id, item.c.operation, sa.func.count())
            .join(reasons, mine)
            .group_by(item.c.entity_id, item.c.operation)
        )
        refused = (await self._connection.execute(counts)).all()
        if refused:
            names = {entity_id: name for name, (entity_id, _) in self._tables.items()}
            for entity_id, operation, count in refused:
                self._refused[names[entity_id]][operation] += count
            rows = sa.select(
                item.c.run_seq,
                item.c.entity_id,
                item.c.partition_id,
                item.c.key,
                sa.cast(item.c.document, sa.Text),
                reasons.c.reasons,
                sa.literal(self._context.now(), quarantine.c.at.type),
            ).join(reasons, mine)
            names_of = ("run_seq", "entity_id", "partition_id", "key", "raw", "reasons", "at")
            await self._connection.execute(quarantine.insert().from_select(names_of, rows))
            broken = sa.select(breach.c.key).where(
                breach.c.run_seq == self._run_seq,
                breach.c.link.in_(refusing),
                breach.c.entity_id == item.c.entity_id,
            )
            await self._connection.execute(item.delete().where(item.c.run_seq == self._run_seq, item.c.key.in_(broken)))
        await self._clear()
        return bool(refused)

    async def _count(self, links: Sequence[str]) -> None:
        """Count what was noted of some references, and take examples."""
        breach = self._context.schema.breach
        noted = sa.and_(breach.c.run_seq == self._run_seq, breach.c.link.in_(links))
        totals = sa.select(breach.c.link, breach.c.kind, sa.func.count()).where(noted)
        for link, kind, count in (await self._connection.execute(totals.group_by(breach.c.link, breach.c.kind))).all():
            self._staged[link, kind] += count
            examples = self._examples[link, kind]
            query = (
                sa.select(breach.c.reason)
                .where(noted, breach.c.link == link, breach.c.kind == kind)
                .order_by(breach.c.id)
                .limit(EXAMPLES - len(examples))
            )
            examples += (await self._connection.execute(query)).scalars().all()

    async def _clear(self) -> None:
        breach = self._context.schema.breach
        await self._connection.execute(breach.delete().where(breach.c.run_seq == self._run_seq))

    async def _faults(self, queries: LinkQueries) -> list[LinkFault]:
        name = queries.link.name
        faults = []
        for kind in queries.kinds():
            stored, lost, references = await (self._orphans if kind == ORPHAN else self._without)(queries)
            staged = self._staged[name, kind]
            if staged or stored:
                examples = (*self._examples[name, kind], *references)[:EXAMPLES]
                faults.append(queries.fault(kind, staged=staged, stored=stored, lost=lost, examples=examples))
        for kind in queries.counted_kinds():
            found = (await self._connection.execute(queries.miscounted(kind))).all()
            if found:
                examples = tuple(f"{reference}: {number}" for reference, number, _ in found)
                faults.append(queries.fault(kind, stored=int(found[0][2]), examples=examples))
        return faults

    async def _orphans(self, queries: LinkQueries) -> tuple[int, int, list[str]]:
        query = queries.stored_orphans()
        found = [] if query is None else (await self._connection.execute(query)).all()
        if not found:
            return 0, 0, []
        lost = queries.stored_lost()
        gone = 0 if lost is None else int((await self._connection.execute(lost)).scalar_one())
        return int(found[0][2]), gone, [reference for reference, *_ in found]

    async def _without(self, queries: LinkQueries) -> tuple[int, int, list[str]]:
        query = queries.stored_without()
        return (0 if query is None else int((await self._connection.execute(query)).scalar_one())), 0, []


def _columns(sync: sa.Connection, name: str) -> frozenset[str]:
    """Return the columns of a table; none if there is no such table."""
    inspector = sa.inspect(sync)
    return (
        frozenset(column["name"] for column in inspector.get_columns(name))
        if inspector.has_table(name)
        else frozenset()
    )
