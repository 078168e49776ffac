"""``headgate quality``: can this run be trusted?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headgate import pipeline
from headgate.cli.console import message_console, print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.quality_report import print_quality
from headgate.cli.running import run as run_work
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.quality.report import render_html


def quality(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="The id of the run, or a part of it; the last one if not given."),
    ] = None,
    *,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write the report as an HTML page.")
    ] = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show what was not perfect in RUN: by entity, rule and severity, with examples, the score and its trend.

    The score of an entity is 100 * (1 - sum of row weights / rows): a refused row weighs 1, a row with a warning 0.2.
    Each finding on the whole costs 1 (warning), 5 (error) or 20 (critical) points more.
    """
    found = run_work(_quality(load_settings(config, database), run))
    if html is not None:
        _write(html, render_html(found.report))
        message_console().print(f"Written: {html}", soft_wrap=True)
    if as_json:
        print_json(found.as_dict())
    else:
        print_quality(found, result_console())


async def _quality(settings: PipelineConfig, run: str | None) -> pipeline.RunQuality:
    async with pipeline.open_store(settings) as store:
        return await pipeline.quality_of(store, run)


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {file}: {error.strerror}.", hint="Name a file in a folder that exists."
        ) from error
