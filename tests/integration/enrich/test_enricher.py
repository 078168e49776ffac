"""Schools enriched from replicas of the providers, in order, with faults, with everything said about each value."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import BaseModel

from headgate.config.policies import CacheConfig
from headgate.enrich import DataEnricher, MatchKind, Precision
from headgate.enrich.providers import EADAProvider, Figures, InstitutionsProvider, Provider, ScorecardProvider, Wanted
from headgate.errors import ConfigError, RequestRejectedError, UnexpectedShapeError
from headgate.testing.clock import FakeClock
from headgate.testing.providers import FileReplica, ScorecardReplica

UNCACHED = CacheConfig(enabled=False)
INSTITUTIONS: list[dict[str, Any]] = [
    {
        "IPEDSID": "1001",
        "NAME": "ELM UNIVERSITY",
        "STATE": "NY",
        "WEBSITE": "elm.edu",
        "TYPE": "2",
        "TOT_ENROLL": "5000",
    },
    {"IPEDSID": "1002", "NAME": "OAK COLLEGE", "STATE": "NY", "WEBSITE": "oak.edu", "TYPE": "2", "TOT_ENROLL": "900"},
]
ELM = {
    "orgId": 1, "nameOfficial": "Elm University", "webSiteUrl": "www.elm.edu", "memberOrgAddress": {"state": "NY"},
    "privateFlag": "Y", "address_html": "<span>1 Elm St</span><span>Troy</span><span>NY</span><span>12180</span>",
}  # fmt: skip
OAK = {"orgId": 2, "nameOfficial": "Oak College", "webSiteUrl": "oak.edu", "memberOrgAddress": {"state": "NY"}}
STRANGER = {"orgId": 3, "nameOfficial": "Simon Fraser University", "memberOrgAddress": {"state": "BC"}}
LOCATED = [
    {
        **INSTITUTIONS[0], "ADDRESS": "9 OAK AVE", "CITY": "TROY", "ZIP": "12180", "ZIP4": "NOT AVAILABLE",
        "LATITUDE": "42.73", "LONGITUDE": "-73.68",
    },
]  # fmt: skip
SCORES = [
    {
        "id": 1001,
        "latest.student.size": 5100,
        "latest.cost.tuition.in_state": 12000,
        "latest.admissions.admission_rate.overall": 0.5,
    },
    {"id": 1002, "latest.student.size": None, "latest.earnings.10_yrs_after_entry.median": 41000},
]


@pytest.fixture
async def scorecard() -> AsyncIterator[ScorecardReplica]:
    """Serve the scorecard."""
    async with ScorecardReplica(SCORES) as replica:
        yield replica


def asking(replica: ScorecardReplica, clock: FakeClock, key: str = "a-key") -> ScorecardProvider:
    """Make a provider that asks the replica."""
    return ScorecardProvider(key, base_url=f"{replica.url}/ed/collegescorecard/v1", cache=UNCACHED, clock=clock)


async def test_values_carry_source_time_and_confidence_and_the_losing_value(scorecard: ScorecardReplica) -> None:
    """The first provider gives the value, the other one stands beside it."""
    clock = FakeClock()
    async with asking(scorecard, clock) as provider:
        enricher = DataEnricher(INSTITUTIONS, [provider, InstitutionsProvider(INSTITUTIONS)], clock=clock)
        elm, oak, stranger = await clock.run(enricher.enrich_schools([ELM, OAK, STRANGER]))
    size = elm.values["enrolment"]
    assert (size.value, size.source, size.fetched_at, size.stale) == (5100, "scorecard", clock.time(), False)
    assert size.confidence == elm.match.score
    assert [(other.value, other.source) for other in size.others] == [(5000, "institutions")]
    assert elm.values["control"].source == "institutions"
    # what the scorecard does not know comes from the other one
    assert (oak.values["enrolment"].value, oak.values["enrolment"].source) == (900, "institutions")
    assert (stranger.match.kind, stranger.values) == (MatchKind.NONE, {})
    assert enricher.warnings == []


async def test_the_order_can_differ_by_field(scorecard: ScorecardReplica) -> None:
    """A declared order wins over that of the providers."""
    clock = FakeClock()
    async with asking(scorecard, clock) as provider:
        providers = [provider, InstitutionsProvider(INSTITUTIONS)]
        enricher = DataEnricher(INSTITUTIONS, providers, order={"enrolment": ["institutions"]}, clock=clock)
        elm = await clock.run(enricher.enrich_school_data(ELM))
    assert (elm.values["enrolment"].value, elm.values["enrolment"].others[0].value) == (5000, 5100)
    assert elm.values["tuition_in_state"].value == 12000


async def test_columns_and_provenance(scorecard: ScorecardReplica) -> None:
    """What changes with every run, the time of fetching, stands apart from what takes part in change detection."""
    clock = FakeClock()
    async with asking(scorecard, clock) as provider:
        enricher = DataEnricher(INSTITUTIONS, [provider, InstitutionsProvider(INSTITUTIONS)], clock=clock)
        elm = await clock.run(enricher.enrich_school_data(ELM))
        clock.move(86_400)
        again = await clock.run(enricher.enrich_school_data(ELM))
    assert elm.columns() == again.columns()
    assert (
        elm.columns().items()
        >= {"enrolment": 5100, "street": "1 Elm St", "city": "Troy", "postal_code": "12180"}.items()
    )
    assert again.provenance()["enrolment"]["fetched_at"] == elm.provenance()["enrolment"]["fetched_at"] + 86_400
    assert elm.provenance()["enrolment"]["others"][0]["value"] == 5000


async def test_an_address_is_located(scorecard: ScorecardReplica) -> None:
    """A school with an address has a location with a point; one without has none."""
    elm, oak = await DataEnricher(INSTITUTIONS, []).enrich_schools([ELM, OAK])
    assert elm.location is not None
    assert (elm.location.city, elm.location.precision) == ("Troy", Precision.ZIP)
    assert oak.location is None


async def test_the_point_is_that_of_the_matched_institution_unless_the_address_is_elsewhere() -> None:
    """An address near its institution has the institution's point; one far away has that of its ZIP code."""
    near, far = (
        {**ELM, "address_html": f"1 Elm St, {place}"} for place in ("Lansingburgh, NY 12182", "Buffalo, NY 14201")
    )
    [there] = await DataEnricher(LOCATED).enrich_schools([near])
    [elsewhere] = await DataEnricher(LOCATED).enrich_schools([far])
    assert there.location is not None
    assert (there.location.latitude, there.location.precision) == (42.73, Precision.ROOFTOP)
    assert there.location.street == "1 Elm St"
    assert elsewhere.location is not None
    assert (elsewhere.location.precision, elsewhere.location.source) == (Precision.ZIP, "gazetteer")
    point = there.everything()["latitude"]
    assert (point.source, point.confidence) == ("institutions", there.match.score)
    assert (there.everything()["street"].source, there.everything()["street"].confidence) == ("address", 1.0)


async def test_a_school_without_an_address_is_where_its_institution_is() -> None:
    """Street, city and point come from the file, as sure as the match; the same file is no second voice."""
    school = {name: value for name, value in ELM.items() if name != "address_html"}
    [elm] = await DataEnricher(LOCATED, [InstitutionsProvider(LOCATED)]).enrich_schools([school])
    found = elm.everything()
    assert {"street": "9 OAK AVE", "city": "TROY", "latitude": 42.73, "location_precision": "rooftop"}.items() <= (
        elm.columns().items()
    )
    assert (found["street"].source, found["street"].confidence) == ("institutions", elm.match.score)
    assert found["latitude"].others == ()
    [stranger] = await DataEnricher(LOCATED).enrich_schools([STRANGER])
    assert (stranger.location, stranger.columns()) == (None, {})


async def test_what_the_institution_says_of_the_place_stays_visible() -> None:
    """The address counts unless another order is declared; what differs stands among the values that lost."""
    [elm] = await DataEnricher(LOCATED).enrich_schools([ELM])
    found = elm.everything()
    assert (found["street"].value, found["street"].source) == ("1 Elm St", "address")
    assert [(other.value, other.source) for other in found["street"].others] == [("9 OAK AVE", "institutions")]
    assert found["city"].others == ()
    [elm] = await DataEnricher(LOCATED, order={"location": ["institutions"]}).enrich_schools([ELM])
    found = elm.everything()
    assert (found["street"].value, found["latitude"].value) == ("9 OAK AVE", 42.73)
    assert [(other.value, other.source) for other in found["street"].others] == [("1 Elm St", "address")]


async def test_an_address_that_names_no_place_leaves_it_to_the_institution() -> None:
    """What was not understood is kept with its reason."""
    [elm] = await DataEnricher(LOCATED).enrich_schools([{**ELM, "address_html": "call the office"}])
    assert (elm.columns()["street"], elm.everything()["street"].source) == ("9 OAK AVE", "institutions")
    assert [piece.text for piece in elm.unparsed] == ["call the office"]


@pytest.mark.parametrize("point", [("0", "0"), ("x", "1"), ("nan", "nan"), ("", ""), ("420", "-73")])
async def test_a_point_that_cannot_be_is_left_out(point: tuple[str, str]) -> None:
    """The rest of what the file says about the institution is kept."""
    row = {**LOCATED[0], "LATITUDE": point[0], "LONGITUDE": point[1]}
    school = {name: value for name, value in ELM.items() if name != "address_html"}
    [elm] = await DataEnricher([row]).enrich_schools([school])
    assert elm.columns()["city"] == "TROY"
    assert "latitude" not in elm.columns()


async def test_of_two_schools_in_two_batches_the_first_one_has_the_institution() -> None:
    """The second one is left to a person, and the warning names both; asked again, the first one keeps it."""
    enricher = DataEnricher(INSTITUTIONS)
    [first] = await enricher.enrich_schools([ELM])
    [second] = await enricher.enrich_schools([{**ELM, "orgId": 9}])
    [again] = await enricher.enrich_schools([ELM])
    assert (first.match.institution_id, again.match.institution_id) == ("1001", "1001")
    assert (second.match.kind, second.match.institution_id) == (MatchKind.AMBIGUOUS, None)
    assert "9 and 1 are both like institution 1001" in enricher.warnings[0]
    decided = DataEnricher(INSTITUTIONS, decisions={"9": "1001", "1": "1001"})
    both = [(await decided.enrich_school_data({**ELM, "orgId": number})).match.institution_id for number in (1, 9)]
    assert both == ["1001", "1001"]


async def test_a_provider_that_goes_down_leaves_what_it_said_last(scorecard: ScorecardReplica) -> None:
    """Stale values keep their time and are marked; the run goes on, and says what happened."""
    clock = FakeClock()
    async with asking(scorecard, clock) as provider:
        enricher = DataEnricher(INSTITUTIONS, [provider], clock=clock)
        before = await clock.run(enricher.enrich_school_data(ELM))
        scorecard.faults.reset("*:503")
        clock.move(3600)
        after = await clock.run(enricher.enrich_school_data(ELM))
    size = after.values["enrolment"]
    assert (size.value, size.stale, size.fetched_at) == (5100, True, before.values["enrolment"].fetched_at)
    assert after.columns() == before.columns()
    assert enricher.warnings[0].startswith("scorecard: ")
    assert "a-key" not in enricher.warnings[0]


@pytest.mark.parametrize("fault", ["500", "empty", "html", "truncate", "reset", "wrong_type"])
async def test_every_fault_leaves_the_other_providers_alone(scorecard: ScorecardReplica, fault: str) -> None:
    """Whatever a provider answers, the others give their values."""
    clock = FakeClock()
    scorecard.faults.reset(f"*:{fault}")
    async with asking(scorecard, clock) as provider:
        enricher = DataEnricher(INSTITUTIONS, [provider, InstitutionsProvider(INSTITUTIONS)], clock=clock)
        elm = await clock.run(enricher.enrich_school_data(ELM))
    assert elm.values["control"].value == "private"
    assert elm.values["enrolment"].value in {5000, 5100}


class Careless(Provider):
    """A provider of somebody else, with a mistake."""

    name = "careless"
    fields = MappingProxyType({"x": int})

    async def figures(self, wanted: Any) -> Mapping[str, Figures]:
        """Fail."""
        raise KeyError("oops")


async def test_a_mistake_in_a_provider_fails_no_run() -> None:
    """The mistake is a warning."""
    enricher = DataEnricher(INSTITUTIONS, [Careless(), InstitutionsProvider(INSTITUTIONS)])
    elm = await enricher.enrich_school_data(ELM)
    assert elm.values["enrolment"].value == 5000
    assert "careless: KeyError" in enricher.warnings[0]


async def test_what_a_provider_no_longer_knows_does_not_come_back_as_stale() -> None:
    """A figure that was taken back is gone, also when the provider is down afterwards."""
    clock = FakeClock()
    files = {"/eada.csv": "unitid,GRND_TOTAL_REVENUE,GRND_TOTAL_EXPENSE\n1001,10,9\n1002,1,1\n"}
    async with FileReplica(files) as replica:
        provider = EADAProvider(f"{replica.url}/eada.csv", cache=UNCACHED, clock=clock)
        async with provider:
            enricher = DataEnricher(INSTITUTIONS, [provider], clock=clock)
            assert (await clock.run(enricher.enrich_school_data(ELM))).values["athletics_revenue"].value == 10
            replica.files["/eada.csv"] = "unitid,GRND_TOTAL_REVENUE,GRND_TOTAL_EXPENSE\n1002,1,1\n"
            assert (await clock.run(enricher.enrich_school_data(ELM))).values == {}
            replica.faults.reset("*:500")
            assert (await clock.run(enricher.enrich_school_data(ELM))).values == {}


class School(BaseModel):
    """A school as a model."""

    org_id: int
    name: str
    website: str | None = None
    state: str | None = None
    private: bool | None = None


async def test_models_are_enriched_as_rows_are() -> None:
    """The fields of a model are read by their names."""
    school = School(org_id=1, name="Elm University", website="https://elm.edu", state="NY", private=True)
    found = await DataEnricher(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)]).enrich_school_data(school)
    assert found.school is school
    assert (found.match.institution_id, found.values["enrolment"].value) == ("1001", 5000)


async def test_a_decision_of_a_person_wins() -> None:
    """The figures are those of the institution a person chose."""
    enricher = DataEnricher(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)], decisions={"1": "1002"})
    found = await enricher.enrich_school_data(ELM)
    assert (found.match.institution_id, found.values["enrolment"].value) == ("1002", 900)


async def test_the_scorecard_is_asked_in_pages_and_with_the_key_in_a_header() -> None:
    """More institutions than fit on a page are all found, with as few requests as there are pages."""
    many = [
        {"IPEDSID": str(n), "NAME": f"WORD{n} UNIVERSITY", "STATE": "NY", "WEBSITE": f"w{n}.edu"} for n in range(250)
    ]
    schools = [
        {
            "orgId": n,
            "nameOfficial": f"Word{n} University",
            "webSiteUrl": f"w{n}.edu",
            "memberOrgAddress": {"state": "NY"},
        }
        for n in range(250)
    ]
    clock = FakeClock()
    async with ScorecardReplica([{"id": n, "latest.student.size": n + 1} for n in range(250)]) as replica:
        async with asking(replica, clock) as provider:
            found = await clock.run(DataEnricher(many, [provider], clock=clock).enrich_schools(schools))
        assert [one.values["enrolment"].value for one in found] == [n + 1 for n in range(250)]
        assert replica.requests == {"schools": 3}


async def test_a_scorecard_that_answers_something_else_than_it_was_asked() -> None:
    """It is not read to an end that may never come."""
    clock = FakeClock()
    async with ScorecardReplica([{"id": 1001, "latest.student.size": 5}] * 1000) as replica:
        async with asking(replica, clock) as provider:
            with pytest.raises(UnexpectedShapeError, match="1000 institutions where 1 were asked for"):
                await clock.run(provider.figures([Wanted("1001", "Elm University", "NY")]))
        assert replica.requests == {"schools": 1}


async def test_a_wrong_key_is_an_error_of_the_configuration(scorecard: ScorecardReplica) -> None:
    """The error has no key in it."""
    clock = FakeClock()
    async with asking(scorecard, clock, key="wrong-key") as provider:
        with pytest.raises(RequestRejectedError) as caught:
            await clock.run(provider.figures([Wanted("1001", "Elm University", "NY")]))
    assert "wrong-key" not in str(caught.value)


def test_providers_and_orders_are_checked_when_the_enricher_is_made() -> None:
    """Two of one name, and an order that names nobody, are errors of the configuration."""
    provider = InstitutionsProvider(INSTITUTIONS)
    with pytest.raises(ConfigError, match="Two providers"):
        DataEnricher(INSTITUTIONS, [provider, provider])
    with pytest.raises(ConfigError, match="scorecrd"):
        DataEnricher(INSTITUTIONS, [provider], order={"enrolment": ["scorecrd"]})
    with pytest.raises(ConfigError, match=r"census.*says nothing about places"):
        DataEnricher(INSTITUTIONS, [provider], order={"location": ["census"]})
    with pytest.raises(UnexpectedShapeError):
        InstitutionsProvider([{"NAME": "x"}])


class _Shrinking(Provider):
    """Knows so many institutions."""

    name = "shrinking"
    fields: Mapping[str, type] = MappingProxyType({"teams": int})

    def __init__(self) -> None:
        self.knows = 0

    async def figures(self, wanted: Sequence[Wanted]) -> dict[str, Figures]:
        """Answer for the first ones."""
        return {one.institution_id: {"teams": 7} for one in wanted[: self.knows]}


@pytest.mark.parametrize(("left", "stale"), [(10, 40), (30, 0)])
async def test_answer_that_lacks_most_of_what_was_known_is_not_believed(left: int, stale: int) -> None:
    """A table cut off between two rows takes no last known values away; a few that went are forgotten."""
    rows = [
        {**INSTITUTIONS[0], "IPEDSID": str(n), "NAME": f"N{n} UNIVERSITY", "WEBSITE": f"n{n}.edu"} for n in range(40)
    ]
    schools = [{**ELM, "orgId": n, "nameOfficial": f"N{n} University", "webSiteUrl": f"n{n}.edu"} for n in range(40)]
    provider = _Shrinking()
    enricher = DataEnricher(rows, [provider])
    provider.knows = 40
    assert all("teams" in school.values for school in await enricher.enrich_schools(schools))
    provider.knows = left
    again = [school.values["teams"] for school in await enricher.enrich_schools(schools) if "teams" in school.values]
    assert sum(value.stale for value in again) == stale
    assert len(again) == (stale or left)
    assert len(enricher.warnings) == bool(stale)
