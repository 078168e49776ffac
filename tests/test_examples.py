"""The examples run as they stand in the repository and in the docs."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typer.testing import CliRunner

from fixtures.redis_server import RedisServer
from headgate import GuardConfig, HeadgateError, PipelineConfig, PluginManager, sync
from headgate.cli.models import app as models_command
from headgate.testing import NCAAReplica

EXAMPLES = Path(__file__).parent.parent / "examples"

PAGES = {
    "1": {"books": [{"isbn": "1", "title": "On Rivers", "year": 1901}, {"isbn": "2", "title": "On Gates"}], "next": 2},
    "2": {"books": [{"isbn": "3", "title": "On Mills", "year": 1950}], "next": None},
}


def example(name: str) -> ModuleType:
    """Load an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written outside the test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
async def library() -> AsyncIterator[str]:
    """Serve a library of three books on two pages."""

    async def books(request: web.Request) -> web.Response:
        return web.json_response(PAGES[request.query["page"]])

    app = web.Application()
    app.router.add_get("/books", books)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_own_source(library: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A source of one's own: three books over two pages land in the database, and the second run changes nothing."""
    main = example("own_source").main
    await main(library, "sqlite:///books.db")
    assert "applied" in capsys.readouterr().out
    with sqlite3.connect(tmp_path / "books.db") as database:
        assert database.execute("SELECT isbn, title, year FROM books ORDER BY isbn").fetchall() == [
            ("1", "On Rivers", 1901),
            ("2", "On Gates", None),
            ("3", "On Mills", 1950),
        ]
    await main(library, "sqlite:///books.db")
    assert "unchanged" in capsys.readouterr().out


class Shop:
    """An upstream of orders that answers pages of two, oldest change first, and can be broken for a region."""

    def __init__(self) -> None:
        self.orders = {
            number: ("north" if number < 4 else "south", "open", f"2026-03-01T{number:02}:00:00Z")
            for number in range(1, 6)
        }
        self.broken = ""
        self.asked: list[tuple[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one page."""
        region, since = request.query["region"], request.query.get("updated_since", "")
        if region == self.broken:
            raise web.HTTPBadRequest
        self.asked.append((region, since))
        found = [
            {"id": number, "state": state, "updated_at": at}
            for number, (where, state, at) in sorted(self.orders.items(), key=lambda order: order[1][2])
            if where == region and (not since or datetime.fromisoformat(at) >= datetime.fromisoformat(since))
        ]
        start = int(request.query.get("page", 0))
        body = {"orders": found[start : start + 2], "next": start + 2 if len(found) > start + 2 else None}
        return web.json_response(body)


async def test_incremental_source(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what changed is asked for, an interrupted run is gone on with, and a full run finds what is gone."""
    main = example("incremental_source").main
    shop = Shop()
    app = web.Application()
    app.router.add_get("/orders", shop.answer)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        shop.broken = "south"
        with pytest.raises(HeadgateError):
            await main(url, "sqlite:///shop.db")
        shop.broken = ""
        shop.asked.clear()
        await main(url, "sqlite:///shop.db")
        assert {region for region, _ in shop.asked} == {"south"}
        assert "applied: 5 fetched, 5 new, 0 updated" in capsys.readouterr().out

        shop.asked.clear()
        shop.orders[1] = ("north", "shipped", "2026-03-01T12:00:00Z")
        del shop.orders[2]
        await main(url, "sqlite:///shop.db")
        assert shop.asked == [("north", "2026-03-01T02:55:00+00:00"), ("south", "2026-03-01T04:55:00+00:00")]
        assert "applied: 3 fetched, 0 new, 1 updated, 0 gone" in capsys.readouterr().out
        config = PipelineConfig(guard=GuardConfig(max_delete_share=0.5))
        module = example("incremental_source")
        plugins = PluginManager()
        plugins.register_extractor("shop", module.Shop)
        report = await sync(
            "shop", config=config, database="sqlite:///shop.db", base_url=url, plugins=plugins, full=True
        )
        assert (report.entities["orders"].deleted, report.complete) == (1, True)


def test_own_source_is_short() -> None:
    """A source of one's own fits on a page: no more than 30 lines of code between the imports and the call."""
    source = (EXAMPLES / "own_source.py").read_text(encoding="utf-8")
    body = source[source.index("class Book") : source.index('if __name__ == "__main__"')]
    code = [line for line in body.splitlines() if line.strip() and not line.strip().startswith('"""')]
    assert len(code) <= 30


def test_models_of_the_ncaa_app_are_what_its_schema_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated models in the example are fresh; else run headgate models generate there."""
    pytest.importorskip("tree_sitter_typescript", reason="the extra drizzle is not installed")
    monkeypatch.chdir(EXAMPLES / "ncaa_app")
    words = ["check", "--schema", "src/db/schema.ts", "--out", "models"]
    result = CliRunner().invoke(models_command, words)
    assert (result.exit_code, result.output) == (0, "The models are up to date.\n")


async def test_ncaa_seed(capsys: pytest.CaptureFixture[str]) -> None:
    """The seed of the design runs against the replica, and its numbers are true."""
    async with NCAAReplica(schools=90, seed=3) as replica:
        await example("ncaa_seed").main(replica.url, "sqlite:///seed.db")
        divisions = [row["division"] for row in replica.directory.members]
    out = capsys.readouterr().out
    assert f"{divisions.count(1)} schools in division I" in out
    assert "healthy" in out


def test_readme_shows_the_seed_of_the_example() -> None:
    """The snippet in the README is the code of the example, but for where the upstream is."""
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    snippet = readme.partition("```python\n")[2].partition("```")[0]
    seed = (EXAMPLES / "ncaa_seed.py").read_text(encoding="utf-8").replace("        base_url=base_url,\n", "")
    for line in snippet.splitlines():
        assert line.strip().rstrip(",") in {seeded.strip().rstrip(",") for seeded in seed.splitlines()}


async def test_many_machines_ask_for_what_one_was_given(
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The workers of a cluster fetch what the script names, and one that is not there fails alone."""
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")

    async def page(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.Response(status=404) if name == "none" else web.json_response({"page": name})

    app = web.Application()
    app.router.add_get("/{name}", page)
    async with (
        TestServer(app) as server,
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", asynchronous=True
        ) as cluster,
    ):
        urls = [str(server.make_url(f"/{name}")) for name in ("a", "none", "b")]
        await example("many_machines").main(cluster.scheduler_address, redis_server.url, urls)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{urls[0]} {{'page': 'a'}}"
    assert lines[1].startswith(f"{urls[1]} failed: ")
    assert lines[-1] == f"{urls[2]} {{'page': 'b'}}"
