"""``headgate quality`` and ``headgate contract``, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fixtures.command import Command

DATABASE = ("--database", "sqlite:///x.db")


def as_json(headgate: Command, *words: str, **variables: str) -> Any:
    """Run a command that prints JSON."""
    done = headgate(*words, *DATABASE, "--json", **variables)
    assert done.returncode in {0, 6}, done.stderr
    return json.loads(done.stdout)


def test_quality_of_the_recorded_directory(
    headgate: Command, replica: Callable[..., str], recorded_ncaa: Path, tmp_path: Path
) -> None:
    """Numbers for people, JSON and HTML; the two Fairleigh Dickinson campuses are reported and stay two."""
    pytest.importorskip("rapidfuzz")
    url = replica("--data", str(recorded_ncaa))
    for _ in range(2):
        report = as_json(headgate, "sync", "ncaa", "--base-url", url)
    assert report["entities"]["schools"]["unchanged"] == 942
    done = headgate("quality", report["run"], *DATABASE, "--html", "report.html")
    assert done.returncode == 0, done.stderr
    assert "Trend over 2 runs" in done.stdout
    assert "usable_url" in done.stdout
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    found = as_json(headgate, "quality")
    assert found["run"] == report["run"]
    schools = found["entities"]["schools"]
    assert (schools["rows"], schools["rules"][0]["count"], schools["rules"][0]["before"]) == (942, 1, 1)
    pairs = [finding for finding in schools["run_findings"] if finding["rule"] == "probable_duplicate"]
    assert any("Fairleigh Dickinson University, Florham" in pair["message"] for pair in pairs)
    assert {pair["severity"] for pair in pairs} == {"info"}
    assert (found["entities"]["sports"]["rows"], found["entities"]["sports"]["duplicates"]) == (108, 1)


def test_drift_is_reported_shown_and_accepted(headgate: Command, replica: Callable[..., str]) -> None:
    """A new field is a warning until somebody accepts it."""
    as_json(headgate, "sync", "ncaa", "--base-url", replica("--schools", "60"))
    drifted = replica("--schools", "60", "--faults", "memberList:new_field")
    report = as_json(headgate, "sync", "ncaa", "--base-url", drifted)
    assert report["status"] == "unchanged"
    assert any("fieldOfTomorrow, contract.new_field" in warning for warning in report["warnings"])
    shown = headgate("contract", "show", "ncaa", "--entity", "schools", *DATABASE)
    assert "safe, new_field" in shown.stdout
    assert "headgate contract accept ncaa" in shown.stdout
    [accepted] = as_json(headgate, "contract", "accept", "ncaa", "--by", "ann")["accepted"]
    assert (accepted["entity"], accepted["version"], accepted["accepted_by"]) == ("schools", 2, "ann")
    assert as_json(headgate, "sync", "ncaa", "--base-url", drifted)["warnings"] == []
    assert "nothing to accept" in headgate("contract", "accept", "ncaa", *DATABASE).stdout


def test_renamed_field_is_held_and_nothing_is_lost(headgate: Command, replica: Callable[..., str]) -> None:
    """A field that the model can do without, gone from every row, would empty a column: the run is held."""
    as_json(headgate, "sync", "ncaa", "--base-url", replica("--schools", "60"))
    renamed = replica("--schools", "60", "--faults", "memberList:renamed_field=sportRegion")
    report = as_json(headgate, "sync", "ncaa", "--base-url", renamed)
    assert report["status"] == "held"
    assert report["entities"]["schools"]["quarantined"] == 60
    drifts = as_json(headgate, "quality")["entities"]["schools"]["drift"]
    assert ("missing_field", "sportRegion", True) in [
        (drift["kind"], drift["path"], drift["breaking"]) for drift in drifts
    ]
    assert drifts[0]["sample"]


def test_rules_of_the_file(headgate: Command, replica: Callable[..., str], tmp_path: Path) -> None:
    """They judge the rows; a name that does not exist ends with 3 before the upstream is asked."""
    file = tmp_path / "headgate.toml"
    file.write_text('[quality.schools.fields]\nname = { rule = "length", most = 5, severity = "warning" }\n')
    report = as_json(headgate, "sync", "ncaa", "--base-url", replica("--schools", "60"))
    assert {"entity": "schools", "rule": "length", "severity": "warning", "rows": 60} in report["findings"]
    file.write_text('[quality.schools.fields]\nname = "not_emty"\n')
    done = headgate("sync", "ncaa", "--base-url", "http://127.0.0.1:9", *DATABASE)
    assert done.returncode == 3
    assert "Did you mean 'not_empty'?" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("quality",), "There is no database file"),
        (("contract", "show", "ncaa"), "There is no database file"),
    ],
)
def test_without_a_database(headgate: Command, words: tuple[str, ...], message: str) -> None:
    """One sentence, exit code 3, and no empty database."""
    done = headgate(*words, *DATABASE)
    assert done.returncode == 3
    assert message in done.stderr
    assert not (headgate.folder / "x.db").exists()


def test_what_cannot_be_shown_is_said(headgate: Command, replica: Callable[..., str]) -> None:
    """No such run, no contract, no folder for the page."""
    as_json(headgate, "sync", "ncaa", "--base-url", replica("--schools", "60"))
    for words, message in (
        (("quality", "nonsense"), "knows no run"),
        (("quality", "--html", "nowhere/report.html"), "cannot be written"),
        (("contract", "show", "nobody"), "no contract with the source 'nobody'"),
        (("contract", "show", "ncaa", "--entity", "scools"), "no contract for 'scools'"),
    ):
        done = headgate(*words, *DATABASE)
        assert done.returncode == 3, words
        assert message in done.stderr
