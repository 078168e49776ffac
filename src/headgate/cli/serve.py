"""``headgate serve``: the dashboard."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from headgate.cli.console import message_console, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import MissingExtraError


def serve(
    *,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="HOST", help="The address to listen at; beyond localhost only with the token."),
    ] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="The port; 0 takes a free one.")] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TEXT", help="What to sign in with; better set as HEADGATE_WEB__TOKEN."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything and change nothing.")] = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve the dashboard until Ctrl-C: runs, changes, history, quality and health in a browser.

    At localhost everybody on this machine may look; to decide something, sign in with the token that is printed.
    """
    flags: dict[str, Any] = {
        name: value
        for name, value in (("host", host), ("port", port), ("token", token), ("read_only", read_only or None))
        if value is not None
    }
    run(_serve(load_settings(config, database, web=flags)))


async def _serve(settings: PipelineConfig) -> None:
    try:
        from headgate.web.security.hosts import is_local  # noqa: PLC0415 - an extra
        from headgate.web.serving import serve as serve_dashboard  # noqa: PLC0415 - an extra
    except ImportError as error:
        if error.name is not None and error.name.startswith("headgate"):
            raise
        raise MissingExtraError("The dashboard", "web") from None
    web = settings.web
    local = is_local(web.host)
    await serve_dashboard(settings, lambda url, token: _announce(url, token, local=local, read_only=web.read_only))


def _announce(url: str, token: str | None, *, local: bool, read_only: bool) -> None:
    result_console().print(Text(url), soft_wrap=True)
    console = message_console()
    if read_only:
        console.print("It is read-only: nothing can be decided there.", soft_wrap=True)
    if token is not None and not (read_only and local):
        purpose = "To decide something there" if local else "To see anything there"
        console.print(Text(f"{purpose}, sign in with this token: {token}"), soft_wrap=True)
    console.print("It listens. Ctrl-C stops it.", soft_wrap=True)
