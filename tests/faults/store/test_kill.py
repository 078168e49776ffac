"""SIGKILL at any instant of a sync: all of a run, or none of it."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fixtures.killable import STAGES, Signs, check, make_table, sync_forever
from fixtures.stores import read
from headgate.store import DatabaseManager

KILLS = int(os.environ.get("HEADGATE_KILLS", "10"))
REPORT = os.environ.get("HEADGATE_KILL_REPORT")
"""A file to add the result to, for the page of the docs."""

_LONGEST = 600.0


@pytest.mark.parametrize("lands", [False, True], ids=["own table", "application"])
async def test_killed_at_any_instant(database_url: str, *, lands: bool) -> None:
    """After every kill the database holds whole runs only, and the next process goes on at once."""
    stages = [stage for stage in STAGES if lands or stage != "landing"]
    if lands:
        async with DatabaseManager(database_url) as db:
            await make_table(db)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fixtures.killable"])
    rng = random.Random(20260101)
    died_while: Counter[str] = Counter()
    applied = 0
    for number in range(KILLS):
        signs = Signs(
            stage=context.Value("i", -1),
            syncs=context.Value("i", 0),
            entered=context.Array("i", [0] * len(STAGES)),
            seconds=context.Array("d", [0.01] * len(STAGES)),
        )
        process = context.Process(target=sync_forever, args=(database_url, signs), kwargs={"lands": lands})
        process.start()
        target = STAGES.index(stages[number % len(stages)])
        # not always in the first sync of the process, and anywhere in the stage
        _wait(process, partial(_has_entered, signs, target, times=rng.choice([1, 1, 2, 3])))
        time.sleep(rng.uniform(0, signs.seconds[target]))
        process.kill()
        process.join()
        assert process.exitcode == -9
        died_while[STAGES[signs.stage.value]] += 1
        async with DatabaseManager(database_url) as db:
            before, applied = applied, await check(db, lands=lands)
            held = await read(db, "SELECT holder FROM {lease}")
        assert applied >= before + signs.syncs.value
        assert len(held) <= 1
    assert applied > 0
    assert len(died_while) > 1, died_while
    _report(database_url, died_while, applied, lands=lands)


def _report(url: str, died_while: Counter[str], applied: int, *, lands: bool) -> None:
    if REPORT:
        database = "PostgreSQL" if url.startswith("postgresql") else "SQLite"
        line = {
            "database": database + (", an application's table" if lands else ""),
            "kills": KILLS,
            "applied": applied,
            "stages": died_while,
        }
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _has_entered(signs: Signs, stage: int, *, times: int) -> bool:
    return bool(signs.entered[stage] >= times)


def _wait(process: Any, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST
    while not reached():
        assert process.is_alive(), "the process ended by itself"
        assert time.monotonic() < deadline, "the process did not get there"
        time.sleep(0.0005)
