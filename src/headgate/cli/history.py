"""``headgate history``, ``headgate as-of`` and ``headgate diff``: what was known, and when."""

from __future__ import annotations

from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from headgate import pipeline
from headgate.cli.changes import print_changes, shorten
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import (
    ChangesOption,
    ConfigOption,
    DatabaseOption,
    EntityArgument,
    JsonOption,
    KeyArgument,
)
from headgate.cli.rows import TABLE_ROWS, Format, write_csv, write_json, write_table
from headgate.cli.run_report import moment as shown_moment
from headgate.cli.running import run as run_work
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.pipeline.changes import label, tell
from headgate.pipeline.values import find_entity, read_key, read_moment, read_where
from headgate.store import RunRecord, Version

_STYLES = {"new": "green", "updated": "yellow", "deleted": "red"}


def history(
    entity: EntityArgument,
    key: KeyArgument,
    *,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell the history of one row of ENTITY: every version, since when, by which run, and what changed."""
    values, versions = run_work(_history(load_settings(config, database), entity, key))
    if as_json:
        print_json({"entity": entity, "key": list(values), "versions": [version.as_dict() for version in versions]})
        return
    console = result_console()
    named = label(next((version.document for version in reversed(versions) if version.document), None), values)
    console.print(Text.assemble(f"{entity} ", (named, "bold"), f"  {', '.join(map(str, values))}"), soft_wrap=True)
    for version in versions:
        word = version.operation.value
        console.print(
            Text.assemble(
                f"{shown_moment(version.valid_from)} UTC  ",
                (f"{word:<8}", _STYLES.get(word, "")),
                (f"  run {version.run}", "dim"),
            ),
            soft_wrap=True,
        )
        for name, (old, new) in version.fields.items():
            change = Text.assemble(f"    {name}: ", (shorten(old), "red"), " → ", (shorten(new), "green"))
            console.print(change, soft_wrap=True)


def as_of(
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="A date or time in ISO 8601, UTC unless it says otherwise; or now.")
    ],
    entity: EntityArgument,
    *,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="FIELD=VALUE", help="Only rows with this value; 'none': without. Repeatable."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Rows to print; a table shows 50 unless told otherwise."),
    ] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Print the rows of ENTITY as they were at TIME. A date means its first instant."""
    run_work(_as_of(load_settings(config, database), entity, time=time, where=where or [], form=form, limit=limit))


def diff(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="An applied run; see 'headgate runs'.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="Another one.")],
    *,
    entity: Annotated[str | None, typer.Option("--entity", metavar="ENTITY", help="Only this entity.")] = None,
    changes: ChangesOption = 20,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Tell what differs between the results of RUN_A and RUN_B, from the earlier to the later."""
    settings = load_settings(config, database)
    before, after, counts, shown = run_work(_diff(settings, run_a, run_b, entity=entity, changes=changes))
    if as_json:
        entities: dict[str, dict[str, int]] = {}
        for (name, operation), rows in counts.items():
            entities.setdefault(name, {"new": 0, "updated": 0, "deleted": 0})[operation] = rows
        listed = [change.as_dict() for change in shown]
        print_json({"from": before.id, "to": after.id, "entities": entities, "changes": listed})
        return
    console = result_console()
    console.print(f"From run {before.id} to run {after.id}:", soft_wrap=True)
    for (name, operation), rows in counts.items():
        console.print(Text.assemble(f"  {name}: {rows:,} ", (operation, _STYLES[operation])))
    if not counts:
        console.print("  no difference")
    print_changes(shown, console, limit=changes, total=counts.total())


async def _history(settings: PipelineConfig, entity: str, key: list[str]) -> tuple[tuple[Any, ...], list[Version]]:
    async with pipeline.open_store(settings) as store:
        values = read_key(find_entity(await store.entities(), entity), key)
        versions = await store.history(entity, values)
    if not versions:
        raise ConfigError(
            f"'{entity}' never had a row with the key {', '.join(map(str, values))}.",
            hint=f"'headgate as-of now {entity}' lists the rows that there are.",
        )
    return values, versions


async def _as_of(
    settings: PipelineConfig, entity: str, *, time: str, where: list[str], form: Format, limit: int | None
) -> None:
    at = read_moment(time, now=datetime.now(UTC))
    if form is Format.TABLE and limit is None:
        limit = TABLE_ROWS
    async with pipeline.open_store(settings) as store:
        table = find_entity(await store.entities(), entity)
        wanted = limit + 1 if form is Format.TABLE and limit is not None else limit
        async with aclosing(store.as_of(entity, at, where=read_where(table, where), limit=wanted)) as rows:
            if form is Format.TABLE:
                await write_table(rows, table, limit=limit or 0, filtered=bool(where))
            elif form is Format.CSV:
                await write_csv(rows, table)
            else:
                await write_json(rows, table, at=at)


async def _diff(
    settings: PipelineConfig, run_a: str, run_b: str, *, entity: str | None, changes: int
) -> tuple[RunRecord, RunRecord, Counter[tuple[str, str]], list[pipeline.Change]]:
    counts: Counter[tuple[str, str]] = Counter()
    shown: list[pipeline.Change] = []
    async with pipeline.open_store(settings) as store:
        if entity is not None:
            find_entity(await store.entities(), entity)
        before, after = sorted([await store.find_run(run_a), await store.find_run(run_b)], key=lambda run: run.seq)
        async for change in store.diff(before.id, after.id, entity=entity):
            counts[change.entity, change.operation.value] += 1
            if len(shown) < changes:
                shown.append(tell(change))
    return before, after, counts, shown
