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


def health(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Ask database, migrations, outbox and Redis how they are, each for two seconds at the most.

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
        return await readiness(db, settings)


def _print(report: Readiness) -> None:
    console = result_console()
    width = max(map(len, report.components))
    for name, part in report.components.items():
        console.print(
            Text.assemble(f"{name:<{width}}  ", (f"{part.status.value:<9}", _STYLES[part.status]), f"  {_words(part)}"),
            soft_wrap=True,
        )


def _words(part: ComponentHealth) -> str:
    facts = ", ".join(_facts(part.details))
    return f"{part.message} ({facts})" if part.message and facts else part.message or facts


def _facts(details: Mapping[str, Any]) -> list[str]:
    return [f"{name.replace('_', ' ')} {value}" for name, value in details.items() if not isinstance(value, Mapping)]
