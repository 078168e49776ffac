"""The command ``headgate``, and one place where every failure becomes a sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

_INTERRUPTED = 130
import typer

from headgate.cli.alerts import app as alerts_app
from headgate.cli.config import app as config_app
from headgate.cli.contract import app as contract_app
from headgate.cli.decide import approve, reject
from headgate.cli.demo import demo
from headgate.cli.doctor import doctor
from headgate.cli.health import health
from headgate.cli.history import as_of, diff, history
from headgate.cli.match import app as match_app
from headgate.cli.models import app as models_app
from headgate.cli.plan import apply, plan
from headgate.cli.prune import prune
from headgate.cli.quality import quality
from headgate.cli.quarantine import app as quarantine_app
from headgate.cli.replica import app as replica_app
from headgate.cli.restore import restore
from headgate.cli.rollback import rollback
from headgate.cli.runs import runs, show
from headgate.cli.serve import serve
from headgate.cli.sources import sources
from headgate.cli.sync import sync
from headgate.cli.trend import trend

_DEBUG = "--debug"
_DECIDE = "Plans and runs"
_PAST = "History"
_CARE = "Care"

app = typer.Typer(
    name="headgate",
    help="Keep a typed database in step with HTTP sources that fail, change and lie.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(sync)
app.command(rich_help_panel=_DECIDE)(plan)
app.command(rich_help_panel=_DECIDE)(apply)
app.command(rich_help_panel=_DECIDE)(runs)
app.command(rich_help_panel=_DECIDE)(show)
app.command(rich_help_panel=_DECIDE)(approve)
app.command(rich_help_panel=_DECIDE)(reject)
app.command(rich_help_panel=_PAST)(history)
app.command(rich_help_panel=_PAST)(as_of)
app.command(rich_help_panel=_PAST)(diff)
app.command(rich_help_panel=_PAST)(trend)
app.command(rich_help_panel=_PAST)(rollback)
app.command(rich_help_panel=_PAST)(restore)
app.command(rich_help_panel=_CARE)(quality)
app.add_typer(contract_app, name="contract", rich_help_panel=_CARE)
app.add_typer(match_app, name="match", rich_help_panel=_CARE)
app.add_typer(quarantine_app, name="quarantine", rich_help_panel=_CARE)
app.command(rich_help_panel=_CARE)(prune)
app.command(rich_help_panel=_CARE)(doctor)
app.command()(serve)
app.command(rich_help_panel=_CARE)(health)
app.add_typer(alerts_app, name="alerts", rich_help_panel=_CARE)
app.command()(demo)
app.command()(sources)
app.add_typer(models_app, name="models")
app.add_typer(replica_app, name="replica")
app.add_typer(config_app, name="config")


def _print_version(value: bool) -> None:  # noqa: FBT001 - the signature of a Typer callback
    if value:
        typer.echo(f"headgate {version('headgate')}")
        raise typer.Exit


@app.callback()
def _headgate(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
    _debug: Annotated[bool, typer.Option(_DEBUG, help="Print the traceback of an error. May stand anywhere.")] = False,
) -> None:
    """Keep a typed database in step with HTTP sources that fail, change and lie."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit code.

    Args:
        arguments: The words after ``headgate``; those of the process by default.
    """
    try:
        # imported here, so that Ctrl-C in this second ends the command and prints no traceback
        from headgate.cli.commands import DEBUG, application  # noqa: PLC0415
        from headgate.cli.console import message_console  # noqa: PLC0415
        from headgate.cli.failures import show_failure  # noqa: PLC0415

        words = list(sys.argv[1:] if arguments is None else arguments)
        debug = DEBUG in words
        words = [word for word in words if word != DEBUG]
        try:
            application(words)(words, prog_name="headgate")
        except BrokenPipeError:
            _leave_the_pipe_alone()
            sys.exit(0)
        except Exception as error:  # noqa: BLE001 - the last line of defence: every failure becomes a sentence
            sys.exit(show_failure(error, message_console(), debug=debug))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _leave_the_pipe_alone() -> None:
    """Let the interpreter flush its standard output on exit, although whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
