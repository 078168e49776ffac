"""What was not proven complete is never reported as all well."""

from __future__ import annotations

import io

from rich.console import Console

from fixtures.peaks import World, listing, peaks
from headgate import pipeline
from headgate.cli.run_report import print_run, runs_table
from headgate.extract.records import Records
from headgate.pipeline import RunStatus
from headgate.pipeline.report import EntityReport


async def test_proven_listing_is_complete(both: World) -> None:
    """A listing with its proof says so, also in the object for scripts."""
    report = await both.sync(listing(*peaks(1)))
    assert report.complete
    assert report.as_dict()["entities"]["peaks"]["complete"] is True


async def test_unproven_listing_says_what_was_kept(both: World) -> None:
    """Nothing changed as far as it could be read, and the row that did not come is counted as kept."""
    await both.sync(listing(*peaks(1, 2)))
    report = await both.sync(listing(*peaks(1), complete=False))
    funnel = report.entities["peaks"]
    assert (report.status, report.complete, funnel.kept, funnel.deleted) == (RunStatus.UNCHANGED, False, 1, 0)
    assert report.as_dict()["entities"]["peaks"]["complete"] is False


async def test_new_part_without_proof_makes_the_whole_incomplete(both: World) -> None:
    """A part of the upstream of which nothing is stored yet counts as well."""
    report = await both.sync(
        Records("peaks", peaks(1), "I", complete=True), Records("peaks", peaks(2), "II", complete=False)
    )
    assert not report.complete


async def test_entity_that_never_came_is_not_complete(both: World) -> None:
    """No row and no proof is unknown, which is not none."""
    report = await both.sync()
    assert (report.status, report.complete) == (RunStatus.UNCHANGED, False)


async def test_deletions_that_could_not_be_told_are_unknown_wherever_they_are_shown(both: World) -> None:
    """The report of the run, what the store keeps of it, and what is printed of that name what was not read."""
    await both.sync(
        Records("peaks", peaks(1, 2, 3), "I", complete=True), Records("peaks", peaks(4), "II", complete=True)
    )
    synced = await both.sync(Records("peaks", peaks(1, 2), "I", complete=True), Records("peaks", [], "III"))
    async with both.store() as store:
        kept = await pipeline.describe(store, synced.run)
    for values in (synced.as_dict(), kept.as_dict()):
        funnel = values["entities"]["peaks"]
        assert (funnel["deleted"], funnel["deletions_known"], funnel["complete"]) == (1, False, False)
        assert list(funnel["incomplete"]) == ["II", "III"]
    assert "1 or more" in _printed(kept)
    assert "not proven to be listed to its end in II, III" in _printed(kept)


async def test_first_run_that_was_not_read_to_its_end_stays_incomplete_in_the_record(both: World) -> None:
    """A part that came without its proof is not forgotten because nothing of it was stored before."""
    report = await both.sync(Records("peaks", peaks(1), "I", complete=True), Records("peaks", peaks(2), "II"))
    async with both.store() as store:
        kept = await pipeline.describe(store, report.run)
    assert kept.entities["peaks"] == report.entities["peaks"]
    assert not kept.entities["peaks"].complete
    assert kept.entities["peaks"].deletions_known


async def test_row_that_cannot_be_identified_makes_deletions_unknown(both: World) -> None:
    """While a row in quarantine may be any of the known ones, a whole listing does not say which are gone."""
    await both.sync(listing(*peaks(*range(20))))
    report = await both.sync(listing(*peaks(*range(19)), {"name": "Nameless"}))
    funnel: EntityReport = report.entities["peaks"]
    assert (funnel.complete, funnel.deleted, funnel.deletions_known, funnel.kept) == (True, 0, False, 1)
    async with both.store() as store:
        kept = await pipeline.describe(store, report.run)
    assert "unknown" in _printed(kept)
    assert "a row in quarantine cannot be identified" in _printed(kept)


def _printed(report: pipeline.RunReport) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=160)
    print_run(report, console, changes=0)
    console.print(runs_table([report]))
    return stream.getvalue()
