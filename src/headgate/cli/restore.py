"""``headgate restore``: one row, as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.compensating import Compensation, conclude
from headgate.cli.opening import again, load_settings, whoever
from headgate.cli.options import (
    ByOption,
    ConfigOption,
    DatabaseOption,
    EntityArgument,
    JsonOption,
    KeyArgument,
    YesOption,
)
from headgate.cli.progress import Listener
from headgate.config.settings import PipelineConfig
from headgate.observe.operating import deciding
from headgate.pipeline.values import find_entity, read_key, read_moment
from headgate.store import HistoricalTracker


def restore(
    entity: EntityArgument,
    key: KeyArgument,
    *,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="A date or time in ISO 8601, UTC unless it says otherwise.")
    ],
    yes: YesOption = False,
    by: ByOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make one row of ENTITY what it was at a time: plan the run that does it, show it, and apply it if you say so.

    The guard judges the plan as any other, and the run can be taken back. The next sync sees the upstream as it is:
    what it still says comes again.
    """
    settings = load_settings(config, database)
    how = Compensation(settings, by=by or whoever(), yes=yes, as_json=as_json, changes=1, again=again(config, database))
    conclude(how, _plan(settings, entity, key, read_moment(at, now=datetime.now(UTC))))


async def _plan(settings: PipelineConfig, entity: str, key: list[str], moment: datetime) -> pipeline.RunReport | None:
    async with pipeline.open_store(settings) as store:
        values = read_key(find_entity(await store.entities(), entity), key)
        if await pipeline.preview_restore(store, entity, values, moment) is None:
            return None
        source = await HistoricalTracker(store).source_of(entity)
    async with deciding(source, settings, stage="plan", observer=Listener()) as store:
        return await pipeline.plan_restore(store, entity, values, moment, guard=settings.guard)
