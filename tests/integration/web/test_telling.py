"""Decisions made on the dashboard are told to the sinks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.dashboard import fill, visiting
from fixtures.stores import SCHOOLS, schools, sync
from headgate.config.events import EventsConfig
from headgate.config.guard import GuardConfig
from headgate.store import DatabaseManager, Store


@pytest.mark.parametrize(
    ("action", "expected"), [("approve", "headgate.run.applied"), ("reject", "headgate.run.rejected")]
)
async def test_decision_reaches_the_sinks(database_url: str, tmp_path: Path, action: str, expected: str) -> None:
    """What is decided in the browser arrives at a sink without another run or command."""
    told = tmp_path / "events.jsonl"
    events = EventsConfig.model_validate({"sinks": {"log": {"type": "file", "path": str(told)}}})
    await fill(database_url, SCHOOLS, schools(*range(1, 9)))
    async with visiting(database_url, events=events) as visit:
        async with DatabaseManager(database_url) as db:
            run = (await sync(Store(db), {"": schools(1)}, limits=GuardConfig(max_delete_share=0.1))).id
        csrf = await visit.sign_in()
        assert (await visit.post(f"/runs/{run}/{action}", csrf=csrf)).status_code == 303
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    assert expected in {line["type"] for line in lines}
