"""``headgate doctor``: whether the store keeps its promises."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.running import run
from headgate.config.settings import PipelineConfig
from headgate.errors import DataError
from headgate.store import Problem


def doctor(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Examine the database: hashes against documents, intervals of versions, orphans, funnels, target tables.

    Reads everything and changes nothing. A broken promise ends with exit code 5.
    """
    problems = run(_examine(load_settings(config, database)))
    if as_json:
        print_json({"healthy": not problems, "problems": [asdict(problem) for problem in problems]})
    else:
        console = result_console()
        for problem in problems:
            where = f" {problem.entity}" if problem.entity else ""
            console.print(Text.assemble((f"{problem.check}{where}: ", "bold red"), problem.message), soft_wrap=True)
        if problems:
            console.print("Keep a copy of the database, and please report this.")
        else:
            console.print(Text("All is well.", style="bold green"))
    if problems:
        raise typer.Exit(DataError.exit_code)


async def _examine(settings: PipelineConfig) -> list[Problem]:
    async with pipeline.open_store(settings) as store:
        return [problem async for problem in store.examine()]
