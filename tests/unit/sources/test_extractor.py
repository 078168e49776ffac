"""The source: what it asks for, what it believes, what it yields."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from headgate.config.policies import CacheConfig
from headgate.errors import (
    ConfigError,
    InvalidURLError,
    ServerError,
    UnexpectedShapeError,
    UnusableBodyError,
)
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.sources.ncaa import Division, RobustNCAExtractor
from headgate.testing.replica import Directory, invent_directory
from headgate.testing.replica.pages import conference_page, school_page

Answer = Callable[[str, Any], Any]
"""Changes the answer to a URL; may raise."""


class CannedExtractor(RobustNCAExtractor):
    """The source, with answers out of an invented directory instead of requests."""

    def __init__(self, directory: Directory, answer: Answer = lambda _url, body: body, **options: Any) -> None:
        super().__init__(cache_config=CacheConfig(enabled=False), base_url="http://directory.example", **options)
        self.directory = directory
        self.answer = answer
        self.asked: list[str] = []
        self.fresh: list[str] = []
        self.under_way = 0
        self.most_under_way = 0

    async def robust_http_request(
        self, url: str, method: str = "GET", cache_key: str | None = None, **kwargs: Any
    ) -> Any:
        """Answer after two turns of the loop, so that requests overlap."""
        self.asked.append(url)
        if kwargs.get("max_age") == 0:
            self.fresh.append(url)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return self.answer(url, self._body(url))
        finally:
            self.under_way -= 1

    def _body(self, url: str) -> Any:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("/sportList"):
            return list(self.directory.sports)
        if parts.path.endswith("/memberList"):
            assert query["type"] == "12"
            assert query.get("division") in {None, "I", "II", "III"}
            division = {"I": 1, "II": 2, "III": 3}.get(query.get("division", ""))
            return self.directory.listing(division)
        row = self.directory.member_by_id.get(int(query["id"]))
        if row is None:
            return conference_page(self.directory, int(query["id"]), self.directory.conference_names[int(query["id"])])
        return school_page(self.directory, row)


async def batches(extractor: RobustNCAExtractor) -> list[Records]:
    """Return everything a source yields."""
    async with extractor:
        return [batch async for batch in extractor.records()]


def rows_of(found: list[Records], entity: str) -> list[Any]:
    """Return the rows of an entity."""
    return [row for batch in found if batch.entity == entity for row in batch.rows]


def complete(found: list[Records], entity: str) -> set[str]:
    """Return the partitions of an entity that are proven complete."""
    return {batch.partition for batch in found if batch.entity == entity and batch.complete}


def failing(part: str, error: Exception) -> Answer:
    """Return an answer that fails where the URL has a part."""

    def answer(url: str, body: Any) -> Any:
        if part in url:
            raise error
        return body

    return answer


BROKEN = ServerError("it broke", url="http://directory.example", status=500)
EMPTY = UnusableBodyError("200 with an empty body", url="http://directory.example")
DIRECTORY = invent_directory(60)


async def test_a_source_found_by_name() -> None:
    """The plug-in manager finds the source through its entry point."""
    assert PluginManager().get("ncaa") is RobustNCAExtractor
    assert issubclass(RobustNCAExtractor, ExtractorPlugin)
    assert RobustNCAExtractor.name == "ncaa"


async def test_everything_is_proven() -> None:
    """Without trouble every listing is complete, after four listings and two readings of the sports."""
    extractor = CannedExtractor(DIRECTORY)
    found = await batches(extractor)
    assert complete(found, "schools") == {"division=I", "division=II", "division=III"}
    assert complete(found, "conferences") == complete(found, "sports") == {""}
    assert len(rows_of(found, "schools")) == 60
    assert len(rows_of(found, "sports")) == len(DIRECTORY.sports)
    assert Counter(urlsplit(url).path.rpartition("/")[2] for url in extractor.asked) == {
        "memberList": 4,
        "sportList": 2,
    }
    assert extractor.warnings == []
    assert [spec.name for spec in extractor.entities] == ["sports", "conferences", "schools"]


async def test_rows_lost_once_are_found() -> None:
    """A listing that loses rows once is asked again, with what it is compared with, and not from the cache."""
    lost: list[str] = []

    def lose_once(url: str, body: Any) -> Any:
        if "division=II&" in f"{url}&" and not lost:
            lost.append(url)
            return body[:-2]
        return body

    extractor = CannedExtractor(DIRECTORY, lose_once)
    found = await batches(extractor)
    assert complete(found, "schools") == {"division=I", "division=II", "division=III"}
    assert len(rows_of(found, "schools")) == 60
    assert extractor.fresh == [
        "http://directory.example/directory/api/directory/memberList?type=12&division=II",
        "http://directory.example/directory/api/directory/memberList?type=12",
    ]


@pytest.mark.parametrize("loser", ["division=II|", "memberList?type=12|"])
async def test_rows_lost_every_time(loser: str) -> None:
    """If answers keep disagreeing no listing is complete, every row that anyone showed is there, and it is said."""
    extractor = CannedExtractor(DIRECTORY, lambda url, body: body[:-2] if loser in f"{url}|" else body)
    found = await batches(extractor)
    assert len(rows_of(found, "schools")) == 60
    assert complete(found, "schools") == complete(found, "conferences") == set()
    assert complete(found, "sports") == {""}
    assert any("not proven complete: answers disagree" in warning for warning in extractor.warnings)


async def test_a_school_that_moved_is_not_taken_for_deleted() -> None:
    """One doubtful division makes all of them doubtful: a school may have moved there from another."""
    moved = DIRECTORY.listing(2)[0]["orgId"]

    def answer(url: str, body: Any) -> Any:
        if "memberList" not in url:
            return body
        rows = [row | {"division": 1} if row["orgId"] == moved else row for row in DIRECTORY.listing()]
        wanted = parse_qs(urlsplit(url).query).get("division", [None])[0]
        if wanted is None:
            return [row for row in rows if row["orgId"] != moved]
        number = len(wanted)
        return [row for row in rows if row["division"] == number]

    found = await batches(CannedExtractor(DIRECTORY, answer))
    assert moved in {row["orgId"] for row in rows_of(found, "schools")}
    assert complete(found, "schools") == set()


async def test_an_empty_listing_proves_nothing() -> None:
    """A division that answers [] to both questions is not believed, and the listing says so."""

    def answer(url: str, body: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = [row for row in body if row.get("division") != 2]
        return rows if "memberList" in url else body

    extractor = CannedExtractor(DIRECTORY, answer)
    found = await batches(extractor)
    assert complete(found, "schools") == complete(found, "conferences") == set()
    assert sum("it is empty" in warning for warning in extractor.warnings) == 1


@pytest.mark.parametrize(("part", "entities"), [("memberList", ["schools", "conferences"]), ("sportList", ["sports"])])
async def test_an_empty_directory_is_handed_on_as_that(part: str, entities: list[str]) -> None:
    """If every answer is [], the guard must hear of it: an unproven listing would pass it as no change at all."""
    found = await batches(CannedExtractor(DIRECTORY, lambda url, body: [] if part in url else body))
    for entity in entities:
        assert rows_of(found, entity) == []
        assert complete(found, entity) != set()


async def test_without_the_undivided_listing() -> None:
    """If only the listing to compare with fails, the rows are there without proof."""
    whole = "memberList?type=12|"
    extractor = CannedExtractor(DIRECTORY, lambda url, body: failing(whole, BROKEN)(f"{url}|", body))
    found = await batches(extractor)
    assert len(rows_of(found, "schools")) == 60
    assert complete(found, "schools") == set()
    assert any("could not be read" in warning for warning in extractor.warnings)


@pytest.mark.parametrize("part", ["division=II", "sportList"])
async def test_a_listing_that_fails_fails_the_run(part: str) -> None:
    """A run without one of the listings ends with that listing's error."""
    with pytest.raises(ServerError):
        await batches(CannedExtractor(DIRECTORY, failing(part, BROKEN)))


async def test_all_data() -> None:
    """Everything comes by division, as models, each row once."""
    repeated = CannedExtractor(DIRECTORY, lambda _url, body: [*body, body[0]])
    async with repeated as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert sorted(data) == sorted(
        [f"d{number}_{entity}" for number in (1, 2, 3) for entity in ("schools", "conferences")] + ["sports"]
    )
    assert [len(data[f"d{number}_schools"]) for number in (1, 2, 3)] == [len(DIRECTORY.listing(n)) for n in (1, 2, 3)]
    assert {school.division for school in data["d2_schools"]} == {Division.II}
    assert all(Division.III in conference.divisions for conference in data["d3_conferences"])
    assert len(data["sports"]) == len({row["value"] for row in DIRECTORY.sports})
    assert data.complete == set(data)
    assert data.errors == {}


async def test_one_failure_hides_no_other_part() -> None:
    """A division that fails has no entry but its error; everything else is there."""
    async with CannedExtractor(DIRECTORY, failing("division=II&", EMPTY)) as unharmed:
        assert (await unharmed.extract_all_data_concurrent()).errors == {}
    async with CannedExtractor(
        DIRECTORY, lambda url, body: failing("division=II&", EMPTY)(f"{url}&", body)
    ) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert data.errors == {"d2_schools": EMPTY, "d2_conferences": EMPTY}
    assert len(data) == 5
    assert len(data["d1_schools"]) == len(DIRECTORY.listing(1))
    assert len(data["d3_schools"]) == len(DIRECTORY.listing(3))
    assert "d2_schools" not in data
    with pytest.raises(UnusableBodyError):
        _ = data["d2_schools"]
    with pytest.raises(KeyError):
        _ = data["d4_schools"]


async def test_never_silently_empty() -> None:
    """Empty listings, and listings of which no row is valid, are errors and not empty lists."""
    async with CannedExtractor(DIRECTORY, lambda _url, _body: []) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert data == {}
    assert len(data.errors) == 7
    with pytest.raises(UnexpectedShapeError, match="division I has no rows"):
        _ = data["d1_schools"]

    def unnamed(url: str, body: Any) -> Any:
        return [{**row, "nameOfficial": None} for row in body] if "memberList" in url else body

    async with CannedExtractor(DIRECTORY, unnamed) as extractor:
        data = await extractor.extract_all_data_concurrent()
    with pytest.raises(UnexpectedShapeError, match="None of the"):
        _ = data["d1_schools"]
    assert data.invalid["d1_schools"]


async def test_refused_rows_are_handed_out() -> None:
    """A row with a wrong type is refused with its reason and harms no other."""

    def answer(url: str, body: Any) -> Any:
        return [{**body[0], "privateFlag": 7}, *body[1:]] if "memberList" in url else body

    async with CannedExtractor(DIRECTORY, answer) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert len(data.invalid["d1_schools"]) == 1
    assert len(data["d1_schools"]) == len(DIRECTORY.listing(1)) - 1


async def test_details() -> None:
    """With details each school and each conference has its page read, in order, a few at a time."""
    extractor = CannedExtractor(DIRECTORY, details=True)
    found = await batches(extractor)
    schools = [row["orgId"] for row in rows_of(found, "schools")]
    assert [row["org_id"] for row in rows_of(found, "school_details")] == schools
    assert {row["org_id"] for row in rows_of(found, "conference_details")} == DIRECTORY.conference_names.keys()
    assert complete(found, "school_details") == {"division=I", "division=II", "division=III"}
    assert complete(found, "conference_details") == {""}
    assert 1 < extractor.most_under_way <= 8
    codes = {row["value"] for row in DIRECTORY.sports}
    sports = [sport for row in rows_of(found, "school_details") for sport in row["sponsored_sports"]]
    assert sports
    assert {sport["code"] for sport in sports} <= codes
    assert [spec.name for spec in extractor.entities][3:] == ["conference_details", "school_details"]


async def test_a_page_that_fails() -> None:
    """One page that fails is a warning; its school stays, and no page is taken for deleted."""
    broken = DIRECTORY.listing(2)[0]["orgId"]
    extractor = CannedExtractor(
        DIRECTORY, lambda url, body: "<h1>Sorry</h1>" if url.endswith(f"?id={broken}") else body, details=True
    )
    found = await batches(extractor)
    assert len(rows_of(found, "school_details")) == 59
    assert complete(found, "school_details") == set()
    assert complete(found, "conference_details") == {""}
    assert complete(found, "schools") == {"division=I", "division=II", "division=III"}
    [warning] = extractor.warnings
    assert warning.startswith("1 of 60 pages of school_details could not be read")
    assert f"id {broken}" in warning


async def test_a_bug_is_no_warning() -> None:
    """What is not one of Headgate's errors is not swallowed."""
    with pytest.raises(ZeroDivisionError):
        await batches(CannedExtractor(DIRECTORY, failing("division=II", ZeroDivisionError())))


async def test_not_open() -> None:
    """A source that was not entered says so, once."""
    with pytest.raises(ConfigError, match="not open"):
        await RobustNCAExtractor().extract_all_data_concurrent()


@pytest.mark.parametrize("url", ["web3.ncaa.org", "ftp://web3.ncaa.org", "https://", "http://[", "http://a:b"])
def test_bad_base_url(url: str) -> None:
    """A base URL that is none is refused with an example of one."""
    with pytest.raises(InvalidURLError, match="base URL") as caught:
        RobustNCAExtractor(base_url=url)
    assert "https://web3.ncaa.org" in str(caught.value.hint)


def test_no_base_url_is_the_real_directory() -> None:
    """None stands for the directory itself."""
    assert RobustNCAExtractor(base_url=None).base_url == "https://web3.ncaa.org"
    assert RobustNCAExtractor(base_url="http://127.0.0.1:80/").base_url == "http://127.0.0.1:80"
