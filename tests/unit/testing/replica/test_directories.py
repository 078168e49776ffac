"""Invented directories, and what a year does to one."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

from headgate.errors import ConfigError
from headgate.testing.replica import Directory, directory_in, invent_directory, load_directory


def test_recorded_rows_are_served_as_they_were(recorded_ncaa: Path) -> None:
    """In its own year the recorded listing comes out as it was recorded, keys in the same order."""
    recorded = json.loads((recorded_ncaa / "member_list_type12_2022.json").read_bytes())
    served = load_directory(recorded_ncaa).listing()
    assert json.dumps(served) == json.dumps(recorded)


def test_the_folder_above_will_do(recorded_ncaa: Path) -> None:
    """A folder that holds the recordings of several upstreams has the directory's in ``ncaa``."""
    assert load_directory(recorded_ncaa.parent).listing() == load_directory(recorded_ncaa).listing()


@pytest.mark.parametrize("schools", [0, 1, 4, 5, 100, 1100])
def test_any_number_of_schools(schools: int) -> None:
    """There are as many schools as asked for, all with their own id and name."""
    members = invent_directory(schools).members
    assert len(members) == len({row["orgId"] for row in members}) == len({row["nameOfficial"] for row in members})
    assert len(members) == schools


def test_invented_rows_look_like_recorded_ones(recorded_ncaa: Path) -> None:
    """Invented rows have the keys and the types of recorded ones, and hosts that cannot exist."""

    def shape(directory: Directory) -> dict[str, set[str]]:
        rows = directory.listing()
        return {key: {type(row[key]).__name__ for row in rows} for key in rows[0]}

    recorded, invented = shape(load_directory(recorded_ncaa)), shape(invent_directory(1100))
    assert list(invented) == list(recorded)
    assert {key: types for key, types in invented.items() if not types <= recorded[key]} == {}
    assert all(".example" in row["webSiteUrl"].lower() for row in invent_directory(200).members)


def test_same_seed_and_year_same_bytes() -> None:
    """A directory depends on seed, number and year alone."""

    def body(seed: int) -> bytes:
        return orjson.dumps(directory_in(2025, invent_directory(300, seed=seed)).listing())

    assert body(1) == body(1)
    assert body(1) != body(2)


def test_one_year_builds_on_the_other() -> None:
    """The way to a year does not matter: in one step or in two."""
    base = invent_directory(300)
    halfway = directory_in(2024, base)
    assert directory_in(2026, halfway).listing() == directory_in(2026, base).listing()


@pytest.mark.parametrize("recorded", [True, False])
def test_what_a_year_does(recorded: bool, request: pytest.FixtureRequest) -> None:
    """Each year some schools are founded, closed, renamed, and moved, and well under a tenth closes."""
    base = load_directory(request.getfixturevalue("recorded_ncaa")) if recorded else invent_directory(1100)
    before = base
    ids_ever = set(before.member_by_id)
    for year in range(2023, 2031):
        after = directory_in(year, base)
        old, new = before.member_by_id, after.member_by_id
        changes = Counter(
            key for org_id in old.keys() & new.keys() for key, value in old[org_id].items() if new[org_id][key] != value
        )
        assert 0 < len(old.keys() - new.keys()) < len(old) * 0.02
        assert new.keys() - old.keys()
        assert not (new.keys() - old.keys()) & ids_ever
        assert {"nameOfficial", "conferenceId", "reclassYear", "reclassDivision"} <= changes.keys()
        moved = [org_id for org_id in old.keys() & new.keys() if old[org_id]["division"] != new[org_id]["division"]]
        # a move is announced the year before; the recorded year announces none
        assert moved or year == 2023
        assert all(old[org_id]["reclassDivision"] == new[org_id]["division"] for org_id in moved)
        ids_ever |= new.keys()
        before = after
    assert {row["division"] for row in before.members} == {1, 2, 3}
    assert {row["academicYear"] for row in before.listing()} == {2030}


def test_a_conference_name_with_a_blank() -> None:
    """In every second year one conference's name ends in a blank."""
    rows = directory_in(2023, invent_directory(200)).members
    assert len({row["conferenceName"] for row in rows if re.search(r"\s$", row["conferenceName"])}) == 1


def test_a_few_schools_are_left_alone() -> None:
    """Among a handful of schools none closes: one would be too large a share."""
    base = invent_directory(10)
    assert directory_in(2030, base).member_by_id.keys() == base.member_by_id.keys()


def test_bad_years_and_numbers(tmp_path: Path) -> None:
    """A year before the first, a negative number and a folder without data are refused with a hint."""
    with pytest.raises(ConfigError, match="has no 2021"):
        directory_in(2021, invent_directory(1))
    with pytest.raises(ConfigError, match="-1 schools"):
        invent_directory(-1)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_directory(tmp_path)
    (tmp_path / "member_list_type12_2022.json").write_text("{}")
    with pytest.raises(ConfigError, match="not a JSON list"):
        load_directory(tmp_path)
    (tmp_path / "member_list_type12_2022.json").write_text("[")
    with pytest.raises(ConfigError, match="not JSON"):
        load_directory(tmp_path)


@pytest.mark.parametrize("year", [2021, 2123, 20260])
def test_a_year_that_is_not_there(year: int) -> None:
    """A year before the first one, or a mistyped one, is refused at once instead of computed for minutes."""
    with pytest.raises(ConfigError, match="2022 to 2122"):
        directory_in(year, invent_directory(30))
