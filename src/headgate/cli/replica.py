"""``headgate replica ncaa``: a directory that misbehaves, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from headgate.cli.console import message_console, result_console

app = typer.Typer(help="Serve a replica of an upstream that misbehaves on request.", no_args_is_help=True)


@app.callback()
def _replica() -> None:
    """Serve a replica of an upstream that misbehaves on request."""


@app.command()
def ncaa(
    *,
    port: Annotated[int, typer.Option("--port", metavar="N", help="The port; 0 takes a free one.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Serve the directory recorded here instead of fictional schools."),
    ] = None,
    schools: Annotated[int, typer.Option("--schools", metavar="N", help="How many schools to invent.")] = 1100,
    year: Annotated[
        int | None, typer.Option("--year", metavar="N", help="The year to serve: schools come, go, rename and move.")
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option("--faults", metavar="SPEC", help="none, mild, moderate, hostile, or rules; see the reference."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same schools and same faults.")] = 0,
) -> None:
    """Serve a replica of the NCAA directory until Ctrl-C; prints its URL once it listens."""
    from headgate.testing.replica import NCAAReplica, serve  # noqa: PLC0415 - a server that no other command needs

    def announce(url: str) -> None:
        result_console().print(Text(url), soft_wrap=True)
        message_console().print(
            f"It listens. In another terminal: headgate sync ncaa --base-url {url}  (Ctrl-C stops it)", soft_wrap=True
        )

    serve(NCAAReplica(port=port, data_dir=data, schools=schools, year=year, faults=faults, seed=seed), announce)
