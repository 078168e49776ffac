"""Counts that take longer than a page may wait, and fail."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.dashboard import fill, visiting
from fixtures.stores import SCHOOLS, schools
from headgate.store import SeriesPoint
from headgate.store import series as counted
from headgate.web import counting

PATH = "/trends?entity=schools&by=name"


async def test_more_counts_than_are_kept_are_all_answered(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many who ask for different counts at once get a page each: a count that had to go is asked for again."""
    await fill(database_url, SCHOOLS, schools(*range(1, 9)))
    monkeypatch.setattr(counting, "_KEPT", 1)
    async with visiting(database_url) as visit:
        paths = [
            f"/trends?entity=schools&by={by}&field={field}" for by in ("", "name", "id") for field in ("", "members")
        ]
        answers = await asyncio.gather(*(visit.get(path) for path in paths))
        assert {answer.status_code for answer in answers} == {200}
        for path in paths:
            while "data-waiting" in (page := (await visit.get(path)).text):
                await asyncio.sleep(0)
            assert "<svg" in page


async def test_count_that_fails_while_nobody_asks_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks next is told why it failed, instead of waiting for another count; whoever asks then begins anew."""
    await fill(database_url, SCHOOLS, schools(*range(1, 9)))
    real, begun, go_on = counting.series, 0, asyncio.Event()

    async def slow(*what: object, **options: object) -> dict[str | None, list[SeriesPoint]]:
        nonlocal begun
        begun += 1
        await go_on.wait()
        return await real(*what, **options)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(counting, "series", slow)
    monkeypatch.setattr(counting, "_PATIENCE", 0.0)
    monkeypatch.setattr(counted, "MAX_CHANGES", 5)
    async with visiting(database_url) as visit:
        assert "data-waiting" in (await visit.get(PATH)).text
        go_on.set()
        while not all(task.done() for task in visit.app.state.counting._tasks.values()):
            await asyncio.sleep(0)
        go_on.clear()
        told = await visit.get(PATH)
        assert told.status_code == 400
        assert "different groups over time" in told.text
        assert begun == 1
        assert "data-waiting" in (await visit.get(PATH)).text
