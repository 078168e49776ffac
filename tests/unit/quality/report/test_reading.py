"""Reports read back."""

from __future__ import annotations

import json

from headgate.quality import Finding, Severity
from headgate.quality.report import EntityTally, build_report, read_report


def tally(rows: int, broken: int) -> EntityTally:
    """Return a tally of an entity in which some rows broke a rule."""
    counted = EntityTally()
    counted.rows = rows
    counted.count_rows(Finding("name", "not_empty", Severity.ERROR, "", "is empty"), broken)
    counted.settle(refused=broken, duplicates=2)
    counted.add_run_findings([Finding("(table)", "row_count", Severity.WARNING, 5, "few")])
    return counted


def test_what_was_kept_reads_as_what_was_built() -> None:
    """Also compared with the run before."""
    earlier = build_report("a", {"things": tally(100, 1)}).as_dict()
    report = build_report("b", {"things": tally(100, 3)}, earlier)
    kept = json.loads(json.dumps(report.as_dict()))
    assert read_report("b", kept["entities"], earlier["entities"]).as_dict() == report.as_dict()
    first = read_report("a", earlier["entities"])
    assert first.entities[0].score_before is None
    assert (first.entities[0].invalid, first.entities[0].duplicates, first.entities[0].valid) == (1, 2, 97)
    assert first.score == 98
