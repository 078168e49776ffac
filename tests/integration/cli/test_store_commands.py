"""The operator's commands in one process: what they print, and how they end."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from fixtures.command import Command
from fixtures.commands import InProcess, Replica

SMALL = ("--schools", "60")


@pytest.fixture(scope="module")
def synced(replica: Replica, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder whose database has seen two runs."""
    command = Command(tmp_path_factory.mktemp("synced"))
    for _ in range(2):
        assert command("sync", "ncaa", "--base-url", replica("--schools", "12")).returncode == 0
    return command.folder


def test_the_past_can_be_read_and_taken_back(headgate: InProcess, replica: Replica) -> None:
    """A year passes; history, diff and as-of tell of it; a rollback undoes it, and another one undoes that."""
    first = headgate.told("sync", "ncaa", "--base-url", replica("--schools", "300"))["run"]
    before = headgate.said("as-of", "now", "schools", "--format", "csv")
    second = headgate.told("sync", "ncaa", "--base-url", replica("--schools", "300", "--year", "2023"))["run"]
    after = headgate.said("as-of", "now", "schools", "--format", "csv")
    assert before != after

    difference = headgate.told("diff", second, first, "--changes", "1000")
    assert (difference["from"], difference["to"]) == (first, second)
    updated = next(change for change in difference["changes"] if change["operation"] == "updated")
    key = str(updated["key"][0])
    versions = headgate.told("history", "schools", key)["versions"]
    assert [version["operation"] for version in versions] == ["new", "updated"]
    assert versions[1]["fields"] == updated["fields"]
    assert updated["label"] in headgate.said("history", "schools", key)
    assert headgate.said("as-of", versions[0]["valid_from"], "schools", "--format", "csv") == before

    waiting = headgate.told("rollback", second, code=6)
    assert (waiting["status"], waiting["takes_back"]) == ("planned", second)
    undo = headgate.told("rollback", second, "--yes")
    assert headgate.said("as-of", "now", "schools", "--format", "csv") == before
    assert "nothing to change" in headgate.said("rollback", second, "--yes")
    headgate.said("rollback", undo["run"], "--yes", "--entity", "schools")
    assert headgate.said("as-of", "now", "schools", "--format", "csv") == after

    at = versions[0]["valid_from"]
    planned = headgate.told("restore", "schools", key, "--at", at, code=6)
    assert (planned["status"], planned["changes"][0]["fields"].keys()) == ("planned", updated["fields"].keys())
    assert headgate.told("restore", "schools", key, "--at", at, "--yes")["status"] == "applied"
    assert headgate.told("restore", "schools", key, "--at", at, "--yes") == {"run": None, "changes": []}
    assert "nothing to change" in headgate.said("restore", "schools", key, "--at", at)
    [point] = headgate.told("trend", "schools", "--bucket", "day")["points"]
    assert point["rows"] == len(list(csv.reader(io.StringIO(after)))) - 1
    assert headgate.told("doctor") == {"healthy": True, "problems": []}
    pruned = headgate.told("prune", "--keep-days", "1", "--dry-run")
    assert {entity["versions"] for entity in pruned["entities"]} == {0}
    assert (pruned["runs"], pruned["findings"]) == (0, 0)
    assert "retention.keep_days" in headgate.failed("prune")
    assert "Removed. The past is known since" in headgate.said("prune", "--keep-days", "1")
    assert "was pruned" in headgate.failed("as-of", "2020-01-01", "schools")


def test_quarantine(headgate: InProcess, replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused rows are listed, shown as they came, judged again, and dropped."""
    odd = replica(*SMALL, "--faults", "memberList:wrong_type")
    monkeypatch.setenv("HEADGATE_GUARD__MAX_QUARANTINE_SHARE", "1")
    refused = headgate.told("sync", "ncaa", "--base-url", odd)["entities"]["schools"]["quarantined"]
    rows = headgate.told("quarantine", "list", "--entity", "schools")["rows"]
    assert len(rows) == refused > 0
    number = str(rows[0]["id"])
    assert rows[0]["reasons"][0] in headgate.said("quarantine", "show", number)
    assert headgate.told("quarantine", "replay", "ncaa", number)["refused"][0]["id"] == rows[0]["id"]
    assert headgate.told("quarantine", "drop", number) == {"dropped": 1}
    assert headgate.told("quarantine", "drop", "--all") == {"dropped": refused - 1}
    assert "empty" in headgate.said("quarantine", "list")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("show", "nope"), "knows no run 'nope'"),
        (("approve", "2"), "More than one run"),
        (("history", "school", "1"), "Did you mean 'schools'?"),
        (("history", "schools", "x"), "no integer"),
        (("history", "schools", "1", "2"), "made of 1 value"),
        (("history", "schools", "0"), "never had a row"),
        (("as-of", "then", "schools"), "no time"),
        (("as-of", "now", "schools", "--where", "nam=x"), "Did you mean 'name'?"),
        (("diff", "nope", "nope"), "knows no run"),
        (("rollback", "nope"), "knows no run"),
        (("restore", "schools", "0", "--at", "now"), "Nothing is known"),
        (("trend", "schools", "nam"), "Did you mean 'name'?"),
        (("quarantine", "show", "999"), "not in quarantine"),
        (("quarantine", "drop"), "Which rows?"),
        (("runs", "--database", "typo.db"), "no database file typo.db"),
    ],
)
def test_mistakes_are_told_in_sentences(
    headgate: InProcess, synced: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: str
) -> None:
    """Unknown runs, entities, keys, fields and files: exit code 3, and what was meant where that can be told."""
    monkeypatch.chdir(synced)
    assert expected in headgate.failed(*words)
    assert not (synced / "typo.db").exists()


def test_rejection_keeps_its_reason(headgate: InProcess, replica: Replica) -> None:
    """A rejected plan is shown with who rejected it and why, and cannot be approved any more."""
    plan = headgate.told("plan", "ncaa", "--base-url", replica("--schools", "12"))["run"]
    rejected = headgate.told("reject", plan, "--by", "bob", "--reason", "not today")
    assert (rejected["status"], rejected["decided_by"], rejected["error"]) == ("rejected", "bob", "not today")
    assert "not today" in headgate.said("show", plan)
    assert "is rejected" in headgate.failed("approve", plan)
