"""Findings of some runs, by rule."""

from __future__ import annotations

from typing import Any

from headgate.quality.report import read_report
from headgate.web.charts import spark_bars
from headgate.web.pages.quality import RuleOverTime, by_rule


def report(number: int, *rules: dict[str, Any], of_run: tuple[dict[str, str], ...] = ()) -> Any:
    """Return the report of a run that checked schools."""
    schools = {"rows": 10, "valid": 10, "invalid": 0, "duplicates": 0, "score": 90.0}
    return read_report(f"run-{number}", {"schools": {**schools, "rules": list(rules), "run_findings": list(of_run)}})


def broken(rule: str, severity: str, count: int) -> dict[str, Any]:
    """Return what a report says of a rule that was broken."""
    return {"field": "name", "rule": rule, "severity": severity, "count": count, "share": 0.1, "examples": []}


def test_rule_is_followed_through_runs_that_did_not_break_it() -> None:
    """Each rule has a number for every run, the gravest rule stands first, and its severity is the worst it had."""
    alike = {"field": "name", "rule": "probable_duplicate", "severity": "info", "message": "Two are alike."}
    found = by_rule(
        [
            report(1, broken("length", "warning", 20)),
            report(2, broken("url", "warning", 30), of_run=(alike,)),
            report(3, broken("length", "error", 4)),
        ]
    )
    assert found == [
        RuleOverTime("schools", "name", "length", "error", [20, 0, 4]),
        RuleOverTime("schools", "name", "url", "warning", [0, 30, 0]),
        RuleOverTime("schools", "name", "probable_duplicate", "info", [0, 1, 0]),
    ]


def test_bars_are_as_high_as_their_numbers() -> None:
    """The highest number fills its bar, zero is a line of no colour, and the picture says what it shows."""
    picture = spark_bars([20, 0, 10], severity="error")
    assert [part.split('"')[0] for part in picture.split('height="')[1:]] == ["20", "2", "10"]
    assert picture.count('class="severity-error"') == 2
    assert "From 20 to 10 over 3 runs" in picture
