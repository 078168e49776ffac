"""``headgate contract``: what an upstream's payload is expected to look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import again, load_settings, whoever
from headgate.cli.options import ByOption, ConfigOption, DatabaseOption, JsonOption, SourceArgument
from headgate.cli.running import run as run_work
from headgate.config.settings import PipelineConfig
from headgate.quality.contract import FieldShape

app = typer.Typer(help="Show and accept the learned shape of what a source sends.", no_args_is_help=True)

EntityOption = Annotated[str | None, typer.Option("--entity", metavar="ENTITY", help="Only of this entity.")]
_VALUES_SHOWN = 6


@app.command()
def show(
    source: SourceArgument,
    *,
    entity: EntityOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show the contracts of SOURCE: fields, types, how often they are null, and how the last run drifted."""
    found = run_work(_show(load_settings(config, database), source, entity))
    if as_json:
        print_json({"source": source, "contracts": [report.as_dict() for report in found]})
        return
    console = result_console()
    for report in found:
        _print_contract(report, console)
    if any(report.drift for report in found):
        console.print(f"If this is how it is now: headgate contract accept {source}{again(config, database)}")


@app.command()
def accept(
    source: SourceArgument,
    *,
    entity: EntityOption = None,
    by: ByOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Accept what the last run of SOURCE saw: a new version of each contract that drifted."""
    accepted = run_work(_accept(load_settings(config, database), source, entity, by or whoever()))
    if as_json:
        print_json({"source": source, "accepted": [report.as_dict() for report in accepted]})
        return
    console = result_console()
    if not accepted:
        console.print("Nothing has drifted: there is nothing to accept.")
    for report in accepted:
        console.print(
            f"{report.contract.entity}: version {report.contract.version}, accepted by {report.accepted_by}.",
            soft_wrap=True,
        )
        _print_drift(report.drift, console)


async def _show(settings: PipelineConfig, source: str, entity: str | None) -> list[pipeline.ContractReport]:
    async with pipeline.open_store(settings) as store:
        return await pipeline.contracts_of(store, source, entity=entity)


async def _accept(settings: PipelineConfig, source: str, entity: str | None, by: str) -> list[pipeline.ContractReport]:
    async with pipeline.open_store(settings) as store:
        return await pipeline.accept_contracts(store, source, by=by, entity=entity)


def _print_contract(report: pipeline.ContractReport, console: Console) -> None:
    contract = report.contract
    origin = f"accepted by {report.accepted_by}" if report.accepted_by else "learned"
    when = f"{contract.since:%Y-%m-%d %H:%M} UTC"
    console.print(
        Text.assemble(
            (contract.entity, "bold"),
            f"  version {contract.version}, {origin} {when} from {contract.shape.rows:,} rows",
        ),
        soft_wrap=True,
    )
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("field", "types", "missing", "null", "values"):
        table.add_column(name, justify="right" if name in {"missing", "null"} else "left")
    for path, shape in contract.shape.fields.items():
        types = " or ".join(sorted(set(shape.types) - {"null"})) or "null"
        missing = "" if shape.required else f"{1 - shape.present / shape.of:.1%}"
        nulls = f"{shape.null_share:.1%}" if shape.null_share else ""
        table.add_row(Text(path), types, missing, nulls, Text(_values(shape)))
    console.print(table)
    _print_drift(report.drift, console)


def _print_drift(drifts: Sequence[dict[str, Any]], console: Console) -> None:
    for drift in drifts:
        kind = "breaking" if drift["breaking"] else "safe"
        console.print(
            Text.assemble(
                (f"{kind}, {drift['kind']}", "red" if drift["breaking"] else "yellow"),
                f"  {drift['path']}: {drift['message']} ({drift['rows']:,} rows, action: {drift['action']})",
            ),
            soft_wrap=True,
        )
        console.print(Text(f"  such as {drift['sample']}", style="dim"), soft_wrap=True)


def _values(shape: FieldShape) -> str:
    known = sorted(shape.enum or ())
    more = f" and {len(known) - _VALUES_SHOWN} more" if len(known) > _VALUES_SHOWN else ""
    return ", ".join(known[:_VALUES_SHOWN]) + more
