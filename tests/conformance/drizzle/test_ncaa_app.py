"""The example application: drizzle-kit makes its database, a sync of the NCAA directory loads it and follows it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
import pytest

from headgate.config.settings import PipelineConfig
from headgate.drizzle.node.reader import find_node
from headgate.pipeline import RunStatus, SyncReport, open_store, sync
from headgate.testing import NCAAReplica

pytestmark = pytest.mark.timeout(400)

TABLES = {"sports": "sports", "conferences": "conferences", "schools": "schools", "school_details": "locations"}
"""The table of each entity that has one."""


def push(app: Path, url: str) -> str:
    """Let drizzle-kit bring the database to the schema; it asks before it would lose anything, and fails unasked."""
    kit = app / "node_modules" / "drizzle-kit" / "bin.cjs"
    done = subprocess.run(
        [find_node(), kit, "push"],
        cwd=app,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def models_of(app: Path) -> ModuleType:
    """Import the generated models of the application."""
    spec = importlib.util.spec_from_file_location("ncaa_app_models", app / "models" / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Application:
    """The database of the application, and the upstream that it follows."""

    def __init__(self, folder: Path, url: str, replica: NCAAReplica) -> None:
        self.url = url
        self.replica = replica
        self.config = PipelineConfig(
            folder / "headgate.toml", database_url=url, rate_limit={"requests_per_second": float("inf")}
        )

    async def sync(self) -> SyncReport:
        """Sync the directory with its pages."""
        return await sync("ncaa", config=self.config, base_url=self.replica.url, details=True)

    async def read(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a query of the application."""
        connection = await asyncpg.connect(self.url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def written_since(self, moment: Any) -> dict[str, int]:
        """Return how many rows of each table were written after an instant."""
        query = "SELECT count(*) FROM {} WHERE updated_at > $1"
        return {name: (await self.read(query.format(name), moment))[0]["count"] for name in TABLES.values()}


async def test_application_is_loaded_and_kept_in_step(
    ncaa_app: Path, postgres_url: str, replica: NCAAReplica, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From an empty database: loaded whole, then untouched, then changed where the upstream did, and soft-deleted."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    await asyncio.to_thread(push, ncaa_app, postgres_url)
    app = Application(ncaa_app, postgres_url, replica)

    first = await app.sync()
    assert first.status is RunStatus.APPLIED
    for entity, table in TABLES.items():
        rows = await app.read(f"SELECT min(id), max(id), count(*) FROM {table}")
        new = first.entities[entity].new
        assert tuple(rows[0].values()) == (1, new, new), table
    [pairs] = await app.read(
        "SELECT count(*) AS members, count(c.id) AS with_conference, count(l.id) AS with_location "
        "FROM schools s LEFT JOIN conferences c ON c.id = s.conference_id LEFT JOIN locations l ON l.school_id = s.id"
    )
    assert set(pairs.values()) == {len(replica.directory.members)}
    member = replica.directory.members[0]
    query = "SELECT s.name, c.ncaa_id FROM schools s JOIN conferences c ON c.id = s.conference_id WHERE s.ncaa_id = $1"
    [row] = await app.read(query, member["orgId"])
    assert tuple(row.values()) == (member["nameOfficial"].strip(), member["conferenceId"])

    models = models_of(ncaa_app)
    for model in (models.Sport, models.Conference, models.School, models.Location):
        for row in await app.read(f"SELECT * FROM {model.__table__.name}"):
            model.from_db(row)

    [loaded] = await app.read("SELECT now() AS at")
    second = await app.sync()
    assert second.status is RunStatus.UNCHANGED
    assert not any((await app.written_since(loaded["at"])).values())
    assert "No changes detected" in await asyncio.to_thread(push, ncaa_app, postgres_url)

    replica.set_year(replica.year + 1)
    third = await app.sync()
    assert third.status is RunStatus.APPLIED
    changed = third.entities["schools"]
    assert min(changed.new, changed.updated, changed.deleted) > 0
    written = await app.written_since(loaded["at"])
    # a change of a field that no column has is none for the table
    assert changed.new + changed.deleted < written["schools"] <= changed.new + changed.updated + changed.deleted
    gone = await app.read("SELECT ncaa_id FROM schools WHERE deleted_at IS NOT NULL")
    listed = {member["orgId"] for member in replica.directory.members}
    assert len(gone) == changed.deleted
    assert not {row["ncaa_id"] for row in gone} & listed

    replica.set_year(replica.year - 1)
    await app.sync()
    founded = await app.read("SELECT ncaa_id FROM schools WHERE deleted_at IS NOT NULL")
    assert {row["ncaa_id"] for row in founded} == listed - {member["orgId"] for member in replica.directory.members}
    assert (await app.read("SELECT count(*) FROM schools"))[0]["count"] == first.entities["schools"].new + changed.new
    async with open_store(app.config) as store:
        assert [problem async for problem in store.examine()] == []
