"""``headgate rollback``: take a run back by a run of its own, that is shown before it is applied."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.compensating import Compensation, conclude
from headgate.cli.opening import again, load_settings, whoever
from headgate.cli.options import (
    ByOption,
    ChangesOption,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    RunArgument,
    YesOption,
)
from headgate.cli.progress import Listener
from headgate.config.settings import PipelineConfig
from headgate.observe.operating import deciding


def rollback(
    run: RunArgument,
    *,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", metavar="ENTITY", help="Only this entity. Repeatable.")
    ] = None,
    yes: YesOption = False,
    by: ByOption = None,
    changes: ChangesOption = 20,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take RUN back: plan the run that restores what was before, show it, and apply it if you say so.

    Rows that a later run changed are listed and left as they are. The guard judges the plan as any other.
    """
    settings = load_settings(config, database)
    conclude(
        Compensation(
            settings, by=by or whoever(), yes=yes, as_json=as_json, changes=changes, again=again(config, database)
        ),
        _plan(settings, run, entity),
    )


async def _plan(settings: PipelineConfig, run: str, entities: list[str] | None) -> pipeline.RunReport:
    source = await pipeline.source_of(settings, run)
    async with deciding(source, settings, stage="plan", observer=Listener()) as store:
        return await pipeline.plan_rollback(store, run, guard=settings.guard, entities=entities)
