"""Enrichment as the settings say: files, providers, geocoders, and settings that cannot be."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from fixtures.colleges import ELM, INSTITUTIONS, OAK, CollegeWorld, college
from headgate.config.provenance import settings_in_force
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, HeadgateError
from headgate.logging import redact
from headgate.testing.providers import CensusReplica, FileReplica, ScorecardReplica

EADA = "unitid,GRND_TOTAL_REVENUE,GRND_TOTAL_EXPENSE,UNDUP_CT_PARTIC_MEN\n1001,10,9.5,3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a file of institutions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with (tmp_path / "institutions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(INSTITUTIONS[0]))
        writer.writeheader()
        writer.writerows(INSTITUTIONS)
    (tmp_path / "eada.csv").write_text(EADA, encoding="utf-8")
    return tmp_path


def world_with(folder: Path, **enrich: Any) -> CollegeWorld:
    """Return a world whose settings have this section, with the file of institutions unless told otherwise."""
    section = {"institutions": str(folder / "institutions.csv"), **enrich}
    return CollegeWorld(f"sqlite:///{folder / 'colleges.db'}", enrich=section, cache={"enabled": False})


async def test_files_and_an_interface_on_the_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers come in the order of the settings, a field may have another one, and a name may stand for a kind."""
    monkeypatch.setenv("COLLEGE_SCORECARD_API_KEY", "a-key")
    feed = '{"updated": "week 3", "teams": [{"school": "Oak College", "rank": "T-2"}]}'
    scores = [{"id": 1001, "latest.student.size": 77, "latest.cost.tuition.in_state": 12000}]
    async with ScorecardReplica(scores) as scorecard, FileReplica({"/poll.json": feed}) as files:
        world = world_with(
            folder,
            providers={
                "scorecard": {"base_url": f"{scorecard.url}/ed/collegescorecard/v1"},
                "institutions": {"as_of": "2018"},
                "eada": {"location": str(folder / "eada.csv")},
                "poll": {"provider": "rankings", "location": f"{files.url}/poll.json", "field": "rank_poll"},
            },
            order={"enrolment": ["institutions"]},
        )
        report = await world.sync(ELM, OAK)
    assert report.warnings == ()
    elm, oak = (await world.stored()).values()
    assert (elm["enrolment"], elm["tuition_in_state"], elm["athletics_expenses"]) == (1000, 12000, 9.5)
    assert elm["enrichment"]["fields"]["enrolment"]["others"][0]["value"] == 77
    assert elm["enrichment"]["fields"]["enrolment"]["as_of"] == "2018"
    assert (oak["rank_poll"], oak["enrichment"]["fields"]["rank_poll"]["source"]) == (2, "poll")
    assert oak["enrichment"]["fields"]["rank_poll"]["as_of"] == "week 3"


async def test_a_geocoder_is_asked_once_for_an_address(folder: Path) -> None:
    """Its points are kept in the database: a second sync asks nobody, not even when the geocoder is down."""
    palm = college(9, "palm", mail="1 Elm St, Troy, NY 12180")
    async with CensusReplica({("1 ELM ST", "12180"): [(42.73, -73.69)]}) as census:
        world = world_with(folder, geocoders={"census": {"base_url": f"{census.url}/geocoder"}, "offline": {}})
        await world.sync(palm)
        assert (await world.stored())[9]["location_precision"] == "street"
        census.faults.reset("*:500")
        again = await world.sync({**palm, "title": "Palm University"})
        assert (await world.stored())[9]["latitude"] == 42.73
        assert sum(census.requests.values()) == 1
    assert again.warnings == ()


async def test_a_geocoder_that_is_down_leaves_it_to_the_next(folder: Path) -> None:
    """The middle of the ZIP code will do, and the report says why."""
    async with CensusReplica({}) as census:
        world = world_with(folder, geocoders={"census": {"base_url": f"{census.url}/moved"}, "offline": {}})
        report = await world.sync(college(9, "palm", mail="1 Elm St, Troy, NY 12180"))
    assert (await world.stored())[9]["location_precision"] == "zip"
    [warning] = report.warnings
    assert warning.startswith("census: ")


async def test_without_geocoders_addresses_are_only_read(folder: Path) -> None:
    """An empty table turns geocoding off; the institutions file may be missing then."""
    world = CollegeWorld(f"sqlite:///{folder / 'colleges.db'}", enrich={"geocoders": {}})
    await world.sync(college(9, "palm", mail="1 Elm St, Troy, NY 12180"))
    row = (await world.stored())[9]
    assert (row["street"], row["latitude"], "institution_id" in row) == ("1 Elm St", None, False)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"institutions": "gone.csv"}, "gone.csv cannot be read"),
        ({"institutions": "eada.csv"}, "no column IPEDSID, NAME, STATE"),
        ({"institutions": None, "providers": {"eada": {"location": "x"}}}, "no file of institutions"),
        ({"providers": {"scorecrd": {}}}, "There is no provider 'scorecrd'"),
        ({"providers": {"scorecard": {}}}, "needs an API key"),
        ({"providers": {"eada": {}}}, "needs the option 'location'"),
        ({"providers": {"eada": {"location": "x", "colour": 1}}}, "has no option 'colour'"),
        ({"providers": {"institutions": {"rows": []}}}, "has no option 'rows'"),
        ({"providers": {"poll": {"provider": "rankings", "location": "x", "names": 7}}}, "cannot be made"),
        ({"providers": {"institutions": {}}, "order": {"staff": ["eada"]}}, "names the provider 'eada'"),
        ({"geocoders": {"cenus": {}}}, "There is no geocoder 'cenus'"),
        ({"geocoders": {"nominatim": {}}}, "needs the option 'contact'"),
        ({"geocoders": {"nominatim": {"contact": "me"}}}, "no way to reach you"),
    ],
)
async def test_settings_that_cannot_be(
    folder: Path, section: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run does not begin, and the message says which setting is meant."""
    monkeypatch.delenv("COLLEGE_SCORECARD_API_KEY", raising=False)
    with pytest.raises(HeadgateError, match=said):
        await world_with(folder, **section).sync(ELM)


def test_a_secret_in_the_file_is_refused_unread(folder: Path) -> None:
    """The message names the option and not its value; so does the list of settings."""
    with pytest.raises(ConfigError) as caught:
        PipelineConfig(enrich={"providers": {"scorecard": {"api_key": "hush-hush"}}})
    assert "'api_key' of 'scorecard' may not stand here; it comes from the environment" in redact(str(caught.value))
    assert "hush-hush" not in str(caught.value)


def test_the_section_is_in_the_file_and_in_the_list_of_settings(folder: Path) -> None:
    """Providers keep the order of the file."""
    file = folder / "headgate.toml"
    file.write_text(
        '[enrich]\ninstitutions = "institutions.csv"\n[enrich.providers.eada]\nlocation = "x"\n'
        "[enrich.providers.institutions]\n[enrich.geocoders]\noffline = {}\n",
        encoding="utf-8",
    )
    config = PipelineConfig(file)
    assert (list(config.enrich.providers), config.enrich.geocoders) == (["eada", "institutions"], {"offline": {}})
    shown = {setting.name: setting for setting in settings_in_force(config)}
    assert shown["enrich.institutions"].value == "institutions.csv"
    assert str(shown["enrich.providers"].origin.place).startswith(str(file))
