"""Providers that read published files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from headgate.enrich.providers import (
    EADAProvider,
    Figures,
    InstitutionsProvider,
    Provider,
    RankingsProvider,
    ScorecardProvider,
    Wanted,
    load_provider,
    provider_names,
    read_institutions,
)
from headgate.enrich.providers.tables import number, read_table
from headgate.errors import ConfigError, UnexpectedShapeError

ELM, OAK = Wanted("1001", "Elm University", "NY"), Wanted("1002", "Oak College", "NY")


def written(folder: Path, content: str | bytes) -> Path:
    """Write a file."""
    path = folder / "table"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("1,234", 1234), ("$12.50", 12.5), ("0", 0), (" 7 ", 7), (3, 3), (0.25, 0.25), ("1e3", 1000),
        ("", None), ("-999", None), ("-2", None), ("NULL", None), ("PrivacySuppressed", None), ("x", None),
        (None, None), (True, None), ("nan", None), ("٣", 3),
    ],
)  # fmt: skip
def test_cells_are_numbers_or_nothing(text: object, value: float | None) -> None:
    """Codes for nothing, negative counts and words are no figures."""
    assert number(text) == value


async def test_institutions_file(tmp_path: Path) -> None:
    """Enrolment, staff and control come from the file; what it does not know is left out."""
    header = "IPEDSID,NAME,STATE,TYPE,TOT_ENROLL,FT_ENROLL,TOT_EMP,DORM_CAP,COUNTY,LATITUDE,LONGITUDE\n"
    path = written(
        tmp_path, header + "1001,ELM,NY,2,5000,-999,300,-999,ALBANY,42.5,-73.5\n1003,X,NY,-3,,,,,NOT AVAILABLE,,\n"
    )
    provider = InstitutionsProvider(await read_institutions(path), as_of="2020")
    assert await provider.figures([ELM, OAK, Wanted("1003", "X", None)]) == {
        "1001": {
            "enrolment": 5000, "staff": 300, "control": "private", "county": "ALBANY",
            "latitude": 42.5, "longitude": -73.5,
        },
        "1003": {},
    }  # fmt: skip


async def test_eada_of_institutions_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    """Columns in any case, Windows-1252, thousands separators."""
    header = "unitid,institution_name,GRND_TOTAL_REVENUE,grnd_total_expense,UNDUP_CT_PARTIC_MEN\n"
    text = header + '1001,José,"1,500","1,400",80\n'
    provider = EADAProvider(written(tmp_path, text.encode("cp1252")))
    assert await provider.figures([ELM, OAK]) == {
        "1001": {"athletics_revenue": 1500, "athletics_expenses": 1400, "athletes_men": 80}
    }


async def test_eada_with_a_byte_order_mark(tmp_path: Path) -> None:
    """A file saved as UTF-8 by a spreadsheet begins with a mark, and counts women and men apart."""
    text = "\ufeffunitid,GRND_TOTAL_REVENUE,GRND_TOTAL_EXPENSE,UNDUP_CT_PARTIC_WOMEN\n1001,1,2,33\n"
    found = await EADAProvider(written(tmp_path, text)).figures([ELM])
    assert found == {"1001": {"athletics_revenue": 1, "athletics_expenses": 2, "athletes_women": 33}}


async def test_eada_of_sports_is_added_up_for_the_latest_year(tmp_path: Path) -> None:
    """Sports are added up, older years left out; who takes part is not counted twice, so not at all."""
    rows = ["2018,1001,9,9,5", "2019,1001,100,90,30", "2019,1001,50,,20", "2019,1002,,,"]
    text = "\n".join(["year,unitid,total_rev_menwomen,total_exp_menwomen,sum_partic_men", *rows])
    provider = EADAProvider(written(tmp_path, text))
    found = await provider.figures([ELM, OAK])
    assert found == {"1001": {"athletics_revenue": 150, "athletics_expenses": 90}, "1002": {}}
    assert provider.as_of == "2019"


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "unitid,x\n1001,2\n", "<html>", b"\x00\xff\xfe"])
async def test_another_file_is_refused(tmp_path: Path, content: str | bytes) -> None:
    """A file that is not the table is an error that says so."""
    with pytest.raises(UnexpectedShapeError):
        await EADAProvider(written(tmp_path, content)).figures([ELM])


async def test_a_file_that_is_not_there_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(ConfigError, match=r"missing\.csv"):
        await EADAProvider(tmp_path / "missing.csv").figures([ELM])


@pytest.mark.parametrize(
    ("feed", "ranks"),
    [
        ('[{"unitid": 1001, "rank": 3}, {"unitid": 9, "rank": 1}]', {"1001": 3}),
        ('{"updated": "May", "data": [{"RANK": "T-2", "SCHOOL": "Elm University (55)"}]}', {"1001": 2}),
        ('{"a": {"b": [{"Rank": "1", "Team": "The Elms"}]}}', {"1001": 1}),
        ('[{"rank": 1, "name": "Elm"}, {"rank": "NR", "name": "Oak College"}]', {}),
    ],
)
async def test_rankings_by_id_by_whole_name_or_by_a_given_name(
    tmp_path: Path, feed: str, ranks: dict[str, int]
) -> None:
    """A short name is not guessed at; a name that the caller explained counts."""
    provider = RankingsProvider(written(tmp_path, feed), field="ap", names={"The Elms": "1001"})
    assert await provider.figures([ELM, OAK]) == {one: {"ap": rank} for one, rank in ranks.items()}


async def test_a_name_of_two_schools_is_nobodys(tmp_path: Path) -> None:
    """Two schools of one name in the same batch: the rank is given to neither."""
    path = written(tmp_path, '[{"rank": 1, "school": "Elm University"}]')
    assert await RankingsProvider(path).figures([ELM, Wanted("1003", "Elm University", "OH")]) == {}


@pytest.mark.parametrize("feed", ["", "[]", "{}", "[1, 2]", '[{"name": "Elm"}]', "<html>", "[[[[[[[]]]]]]]"])
async def test_what_is_no_ranking_is_refused(tmp_path: Path, feed: str) -> None:
    """A feed without ranks is an error, not an empty ranking."""
    with pytest.raises(UnexpectedShapeError, match="no ranking"):
        await RankingsProvider(written(tmp_path, feed)).figures([ELM])


def test_the_scorecard_wants_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the error names the variable and where keys come from."""
    monkeypatch.delenv("COLLEGE_SCORECARD_API_KEY", raising=False)
    with pytest.raises(ConfigError) as caught:
        ScorecardProvider()
    assert "COLLEGE_SCORECARD_API_KEY" in str(caught.value)


class _EntryPoint:
    """Stands in for an installed package's entry point."""

    def __init__(self, name: str, target: Any) -> None:
        self.name, self.value, self._target = name, "package:target", target

    def load(self) -> Any:
        """Return the target, or fail as a broken package does."""
        if isinstance(self._target, Exception):
            raise self._target
        return self._target


class Weather(Provider):
    """A provider of another package."""

    name = "weather"
    fields = MappingProxyType({"rain": float})

    async def figures(self, wanted: Any) -> Mapping[str, Figures]:
        """Return nothing."""
        return {}


def test_providers_are_found_through_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages offer providers; a broken one, and one that is none, are errors by name."""
    offered = [_EntryPoint("weather", Weather), _EntryPoint("broken", ImportError("no")), _EntryPoint("odd", dict)]
    monkeypatch.setattr("headgate.enrich.providers.registry.entry_points", lambda group: offered)
    assert provider_names() == ["broken", "odd", "weather"]
    assert load_provider("weather") is Weather
    for name, why in (("broken", "cannot be loaded"), ("odd", "is no provider"), ("wether", "Did you mean 'weather'")):
        with pytest.raises(ConfigError) as caught:
            load_provider(name)
        assert why in str(caught.value)


@pytest.mark.parametrize("content", [b"UNITID,NAME,TEAMS\n1,Elm,3\n2,O", b'UNITID,NAME,TEAMS\n1,Elm,3\n2,"Oak'])
def test_table_that_ends_within_a_row_is_refused(content: bytes) -> None:
    """A table that was cut off is not taken for the whole of it."""
    with pytest.raises(UnexpectedShapeError, match="last row ends after 2 of 3 columns"):
        read_table(content, "the table", {"UNITID"})


def test_table_needs_no_line_break_at_its_end() -> None:
    """A last row that is whole counts, and so does one of empty cells."""
    assert len(read_table(b"UNITID,NAME,TEAMS\n1,Elm,3\n2,,", "the table", {"UNITID"})) == 2
