"""SIGKILL between the commit and the end of the delivery: no event is lost, none of a row overtakes another."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

from fixtures.telling import catch_up, committed, delivered, sync_and_deliver_forever

KILLS = int(os.environ.get("EVENT_KILLS", "5"))
_SECONDS = 60.0


async def test_killed_between_commit_and_delivery(database_url: str, tmp_path: Path) -> None:
    """Killed again and again before a delivery has ended, and caught up, every commit was told once, in order."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fixtures.telling", "headgate.pipeline", "sqlalchemy.dialects.sqlite.aiosqlite"])
    rng = random.Random(20260102)
    file = tmp_path / "events.jsonl"
    killed_before_the_end = 0
    for _ in range(KILLS):
        stage = context.Value("i", 0)
        process = context.Process(target=sync_and_deliver_forever, args=(database_url, file, stage))
        process.start()
        deadline = time.monotonic() + _SECONDS
        while stage.value == 0:
            assert time.monotonic() < deadline, "the process never committed"
            time.sleep(0.0005)
        time.sleep(rng.uniform(0, 0.03))
        process.kill()
        killed_before_the_end += stage.value
        process.join()
        assert process.exitcode == -9
    assert killed_before_the_end > 0
    await catch_up(database_url, file)
    truth = await committed(database_url)
    assert truth
    assert delivered(file) == truth
