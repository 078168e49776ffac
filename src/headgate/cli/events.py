"""``headgate events``: what the sinks have got, what they have not, and delivering it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from headgate import pipeline
from headgate.cli.changes import shorten
from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.run_report import moment
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, RetryLaterError
from headgate.store import OutboxStatus, SinkStatus
from headgate.store.outbox import Letter

_LONGEST_ERROR = 70

app = typer.Typer(help="See what the sinks have not got, and deliver it.", no_args_is_help=True)

SinkArgument = Annotated[str, typer.Argument(metavar="SINK", help="The name of the sink in the settings.")]
SinksArgument = Annotated[
    list[str] | None, typer.Argument(metavar="SINK", help="Only these sinks; all but standard output if none is named.")
]
NumbersArgument = Annotated[
    list[int] | None, typer.Argument(metavar="N", help="Numbers of dead letters; see 'headgate events list'.")
]


@app.command("list")
def list_events(
    *,
    sink: Annotated[str | None, typer.Option("--sink", metavar="SINK", help="Only this sink.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only dead letters.")] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many events to list.")] = 50,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the sinks with what they have not got, and the events that were refused, oldest first."""
    status, letters = run(_list(load_settings(config, database), sink, dead=dead, limit=limit))
    sinks = [one for one in status.sinks if sink in {None, one.name}]
    if as_json:
        print_json(
            {"sinks": [_sink_as_dict(one) for one in sinks], "events": [_letter_as_dict(one) for one in letters]}
        )
        return
    console = result_console()
    if not sinks:
        console.print("No sink is known yet: a sink of the section events.sinks is known from its first run on.")
        return
    console.print(_sinks_table(sinks))
    if letters:
        console.print(_letters_table(letters))


@app.command()
def deliver(
    sinks: SinksArgument = None,
    *,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", min=0, help="Keep trying sinks that are down so long.")
    ] = 0.0,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Deliver what the sinks have not got. Exit code 4 if one of them did not get all of it."""
    settings = load_settings(config, database)
    sessions = run(_deliver(settings, sinks or None, wait))
    prints_events = any(settings.events.sinks[name].type == "stdout" for name in sinks or ())
    if as_json:
        if prints_events:
            raise ConfigError("--json and a sink on standard output would mix.", hint="Leave one of them out.")
        print_json({"sinks": [session.as_dict() for session in sessions]})
    else:
        _print_sessions(sessions, message_console() if prints_events else result_console())
    if not all(session.is_complete for session in sessions):
        raise typer.Exit(RetryLaterError.exit_code)


@app.command()
def redeliver(
    sink: SinkArgument,
    numbers: NumbersArgument = None,
    *,
    of_run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Everything that its source told from this run on.")
    ] = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Deliver dead letters of SINK again: those with the numbers N, or all of them.

    What was delivered of the same rows since follows once more, so that the sink hears the newest last.
    """
    if numbers and of_run is not None:
        raise ConfigError("Numbers and --run do not go together.", hint="Leave one of them out.")
    settings = load_settings(config, database)
    count, sessions = run(_redeliver(settings, sink, numbers, of_run))
    if as_json:
        print_json({"events": count, "sinks": [session.as_dict() for session in sessions]})
    else:
        result_console().print(f"{_events(count)} to deliver again.")
        _print_sessions(sessions, result_console())
    if not all(session.is_complete for session in sessions):
        raise typer.Exit(RetryLaterError.exit_code)


@app.command()
def drop(
    sink: SinkArgument,
    numbers: NumbersArgument = None,
    *,
    drop_all: Annotated[bool, typer.Option("--all", help="All dead letters of the sink.")] = False,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Give up dead letters of SINK for good."""
    if bool(numbers) == drop_all:
        raise ConfigError("Say which dead letters to give up.", hint="Give their numbers, or --all.")
    count = run(_drop(load_settings(config, database), sink, numbers))
    if as_json:
        print_json({"dropped": count})
    else:
        result_console().print(f"{_events(count)} given up.")


@app.command()
def forget(
    sink: SinkArgument, *, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Forget SINK, which is not in the settings any more, with all that it has not got."""
    settings = load_settings(config, database)
    if sink in settings.events.sinks:
        raise ConfigError(f"The sink '{sink}' is in the settings.", hint="Remove it from there first.")
    run(_forget(settings, sink))
    if as_json:
        print_json({"forgotten": sink})
    else:
        result_console().print(f"The sink '{sink}' is forgotten.")


def _print_sessions(sessions: Sequence[pipeline.Delivery], console: Console) -> None:
    if not sessions:
        console.print("No sink is configured; see the section events.sinks of the settings.")
    for one in sessions:
        line = f"{one.sink}: {_events(one.delivered)} delivered, {one.pending:,} pending, {one.dead:,} dead."
        console.print(f"{line} {one.error}" if one.error else line, soft_wrap=True, markup=False)


def _sinks_table(sinks: Sequence[SinkStatus]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("sink")
    for name in ("delivered", "pending", "dead"):
        table.add_column(name, justify="right")
    for name in ("oldest pending", "last success", "error"):
        table.add_column(name)
    for one in sinks:
        numbers = (f"{one.delivered:,}", f"{one.pending:,}", f"{one.dead:,}")
        table.add_row(
            one.name,
            *numbers,
            _when(one.oldest_at),
            _when(one.last_success_at),
            shorten(one.error or "", _LONGEST_ERROR),
        )
    return table


def _letters_table(letters: Sequence[Letter]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("n", justify="right")
    for name in ("sink", "event", "about", "state", "attempts", "error"):
        table.add_column(name)
    for one in letters:
        state = "dead" if one.dead else f"again at {_when(one.retry_at)}" if one.retry_at else "waits"
        error = shorten(one.error or "", _LONGEST_ERROR)
        table.add_row(str(one.id), one.sink, one.entry.type, _about(one), state, str(one.attempts), error)
    return table


def _about(letter: Letter) -> str:
    entry = letter.entry
    if entry.entity is None or entry.key is None:
        return entry.run or entry.source
    return f"{entry.operation} {entry.entity} {', '.join(map(str, entry.key.values()))}"


def _when(at: datetime | None) -> str:
    return "" if at is None else moment(at)


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number:,} events"


def _sink_as_dict(sink: SinkStatus) -> dict[str, Any]:
    return {
        "name": sink.name,
        "delivered": sink.delivered,
        "pending": sink.pending,
        "waiting": sink.waiting,
        "dead": sink.dead,
        "oldest_at": sink.oldest_at and sink.oldest_at.isoformat(),
        "last_success_at": sink.last_success_at and sink.last_success_at.isoformat(),
        "failures": sink.failures,
        "retry_at": sink.retry_at and sink.retry_at.isoformat(),
        "error": sink.error,
    }


def _letter_as_dict(letter: Letter) -> dict[str, Any]:
    entry = letter.entry
    return {
        "id": letter.id,
        "sink": letter.sink,
        "type": entry.type,
        "source": entry.source,
        "run": entry.run,
        "entity": entry.entity,
        "key": entry.key,
        "operation": entry.operation,
        "at": entry.at.isoformat(),
        "dead": letter.dead,
        "attempts": letter.attempts,
        "since": letter.since.isoformat(),
        "retry_at": letter.retry_at and letter.retry_at.isoformat(),
        "error": letter.error,
    }


async def _list(
    settings: PipelineConfig, sink: str | None, *, dead: bool, limit: int
) -> tuple[OutboxStatus, list[Letter]]:
    async with pipeline.open_store(settings) as store:
        letters = await store.outbox.letters(sink=sink, dead=True if dead else None, limit=limit)
        return await store.outbox_status(), letters


async def _deliver(settings: PipelineConfig, sinks: list[str] | None, wait: float) -> list[pipeline.Delivery]:
    async with pipeline.open_store(settings) as store:
        return await pipeline.deliver(store, settings, names=sinks, wait=wait)


async def _redeliver(
    settings: PipelineConfig, sink: str, numbers: list[int] | None, of_run: str | None
) -> tuple[int, list[pipeline.Delivery]]:
    async with pipeline.open_store(settings) as store:
        outbox = store.outbox
        count = await (outbox.revive(sink, numbers or None) if of_run is None else outbox.rewind(sink, of_run))
        named = [sink] if sink in settings.events.sinks else []
        return count, await pipeline.deliver(store, settings, names=named) if named else []


async def _drop(settings: PipelineConfig, sink: str, numbers: list[int] | None) -> int:
    async with pipeline.open_store(settings) as store:
        return await store.outbox.discard(sink, numbers)


async def _forget(settings: PipelineConfig, sink: str) -> None:
    async with pipeline.open_store(settings) as store:
        await store.outbox.forget(sink)
