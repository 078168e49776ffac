"""The examples run as they stand in the repository and in the docs."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

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


def test_own_source_is_short() -> None:
    """A source of one's own fits on a page: no more than 30 lines of code between the imports and the call."""
    source = (EXAMPLES / "own_source.py").read_text(encoding="utf-8")
    body = source[source.index("class Book") : source.index('if __name__ == "__main__"')]
    code = [line for line in body.splitlines() if line.strip() and not line.strip().startswith('"""')]
    assert len(code) <= 30


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
