"""``headgate restore``: one row, as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from headgate import pipeline
from headgate.cli.changes import print_change
from headgate.cli.compensating import confirmed, is_terminal
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import (
    ConfigOption,
    DatabaseOption,
    EntityArgument,
    JsonOption,
    KeyArgument,
    YesOption,
)
from headgate.cli.running import run
from headgate.cli.values import find_entity, read_key, read_moment
from headgate.config.settings import PipelineConfig
from headgate.errors import HeldError


def restore(
    entity: EntityArgument,
    key: KeyArgument,
    *,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="A date or time in ISO 8601, UTC unless it says otherwise.")
    ],
    yes: YesOption = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make one row of ENTITY what it was at a time, by a run of its own that can be taken back.

    Without --yes the change is shown, and on a terminal you are asked; elsewhere nothing is written, exit code 6.
    The next sync sees the upstream as it is: what it still says comes again.
    """
    settings = load_settings(config, database)
    moment = read_moment(at, now=datetime.now(UTC))
    values, change = run(_preview(settings, entity, key, moment))
    wanted = change is not None and (yes or (not as_json and _ask(change)))
    if wanted:
        change = run(_restore(settings, entity, values, moment))
    if as_json:
        print_json({"applied": wanted, "change": None if change is None else change.as_dict()})
    elif change is None:
        result_console().print("The row is what it was: nothing was written.")
    elif wanted:
        print_change(change, result_console())
        result_console().print("Restored.")
    if change is not None and not wanted:
        raise typer.Exit(HeldError.exit_code)


def _ask(change: pipeline.Change) -> bool:
    print_change(change, result_console())
    if not is_terminal():
        result_console().print("Nothing was written. Say --yes to apply it.")
        return False
    return confirmed("Apply this?")


async def _preview(
    settings: PipelineConfig, entity: str, key: list[str], moment: datetime
) -> tuple[tuple[Any, ...], pipeline.Change | None]:
    async with pipeline.open_store(settings) as store:
        values = read_key(find_entity(await store.entities(), entity), key)
        return values, await pipeline.preview_restore(store, entity, values, moment)


async def _restore(
    settings: PipelineConfig, entity: str, key: tuple[Any, ...], moment: datetime
) -> pipeline.Change | None:
    async with pipeline.open_store(settings) as store:
        return await pipeline.restore(store, entity, key, moment)
