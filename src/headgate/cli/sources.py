"""``headgate sources``: which sources there are."""

from __future__ import annotations

from importlib.metadata import entry_points

from rich.table import Table

from headgate.cli.console import print_json, result_console
from headgate.cli.options import JsonOption
from headgate.extract.registry import ENTRY_POINT_GROUP, PluginManager


def sources(*, as_json: JsonOption = False) -> None:
    """List the sources that are installed."""
    found = {name: _package(name) for name in PluginManager().names()}
    if as_json:
        print_json([{"name": name, "package": package} for name, package in found.items()])
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("source", style="bold")
    table.add_column("package")
    for name, package in found.items():
        table.add_row(name, package)
    result_console().print(table)


def _package(name: str) -> str:
    """Return the package that offers a source, with its version."""
    offers = entry_points(group=ENTRY_POINT_GROUP, name=name)
    return next((f"{offer.dist.name} {offer.dist.version}" for offer in offers if offer.dist), "unknown")
