"""The main job, from the command line to the rows in the file."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fixtures.command import Command

SMALL = ("--schools", "120")


def rows(file: Path) -> dict[str, list[Any]]:
    """Return every row of the entity tables of a database file."""
    with sqlite3.connect(file) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if not name.startswith(("headgate_", "sqlite_"))
        }


def sync_as_json(headgate: Command, url: str, *words: str, **variables: str) -> dict[str, Any]:
    """Sync into x.db and return the JSON object."""
    done = headgate("sync", "ncaa", "--base-url", url, "--database", "sqlite:///x.db", "--json", *words, **variables)
    assert done.returncode in {0, 6}, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    for entity in result["entities"].values():
        assert entity["fetched"] == entity["duplicates"] + entity["quarantined"] + entity["valid"]
        assert entity["valid"] == entity["new"] + entity["updated"] + entity["unchanged"]
    return result


def test_second_run_writes_nothing(headgate: Command, replica: Callable[..., str], tmp_path: Path) -> None:
    """Everything is new once; the same upstream again changes no row."""
    url = replica(*SMALL)
    first = sync_as_json(headgate, url)
    assert first["status"] == "applied"
    assert first["entities"]["schools"]["new"] == 120
    before = rows(tmp_path / "x.db")
    assert len(before["schools"]) == 120
    second = sync_as_json(headgate, url)
    assert second["status"] == "unchanged"
    assert second["entities"]["schools"]["unchanged"] == 120
    assert second["run"] != first["run"]
    assert rows(tmp_path / "x.db") == before


def test_recorded_directory(headgate: Command, replica: Callable[..., str], recorded_ncaa: Path) -> None:
    """The real directory of January 2022: its schools, conferences and sports, and the one duplicate reported."""
    entities = sync_as_json(headgate, replica("--data", str(recorded_ncaa)))["entities"]
    assert {name: entity["new"] for name, entity in entities.items()} == {
        "schools": 942,
        "conferences": 98,
        "sports": 107,
    }
    assert (entities["sports"]["fetched"], entities["sports"]["duplicates"]) == (108, 1)


def test_details_are_kept_in_step_too(headgate: Command, replica: Callable[..., str], tmp_path: Path) -> None:
    """With --details every school has its page, and the second run writes nothing."""
    url = replica("--schools", "25")
    assert sync_as_json(headgate, url, "--details")["status"] == "applied"
    assert len(rows(tmp_path / "x.db")["school_details"]) == 25
    assert sync_as_json(headgate, url, "--details")["status"] == "unchanged"


def test_a_year_later_only_the_changes_are_written(headgate: Command, replica: Callable[..., str]) -> None:
    """The plan of the next year has some of everything, and people see the fields that changed."""
    sync_as_json(headgate, replica("--schools", "600"))
    later = replica("--schools", "600", "--year", "2023")
    done = headgate("sync", "ncaa", "--base-url", later, "--database", "sqlite:///x.db")
    assert done.returncode == 0, done.stderr
    assert "Applied" in done.stdout
    assert " → " in done.stdout
    assert sync_as_json(headgate, later)["status"] == "unchanged"


def test_hostile_network_gives_the_same_rows(headgate: Command, replica: Callable[..., str], tmp_path: Path) -> None:
    """Failures cost time, never rows: what is written through a bad network is what a good one gives."""
    patient = {"HEADGATE_RETRY__MAX_ATTEMPTS": "20", "HEADGATE_RETRY__BUDGET_RESERVE": "200"}
    patient["HEADGATE_CIRCUIT__FAILURE_THRESHOLD"] = "50"
    patient["HEADGATE_CIRCUIT__FAILURE_RATIO"] = "none"
    bad = replica(*SMALL, "--faults", "memberList:503*0.3,reset*0.2,truncate*0.2,empty*0.2;sportList:html*0.5")
    sync_as_json(headgate, bad, **patient)
    through_faults = rows(tmp_path / "x.db")
    (tmp_path / "x.db").unlink()
    for left in tmp_path.glob("x.db*"):
        left.unlink()
    sync_as_json(headgate, replica(*SMALL))
    assert rows(tmp_path / "x.db") == through_faults


def test_shrunken_upstream_is_held(headgate: Command, replica: Callable[..., str], tmp_path: Path) -> None:
    """An upstream that lost two thirds of its schools ends with 6, says why, and changes nothing."""
    sync_as_json(headgate, replica(*SMALL))
    before = rows(tmp_path / "x.db")
    done = headgate("sync", "ncaa", "--base-url", replica("--schools", "40"), "--database", "sqlite:///x.db")
    assert done.returncode == 6, done.stderr
    assert "nothing was applied" in done.stdout
    assert "headgate approve " in done.stdout
    assert rows(tmp_path / "x.db") == before


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_run_is_clean(
    headgate: Command, replica: Callable[..., str], tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """A run that is stopped while it waits ends at once, with a sentence and its code, and has written no row."""
    url = replica(*SMALL, "--faults", "memberList:hang")
    with headgate.started("sync", "ncaa", "--base-url", url, "--database", "sqlite:///x.db", "--json") as process:
        assert process.stderr is not None
        assert "Asking" in process.stderr.readline()
        process.send_signal(sent)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert json.loads(out)["status"] == "interrupted"
    assert "Traceback" not in err
    assert not any(rows(tmp_path / "x.db").values())
    assert sync_as_json(headgate, replica(*SMALL))["status"] == "applied"


def test_pipe_that_closes_early_is_no_error(headgate: Command) -> None:
    """``headgate config show | head -1`` says nothing about pipes."""
    with headgate.started("config", "show") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
