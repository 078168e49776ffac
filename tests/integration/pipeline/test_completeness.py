"""What was not proven complete is never reported as all well."""

from __future__ import annotations

from fixtures.peaks import World, listing, peaks
from headgate.extract.records import Records
from headgate.pipeline import RunStatus


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
