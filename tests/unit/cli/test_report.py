"""What a person reads at the end of a run."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from headgate.cli.report import print_report
from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport

SCHOOLS = EntityReport(
    fetched=1000, duplicates=10, quarantined=5, valid=985, new=3, updated=2, unchanged=980, deleted=1, complete=True
)
SAME = EntityReport(
    fetched=3, duplicates=0, quarantined=0, valid=3, new=0, updated=0, unchanged=3, deleted=0, complete=True
)


def report(status: RunStatus = RunStatus.APPLIED, **values: object) -> SyncReport:
    """Make a report of one entity."""
    return SyncReport(
        **{
            "run": "r1",
            "source": "ncaa",
            "status": status,
            "duration_seconds": 1.25,
            "entities": {"schools": SCHOOLS},
            **values,
        }
    )  # type: ignore[arg-type]


def printed(result: SyncReport, *, changes: int = 20) -> str:
    """Return what is printed for a report, on a terminal of 80 columns."""
    stream = io.StringIO()
    print_report(result, Console(file=stream, width=80, highlight=False), changes=changes)
    return stream.getvalue()


def test_funnel_stands_on_one_line_of_a_narrow_terminal() -> None:
    """All eight numbers of an entity fit beside its name in 80 columns."""
    (line,) = [line for line in printed(report()).splitlines() if line.strip().startswith("schools")]
    assert line.split() == ["schools", "1,000", "10", "5", "985", "3", "2", "980", "1"]


def test_update_shows_fields_old_and_new() -> None:
    """An updated row shows each field that changed, also one that had no value."""
    change = Change(
        "schools", (1,), "updated", "Elm College", {"name": ("Elm", "Elm College"), "division": (None, "II")}
    )
    text = printed(report(changes=[change]))
    assert "~ schools Elm College" in text
    assert "name: Elm → Elm College" in text
    assert "division: none → II" in text


def test_changes_beyond_the_limit_are_counted() -> None:
    """A limit hides rows, never their number; and no operation hides the others."""
    new = [Change("schools", (number,), "new", f"New {number}") for number in range(9)]
    gone = Change("schools", (99,), "deleted", "Gone College")
    entity = EntityReport(fetched=9, duplicates=0, quarantined=0, valid=9, new=9, updated=0, unchanged=0, deleted=1)
    text = printed(report(entities={"schools": entity}, changes=[*new, gone]), changes=4)
    assert "- schools Gone College" in text
    assert text.count("+ schools New") == 3
    assert "and 6 more changes" in text


def test_first_run_does_not_list_every_row() -> None:
    """When everything is new there is nothing to tell apart, and the funnel says it all."""
    entity = EntityReport(fetched=3, duplicates=0, quarantined=0, valid=3, new=3, updated=0, unchanged=0, deleted=0)
    changes = [Change("schools", (1,), "new", "First College")]
    assert "First College" not in printed(report(entities={"schools": entity}, changes=changes))


def test_unchanged_run_says_so() -> None:
    """The second run says in words that nothing was written."""
    assert "Unchanged: nothing was written" in printed(report(RunStatus.UNCHANGED, entities={"schools": SAME}))


def test_run_that_was_not_proven_complete_does_not_read_as_all_well() -> None:
    """The headline says so, and each such entity says what was kept for it."""
    unproven = replace(SAME, complete=False, kept=2)
    text = printed(report(RunStatus.UNCHANGED, entities={"schools": unproven, "sports": SAME}))
    assert "Unchanged, as far as it could be read" in text
    assert "schools: not proven to be listed to its end" in text
    assert "2 known rows did not come and were kept" in text
    assert "sports: not proven" not in text


def test_plan_says_how_to_apply_it_to_the_same_database() -> None:
    """The commands that decide about a plan carry the database it was made for."""
    stream = io.StringIO()
    print_report(report(RunStatus.PLANNED), Console(file=stream, width=120), again=" --database x.db")
    assert "headgate apply r1 --database x.db" in stream.getvalue()
    assert "headgate reject r1 --database x.db" in stream.getvalue()


def test_held_run_says_why_and_what_to_do() -> None:
    """Every reason is printed, and a way on that does not depend on the docs."""
    text = printed(report(RunStatus.HELD, reasons=["612 of 942 schools would be deleted.", "It is odd."]))
    assert "nothing was applied" in text
    assert "612 of 942 schools would be deleted." in text
    assert "It is odd." in text
    assert "headgate approve r1" in text


def test_markup_in_data_is_printed_as_it_is() -> None:
    """A label with square brackets is text, not a style."""
    change = Change("schools", (1,), "updated", "[bold]College[/]", {"name": ("[red]", "[/]")})
    assert "[bold]College[/]" in printed(report(changes=[change], warnings=["[x]"]))
