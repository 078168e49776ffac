"""SIGKILL at any instant: all of a run, or none of it."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter

from fixtures.killable import STAGES, check, sync_forever
from headgate.store import DatabaseManager

KILLS = int(os.environ.get("HEADGATE_KILLS", "10"))


async def test_killed_at_any_instant(database_url: str) -> None:
    """After every kill the database holds whole runs only, and the next process goes on at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fixtures.killable"])
    rng = random.Random(20260101)
    killed_while: Counter[str] = Counter()
    applied = 0
    for _ in range(KILLS):
        stage = context.Value("i", -1)
        process = context.Process(target=sync_forever, args=(database_url, stage))
        process.start()
        _wait_for_work(stage)
        time.sleep(rng.uniform(0, 0.3))
        killed_while[STAGES[stage.value]] += 1
        process.kill()
        process.join()
        assert process.exitcode == -9
        async with DatabaseManager(database_url) as db:
            before, applied = applied, await check(db)
        assert applied >= before
    assert applied > 0
    assert len(killed_while) > 1, killed_while


def _wait_for_work(stage: object, limit: float = 60.0) -> None:
    deadline = time.monotonic() + limit
    while stage.value < 0:  # type: ignore[attr-defined]  # a shared integer
        assert time.monotonic() < deadline, "the process never began"
        time.sleep(0.005)
