"""All commands by name, and the application made of them: a command's module is imported only if it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, NamedTuple

import typer

DEBUG = "--debug"

_VERSION = "--version"
_DECIDE = "Plans and runs"
_PAST = "History"
_CARE = "Care"


class _Command(NamedTuple):
    """Where a command is: a module of this package, and a function or a group of commands in it."""

    module: str
    attribute: str
    panel: str | None = None


_COMMANDS = {
    "sync": _Command("sync", "sync"),
    "plan": _Command("plan", "plan", _DECIDE),
    "apply": _Command("plan", "apply", _DECIDE),
    "runs": _Command("runs", "runs", _DECIDE),
    "show": _Command("runs", "show", _DECIDE),
    "approve": _Command("decide", "approve", _DECIDE),
    "reject": _Command("decide", "reject", _DECIDE),
    "history": _Command("history", "history", _PAST),
    "as-of": _Command("history", "as_of", _PAST),
    "diff": _Command("history", "diff", _PAST),
    "trend": _Command("trend", "trend", _PAST),
    "rollback": _Command("rollback", "rollback", _PAST),
    "restore": _Command("restore", "restore", _PAST),
    "quality": _Command("quality", "quality", _CARE),
    "contract": _Command("contract", "app", _CARE),
    "match": _Command("match", "app", _CARE),
    "events": _Command("events", "app", _CARE),
    "quarantine": _Command("quarantine", "app", _CARE),
    "prune": _Command("prune", "prune", _CARE),
    "doctor": _Command("doctor", "doctor", _CARE),
    "serve": _Command("serve", "serve"),
    "health": _Command("health", "health", _CARE),
    "alerts": _Command("alerts", "app", _CARE),
    "demo": _Command("demo", "demo"),
    "sources": _Command("sources", "sources"),
    "models": _Command("models", "app"),
    "replica": _Command("replica", "app"),
    "config": _Command("config", "app"),
}


def application(words: Sequence[str] = ()) -> typer.Typer:
    """Return the application, with all commands, or with the one that is asked for.

    Args:
        words: The words of the command line. If the first that is no option is a command, only that one is imported;
            who asks for the version only needs none.
    """
    app = typer.Typer(
        name="headgate",
        help="Keep a typed database in step with HTTP sources that fail, change and lie.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_headgate)
    for name in _needed(words):
        module, attribute, panel = _COMMANDS[name]
        command = getattr(import_module(f"headgate.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(command)
    return app


def _needed(words: Sequence[str]) -> Iterable[str]:
    if words and words[0] == _VERSION:
        return ()
    asked = next((word for word in words if not word.startswith("-")), "")
    return (asked,) if asked in _COMMANDS else _COMMANDS


def _print_version(value: bool) -> None:  # noqa: FBT001 - the signature of a Typer callback
    if value:
        typer.echo(f"headgate {version('headgate')}")
        raise typer.Exit


def _headgate(
    *,
    _version: Annotated[
        bool, typer.Option(_VERSION, callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
    _debug: Annotated[bool, typer.Option(DEBUG, help="Print the traceback of an error. May stand anywhere.")] = False,
) -> None:
    """Keep a typed database in step with HTTP sources that fail, change and lie."""
