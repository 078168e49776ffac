"""``headgate config show``: every setting, its value, and where that came from."""

from __future__ import annotations

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.config.origin import OriginKind
from headgate.config.provenance import Setting, settings_in_force
from headgate.quality.entity_settings import load_all_settings

app = typer.Typer(help="Look at the settings.", no_args_is_help=True)


@app.callback()
def _settings() -> None:
    """Look at the settings."""


@app.command()
def show(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show every setting with its value, where that came from, and what it means. Secrets are masked."""
    configured = load_settings(config, database)
    load_all_settings(configured.quality)
    settings = list(settings_in_force(configured))
    if as_json:
        print_json({setting.name: _as_dict(setting) for setting in settings})
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("setting", "value", "from", "meaning"):
        table.add_column(column, overflow="fold")
    for setting in settings:
        by_default = setting.origin.kind is OriginKind.DEFAULT
        table.add_row(
            setting.name,
            Text(_shown(setting.value), style="" if by_default else "bold"),
            Text(str(setting.origin), style="dim" if by_default else "green"),
            setting.description,
        )
    result_console().print(table)


def _as_dict(setting: Setting) -> dict[str, object]:
    return {
        "value": setting.value,
        "origin": setting.origin.kind.value,
        "place": setting.origin.place or None,
        "variable": setting.variable,
        "meaning": setting.description,
    }


def _shown(value: str | float | bool | None) -> str:  # noqa: FBT001 - a value to print, not a switch
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)
