"""The matching of what the store has, and decisions of people about it, on both databases."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from fixtures.colleges import ELM, INSTITUTIONS, OAK, CollegeWorld, college
from headgate.enrich import Decision, MatchKind
from headgate.errors import ConfigError
from headgate.pipeline import SourceMatches, StoredReviews, match_source, open_store

TWIN = {**INSTITUTIONS[2], "IPEDSID": "2003", "LATITUDE": "42.79"}
ASH = college(3, "ash")
PALM = college(9, "palm", region=None, site=None)


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CollegeWorld:
    """Give a world with an empty database, and a file of institutions two of which are alike."""
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "institutions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(INSTITUTIONS[0]))
        writer.writeheader()
        writer.writerows([*INSTITUTIONS, TWIN])
    return CollegeWorld(database_url, enrich={"institutions": str(tmp_path / "institutions.csv")})


async def matches_of(world: CollegeWorld, **options: Any) -> SourceMatches:
    """Match what the store has."""
    async with open_store(world.config) as store:
        return await match_source("colleges", config=world.config, store=store, plugins=world.plugins([]), **options)


async def decide(world: CollegeWorld, *made: Decision, gone: tuple[str, ...] = ()) -> None:
    """Keep decisions, and take some back."""
    async with open_store(world.config) as store:
        kept = StoredReviews(store, "colleges", "colleges")
        await kept.decide(*made)
        await kept.withdraw(gone)


async def test_what_is_not_certain_waits_for_a_person(world: CollegeWorld) -> None:
    """Of two institutions that are alike nothing is chosen; a school that is like none waits too."""
    await world.sync(ELM, OAK, ASH, PALM)
    found = await matches_of(world)
    assert found.counts == {"certain": 2, "ambiguous": 1, "none": 1}
    assert [one.member_id for one in found.waiting] == [3, 9]
    assert {one.institution_id for one in found.waiting[0].candidates[:2]} == {"1003", "2003"}
    told = found.as_dict(found.waiting)["matches"][0]
    assert (told["name"], told["kind"], told["institution_id"]) == ("Ash College", "ambiguous", None)


async def test_what_was_decided_no_longer_waits_and_the_sync_follows(world: CollegeWorld) -> None:
    """A decision is kept with who made it and why; taken back, the school waits again."""
    await world.sync(ELM, ASH)
    await decide(world, Decision("3", "2003", "ann", 1_700_000_000.5, "the north campus"))
    found = await matches_of(world)
    assert (found.waiting, found.counts) == ([], {"certain": 1, "decided": 1})
    assert found.decisions["3"] == Decision("3", "2003", "ann", 1_700_000_000.5, "the north campus")
    await world.sync(ELM, ASH)
    assert (await world.stored())[3]["latitude"] == 42.79
    await decide(world, gone=("3",))
    assert [one.kind for one in (await matches_of(world)).waiting] == [MatchKind.AMBIGUOUS]
    await world.sync(ELM, ASH)
    assert (await world.stored())[3]["latitude"] is None


async def test_choices_are_checked_before_any_is_kept(world: CollegeWorld) -> None:
    """Accepting takes the first candidate; what cannot be is refused, all of it."""
    await world.sync(ELM, ASH, PALM)
    found = await matches_of(world)
    chosen = found.choices(accept=["3"], choose={"9": "1004"}, reject=["1"])
    assert (chosen["3"] in {"1003", "2003"}, chosen["9"], chosen["1"]) == (True, "1004", None)
    for wrong, said in (
        ({"accept": ["77"]}, "no school 77"),
        ({"accept": ["9"]}, "nothing to accept"),
        ({"choose": {"9": "0"}}, "no institution '0'"),
        ({"accept": ["3"], "reject": ["3"]}, "Two things"),
    ):
        with pytest.raises(ConfigError, match=said):
            found.choices(**wrong)  # type: ignore[arg-type]


async def test_what_cannot_be_matched_says_why(world: CollegeWorld) -> None:
    """Nothing synced, no file, no such entity: each is an error with the next step."""
    await world.sync()
    with pytest.raises(ConfigError, match="'teams' is no entity"):
        await matches_of(world, entity="teams")
    with pytest.raises(ConfigError, match=r"gone\.csv cannot be read"):
        await matches_of(world, institutions=Path("gone.csv"))
    assert (await matches_of(world)).counts == {}
    world.config = world.config.model_copy(update={"enrich": type(world.config.enrich)()})
    with pytest.raises(ConfigError, match="no file of institutions"):
        await matches_of(world)


async def test_a_source_that_was_never_synced(world: CollegeWorld) -> None:
    """The message names the command that helps."""
    async with open_store_anew(world) as store:
        with pytest.raises(ConfigError, match="has no rows of 'colleges' yet") as caught:
            await match_source("colleges", config=world.config, store=store, plugins=world.plugins([]))
    assert "headgate sync colleges" in str(caught.value)


def open_store_anew(world: CollegeWorld) -> Any:
    """Make the file of a SQLite database, if it is one, and open the store."""
    url = world.config.database_url
    if url.startswith("sqlite"):
        Path(url.partition("///")[2]).touch()
    return open_store(world.config)
