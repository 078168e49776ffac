"""``headgate health``: whether everything that a run needs is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from rich.text import Text

from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import RetryLaterError
from headgate.health import ComponentHealth, HealthStatus
from headgate.observe.readiness import Readiness, readiness
from headgate.store import DatabaseManager

_STYLES = {HealthStatus.HEALTHY: "green", HealthStatus.DEGRADED: "yellow", HealthStatus.UNHEALTHY: "bold red"}
_UNITS = {"ms": "ms", "seconds": "s"}


def health(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Ask database, migrations, outbox, breakers, handlers, Redis, metrics: each for two seconds at the most.

    Reads only. Exit code 0 if all that a run needs is there, even if something is degraded; 4 if not.
    """
    report = run(_asked(load_settings(config, database)))
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)
    if report.status is HealthStatus.UNHEALTHY:
        raise typer.Exit(RetryLaterError.exit_code)


async def _asked(settings: PipelineConfig) -> Readiness:
    async with DatabaseManager(settings.database_url) as db:
        return await readiness(db, settings, thorough=True)


def _print(report: Readiness) -> None:
    console = result_console()
    width = max(map(len, report.components))
    for key, part in report.components.items():
        name = key.replace("_", " ")
        console.print(
            Text.assemble(f"{name:<{width}}  ", (f"{part.status.value:<9}", _STYLES[part.status]), f"  {_words(part)}"),
            soft_wrap=True,
        )
        for sink, facts in part.details.get("sinks", {}).items():
            console.print(Text(f"{'':<{width}}  {sink}: {', '.join(_facts(facts))}", style="dim"), soft_wrap=True)


def _words(part: ComponentHealth) -> str:
    facts = ", ".join(_facts(part.details))
    return f"{part.message} ({facts})" if part.message and facts else part.message or facts


def _facts(details: Mapping[str, Any]) -> list[str]:
    return [_fact(name, value) for name, value in details.items() if not isinstance(value, Mapping)]


def _fact(name: str, value: object) -> str:
    words, _, unit = name.rpartition("_")
    if unit in _UNITS and words:
        duration = f"{value} {_UNITS[unit]}"
        return duration if words == "response" else f"{words.replace('_', ' ')} {duration}"
    if isinstance(value, bool):
        return f"{'' if value else 'not '}{name.replace('_', ' ')}"
    return f"{name.replace('_', ' ')} {value:,}" if isinstance(value, int) else f"{name.replace('_', ' ')} {value}"
