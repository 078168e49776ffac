"""Decisions about plans from the command line, each command a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fixtures.command import Command

Replica = Callable[..., str]
SMALL = ("--schools", "60")


def said(headgate: Command, *words: str, code: int = 0) -> str:
    """Run a command that ends with a code and no traceback; return all that it says."""
    done = headgate(*words)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def told(headgate: Command, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json and return the one object that it prints."""
    done = headgate(*words, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_held_run_is_approved(headgate: Command, replica: Replica) -> None:
    """Exit code 6 and the commands to decide; approved, it is applied without the upstream."""
    said(headgate, "sync", "ncaa", "--base-url", replica(*SMALL))
    shrunken = replica("--schools", "20")
    printed = said(headgate, "sync", "ncaa", "--base-url", shrunken, code=6)
    held = told(headgate, "runs")["runs"][0]["run"]
    for word in ("show", "approve", "reject"):
        assert f"headgate {word} {held}" in printed
    approved = told(headgate, "approve", held.rpartition("-")[2], "--by", "ann")
    assert (approved["status"], approved["decided_by"], approved["run"]) == ("applied", "ann", held)
    assert told(headgate, "sync", "ncaa", "--base-url", shrunken)["status"] == "unchanged"


def test_plan_is_applied_or_refused(headgate: Command, replica: Replica) -> None:
    """Of two plans for one world the second is refused once the first is applied."""
    url = replica(*SMALL)
    first, second = (told(headgate, "plan", "ncaa", "--base-url", url, "--changes", "3") for _ in range(2))
    assert (first["status"], len(first["changes"]), first["hash"]) == ("planned", 3, second["hash"])
    assert "Applied" in said(headgate, "apply", second["run"])
    assert "world moved" in said(headgate, "apply", first["run"], code=3)


def test_second_sync_says_who_is_in_the_way(headgate: Command, replica: Replica) -> None:
    """Two syncs of one source: the second ends with 4 and names the first."""
    url = replica(*SMALL, "--faults", "memberList:hang")
    with headgate.started("sync", "ncaa", "--base-url", url) as first:
        assert first.stderr is not None
        assert "Asking" in first.stderr.readline()
        words = said(headgate, "sync", "ncaa", "--base-url", url, "--wait", "0.1", code=4)
        assert f"process {first.pid}" in words
        assert "since" in words
        first.terminate()
        assert first.wait(timeout=30) == 143
