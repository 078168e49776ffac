"""``headgate demo``: three syncs through a network that fails, watched by whoever typed it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from headgate.cli.console import message_console, result_console
from headgate.cli.progress import watcher
from headgate.cli.report import print_report
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.logging import configure_logging
from headgate.pipeline import SyncObserver, sync
from headgate.pipeline.report import SyncReport

if TYPE_CHECKING:
    from headgate.testing.replica import NCAAReplica

FILE = "headgate-demo.db"

_CHANGES_SHOWN = 12
_SECONDS_BETWEEN_LOOKS = 0.02

_DEEDS = {
    "429": "answers 429: too many requests",
    "500": "answers 500",
    "502": "answers 502",
    "503": "answers 503",
    "504": "answers 504",
    "reset": "resets the connection",
    "hang": "does not answer",
    "drip": "answers drop by drop",
    "truncate": "cuts the JSON in the middle",
    "empty": "answers 200 with an empty body",
    "html": "answers 200 with a page of apology",
    "partial": "leaves out a third of the rows, and says nothing",
    "duplicate": "sends rows twice",
    "wrong_type": "sends values of a wrong type",
    "new_field": "sends a field nobody knows",
    "renamed_field": "renames a field",
}
"""What each kind of fault looks like from here; latency is no event."""


def demo(
    *,
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where the database file of the demonstration goes.")
    ] = Path(),
    faults: Annotated[str, typer.Option("--faults", metavar="SPEC", help="What goes wrong on the way.")] = "moderate",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same schools and same faults.")] = 12,
) -> None:
    """Watch three syncs of a fictional directory that misbehaves. Takes less than half a minute.

    The database file of an earlier demonstration in the same folder is replaced.
    """
    database = _fresh_file(folder)
    settings = PipelineConfig(
        database_url=f"sqlite:///{database}",
        # the upstream is on this machine and ours: it may be asked quickly, and asked again every time
        rate_limit={"requests_per_second": 100.0},
        retry={"max_attempts": 8, "base_delay": 0.2, "max_delay": 2.0, "budget_ratio": 1.0},
        http={"timeout_seconds": 5.0},
        cache={"enabled": False},
    )
    configure_logging(level="error", style=settings.log_format)
    run(_three_syncs(settings, database, faults=faults, seed=seed))


def _fresh_file(folder: Path) -> Path:
    """Return the path of the demonstration's database file, with no file there."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"The demonstration cannot write to {folder}: {error.strerror}.", hint="Name another folder with --dir."
        ) from error
    return path


async def _three_syncs(settings: PipelineConfig, database: Path, *, faults: str, seed: int) -> None:
    from headgate.testing.replica import NCAAReplica  # noqa: PLC0415 - a server that no other command needs

    console = result_console()
    async with NCAAReplica(faults=faults, seed=seed) as replica:
        console.print(
            Text.assemble(
                "A replica of the NCAA directory listens on ",
                (replica.url, "bold"),
                f".\nIt has {len(replica.directory.members):,} fictional schools, and it misbehaves: {faults} faults.",
            ),
            soft_wrap=True,
        )
        await _chapter("1  First sync: everything is new", settings, replica, console)
        await _chapter("2  Second sync: nothing changed, so nothing is written", settings, replica, console)
        replica.set_year(replica.year + 1)
        await _chapter(f"3  It is {replica.year} now: only the changes are written", settings, replica, console)
    console.print(_next_steps(database))


async def _chapter(title: str, settings: PipelineConfig, replica: NCAAReplica, console: Console) -> None:
    console.print()
    console.print(Rule(Text(title, style="bold"), align="left", style="cyan"))
    before = replica.faults.injected.copy()
    with watcher(message_console()) as observer:
        telling = asyncio.create_task(_tell_faults(replica, observer))
        try:
            report = await sync("ncaa", config=settings, base_url=replica.url, observer=observer)
        finally:
            telling.cancel()
    print_report(report, console, changes=_CHANGES_SHOWN)
    struck = replica.faults.injected - before
    console.print(_network(report, {str(kind): count for kind, count in struck.items()}), soft_wrap=True)


async def _tell_faults(replica: NCAAReplica, observer: SyncObserver) -> None:
    """Tell the observer of each fault soon after it struck."""
    told = replica.faults.injected.copy()
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        now = replica.faults.injected.copy()
        for kind in (now - told).elements():
            if str(kind) in _DEEDS:
                observer.on_event(f"  the upstream {_DEEDS[str(kind)]}")
        told = now


def _network(report: SyncReport, struck: dict[str, int]) -> Text:
    """Say what the network did meanwhile."""
    asked, attempts = report.metrics.get("total_requests", 0), report.metrics.get("attempts", 0)
    failures = ", ".join(f"{count} x {kind}" for kind, count in sorted(struck.items()) if kind != "latency")
    return Text(
        f"The network: {asked} requests, {attempts} attempts with robots.txt. Faults met: {failures or 'none'}.",
        style="dim",
    )


def _next_steps(database: Path) -> Panel:
    # after 'make demo' the command is in .venv/bin, which is hardly anybody's PATH
    command = "headgate" if shutil.which("headgate") else sys.argv[0]
    steps = (
        (f"{command} replica ncaa --port 8200 --faults hostile", "the same upstream, worse, for as long as you like"),
        (
            f"{command} sync ncaa --base-url http://127.0.0.1:8200",
            "sync it from another terminal; a run that would do harm is held",
        ),
        (f"{command} sync ncaa", "the real directory, at a polite pace"),
        (f"{command} runs --database {database}", "what was done just now; then show, history, rollback"),
        (f"{command} serve --database {database}", "the same in a browser; needs the extra 'web'"),
        (f"sqlite3 {database}", "the rows"),
        (f"{command} config show", "every setting, and where its value comes from"),
    )
    words = Text("\n").join(Text.assemble((line, "bold"), f"\n    {meaning}") for line, meaning in steps)
    return Panel(words, title="What to try next", title_align="left", border_style="cyan", expand=False)
