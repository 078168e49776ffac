"""The quality of a run in numbers and on a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import BaseModel

from headgate.quality import Finding, NotEmpty, Severity, Trimmed, validate_and_process_batch
from headgate.quality.report import EntityTally, QualityReport, build_report, render_html


class School(BaseModel):
    """A row."""

    id: int
    name: str
    tags: list[int] = []


RULES = {"name": [NotEmpty(), Trimmed()]}


def tally(*rows: Any) -> EntityTally:
    """Count some rows, one batch each."""
    counted = EntityTally()
    for row in rows:
        counted.add(validate_and_process_batch([row], School, RULES))
    return counted


GOOD = {"id": 1, "name": "a"}
WARNED = {"id": 1, "name": "a "}
BAD = {"id": 1, "name": ""}


def test_rows_and_rules_are_counted() -> None:
    """With shares, the worst and most frequent first, and examples."""
    report = build_report("r1", {"schools": tally(GOOD, WARNED, BAD, WARNED, {"id": "x", "name": "b"})})
    [schools] = report.entities
    assert (schools.rows, schools.valid, schools.invalid, schools.duplicates) == (5, 3, 2, 0)
    assert [(rule.field, rule.rule, rule.severity, rule.count, rule.share) for rule in schools.rules] == [
        ("id", "model.int_parsing", Severity.ERROR, 1, 0.2),
        ("name", "not_empty", Severity.ERROR, 1, 0.2),
        ("name", "trimmed", Severity.WARNING, 2, 0.4),
    ]
    assert schools.rules[0].examples[0]["value"] == '"x"'


def test_the_score_follows_its_formula() -> None:
    """Rows lose by their worst finding, the whole by findings of its own, and the run is the mean by rows."""
    schools = tally(GOOD, GOOD, WARNED, BAD)
    assert build_report("r", {"schools": schools}).score == pytest.approx(100 * (1 - 1.2 / 4))
    sports = tally(GOOD)
    sports.add_run_findings([Finding("(table)", "row_count", Severity.ERROR, 1, "too few")])
    assert build_report("r", {"schools": schools, "sports": sports}).score == pytest.approx((4 * 70 + 95) / 5)
    for _ in range(10):
        sports.add_run_findings([Finding("(table)", "row_count", Severity.CRITICAL, 1, "too few")])
    assert build_report("r", {"sports": sports}).score == 0
    assert build_report("r", {}).score == build_report("r", {"schools": EntityTally()}).score == 100


def test_duplicates_are_rows_that_cost_nothing() -> None:
    """They are neither valid nor refused."""
    counted = tally(GOOD)
    counted.add_duplicates(1)
    [schools] = build_report("r", {"schools": counted}).entities
    assert (schools.rows, schools.valid, schools.duplicates, schools.score) == (2, 1, 1, 100)


def test_a_run_is_compared_with_the_one_before() -> None:
    """Through the JSON that was kept of it; a rule that was not broken then has zero."""
    before = json.loads(json.dumps(build_report("r1", {"schools": tally(GOOD, WARNED)}).as_dict()))
    [schools] = build_report("r2", {"schools": tally(BAD, WARNED, WARNED)}, before).entities
    assert {rule.rule: (rule.count, rule.before) for rule in schools.rules} == {"not_empty": (1, 0), "trimmed": (2, 1)}
    assert schools.score_before == 90
    [sports] = build_report("r2", {"sports": tally(BAD)}, before).entities
    assert sports.score_before is sports.rules[0].before is None


def test_what_is_kept_is_bounded() -> None:
    """Three examples of each thing, and places in a list are one field."""
    counted = tally(*({"id": 1, "name": "a", "tags": ["x"] * 50} for _ in range(5)))
    [rule] = build_report("r", {"schools": counted}).entities[0].rules
    assert (rule.field, rule.count, len(rule.examples)) == ("tags[]", 250, 3)


class _Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_everything_foreign_is_escaped() -> None:
    """Whatever the rows hold."""
    evil = "<script>alert('x')</script>\ud800 "
    counted = tally({"id": evil, "name": evil}, GOOD)
    counted.add_run_findings([Finding(evil, evil, Severity.WARNING, evil, evil)])
    page = render_html(build_report(evil, {evil: counted, "empty": EntityTally()}, None))
    page.encode()
    parsed = _Tags(page)
    assert not parsed.open
    assert "script" not in parsed.seen
    assert "<script>" in parsed.text
    assert "No rule was broken" in parsed.text
    assert "No entity was judged" in render_html(QualityReport("r", 100.0, ()))
