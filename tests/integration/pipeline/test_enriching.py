"""Enrichment as a step of a run: what arrives in the database, and what never stands in its way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from fixtures.colleges import DOWN, ELM, INSTITUTIONS, OAK, Colleges, CollegeWorld, Saying, college
from headgate import pipeline
from headgate.enrich.providers import InstitutionsProvider
from headgate.errors import ConfigError
from headgate.extract import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.extract.registry import PluginManager
from headgate.pipeline import Enrichment, RunStatus, SyncReport
from headgate.testing.clock import FakeClock

SAID = {"1001": {"size": 1500, "fee": 0.5, "motto": "grow"}}


@pytest.fixture
def world(database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> CollegeWorld:
    """Give a world with an empty database of either kind, in a folder without a configuration file."""
    monkeypatch.chdir(tmp_path)
    return CollegeWorld(database_url)


def funnel(report: SyncReport) -> tuple[int, ...]:
    """Return new, updated, unchanged and quarantined."""
    counts = report.entities["colleges"]
    return counts.new, counts.updated, counts.unchanged, counts.quarantined


def world_store(world: CollegeWorld) -> Any:
    """Open the store of a world."""
    return pipeline.open_store(world.config)


async def test_rows_arrive_with_figures_and_where_they_come_from(world: CollegeWorld) -> None:
    """Columns are typed, and beside them stand source, confidence, time and the value that lost."""
    clock = FakeClock()
    providers = [Saying({"1001": {"size": 1500, "enrolment": 1}}, as_of="2024"), InstitutionsProvider(INSTITUTIONS)]
    report = await world.sync(ELM, OAK, college(9, "palm"), enrichment=Enrichment(INSTITUTIONS, providers, clock=clock))
    assert (funnel(report), report.warnings) == ((3, 0, 0, 0), ())
    assert report.enriched == {"colleges": {"certain": 2, "none": 1}}
    rows = await world.stored()
    elm = rows[1]
    assert (elm["institution_id"], elm["match_kind"], elm["size"], elm["enrolment"]) == ("1001", "certain", 1500, 1)
    assert (elm["street"], elm["latitude"], elm["location_precision"]) == ("1 MAIN ST", 42.71, "rooftop")
    said = elm["enrichment"]["fields"]["enrolment"]
    assert (said["source"], said["as_of"], said["confidence"]) == (
        "saying",
        "2024",
        elm["enrichment"]["match"]["score"],
    )
    assert said["others"] == [{"value": 1000, "source": "institutions", "confidence": said["confidence"]}]
    assert elm["enrichment"]["match"]["evidence"]["domain"] == 4.0
    moment = datetime.fromtimestamp(clock.time(), UTC).isoformat(timespec="seconds")
    assert elm["enriched_at"] == {"institutions": moment, "saying": moment}
    assert (rows[2]["size"], rows[2]["enrolment"]) == (None, 2000)
    assert (rows[9]["institution_id"], rows[9]["match_kind"], rows[9]["enrolment"]) == (None, "none", None)
    assert await world.column("size") == [1500, None, None]


async def test_the_time_of_fetching_alone_changes_nothing(world: CollegeWorld) -> None:
    """A later run that finds the same is unchanged, and no version is added."""
    clock = FakeClock()
    for expected in (RunStatus.APPLIED, RunStatus.UNCHANGED):
        enrichment = Enrichment(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)], clock=clock)
        assert (await world.sync(ELM, OAK, enrichment=enrichment)).status is expected
        clock.move(86_400)
    async with world_store(world) as store:
        assert len(await store.history("colleges", 1)) == 1
        assert [problem async for problem in store.examine()] == []


async def test_a_changed_figure_is_a_change_of_the_row(world: CollegeWorld) -> None:
    """It is named with the old and the new value, and history has both."""
    await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(SAID)]))
    report = await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying({"1001": {"size": 1600}})]))
    assert funnel(report) == (0, 1, 1, 0)
    [change] = report.changes
    assert change.fields["size"] == (1500, 1600)
    assert change.fields["motto"] == ("grow", None)
    async with world_store(world) as store:
        assert [version.document["size"] for version in await store.history("colleges", 1) if version.document] == [
            1500, 1600,
        ]  # fmt: skip


async def test_a_provider_that_is_down_leaves_the_last_known_values_marked_stale(world: CollegeWorld) -> None:
    """The next process finds them in the store, says what happened, and a later one takes the mark off."""
    clock = FakeClock()
    await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(SAID)], clock=clock))
    first = (await world.stored())[1]
    clock.move(3600)
    report = await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(DOWN)], clock=clock))
    assert (report.status, funnel(report)) == (RunStatus.APPLIED, (0, 1, 1, 0))
    assert report.warnings[0].startswith("saying: The upstream answered 503.")
    stale = (await world.stored())[1]
    assert (stale["size"], stale["fee"], stale["motto"]) == (1500, 0.5, "grow")
    assert stale["enrichment"]["fields"]["size"]["stale"] is True
    assert stale["enriched_at"]["saying"] == first["enriched_at"]["saying"]
    still = await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(DOWN)], clock=clock))
    assert still.status is RunStatus.UNCHANGED
    back = await world.sync(ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(SAID)], clock=clock))
    assert funnel(back) == (0, 1, 1, 0)
    assert (await world.stored())[1]["enrichment"] == first["enrichment"]


@pytest.mark.parametrize(
    "said",
    [
        DOWN, KeyError("oops"), None, 7, [], {"1001": None}, {"1001": {"size": "many"}},
        {"1001": {"size": float("nan")}},
        {"1001": {"size": 2**70, "fee": float("inf"), "motto": "a\0b", "open": 1}}, {"1001": {"motto": "\ud800"}},
        {1001: {"size": object()}}, {"1001": {"size": 1.5}}, {"1001": {"unheard": [1]}},
    ],
)  # fmt: skip
async def test_nothing_that_a_provider_says_costs_a_row_or_the_run(world: CollegeWorld, said: Any) -> None:
    """Errors, nonsense and values that no column can hold are left out, with a warning."""
    report = await world.sync(
        ELM, OAK, enrichment=Enrichment(INSTITUTIONS, [Saying(said), InstitutionsProvider(INSTITUTIONS)])
    )
    assert (report.status, funnel(report)) == (RunStatus.APPLIED, (2, 0, 0, 0))
    assert any(message.startswith("saying: ") for message in report.warnings)
    row = (await world.stored())[1]
    assert (row["size"], row["fee"], row["motto"], row["open"], row["enrolment"]) == (None, None, None, None, 1000)


async def test_a_decision_of_a_person_wins_from_then_on(world: CollegeWorld) -> None:
    """The next run takes the figures of the chosen institution, and none where none was chosen."""
    enrichment = Enrichment(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)])
    await world.sync(ELM, OAK, college(9, "palm"), enrichment=enrichment)
    await world.decide(s1="1003", s2=None, s9="1004")
    report = await world.sync(ELM, OAK, college(9, "palm"), enrichment=enrichment)
    assert report.enriched == {"colleges": {"decided": 3}}
    rows = await world.stored()
    assert [(row["institution_id"], row["enrolment"]) for row in rows.values()] == [
        ("1003", 3000), (None, None), ("1004", 4000),
    ]  # fmt: skip
    assert rows[2]["match_kind"] == "none"


async def test_rows_of_the_quarantine_are_enriched_when_they_are_replayed(world: CollegeWorld) -> None:
    """A row that passes later arrives as any other."""
    broken = {**OAK, "title": ["Oak", "College"]}
    enrichment = Enrichment(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)])
    good = [college(number, f"fir{number}") for number in range(10, 30)]
    await world.sync(ELM, broken, *good, enrichment=enrichment)

    class Mended(BaseModel):
        """Takes what the model before refused."""

        college_id: int
        title: str
        site: str | None = None
        region: str | None = None
        mail: str | None = None

        @field_validator("title", mode="before")
        @classmethod
        def _one_text(cls, value: Any) -> Any:
            return " ".join(value) if isinstance(value, list) else value

    report = await pipeline.replay(
        "colleges", config=world.config, plugins=world.plugins([], Mended), enrichment=enrichment
    )
    assert report.replayed == 1
    assert (await world.stored())[2]["enrolment"] == 2000


async def test_without_a_word_nothing_is_added(world: CollegeWorld) -> None:
    """Enrichment is off until it is configured: the table has the columns of the model and no others."""
    report = await world.sync(ELM, OAK)
    assert set((await world.stored())[1]) == {"college_id", "title", "site", "region", "mail"}
    assert report.enriched == {}


async def test_turned_on_and_off_again(world: CollegeWorld) -> None:
    """Columns are added to what is there already; without enrichment the values are gone from the rows."""
    await world.sync(ELM)
    on = await world.sync(ELM, enrichment=Enrichment(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)]))
    assert (funnel(on), (await world.stored())[1]["enrolment"]) == ((0, 1, 0, 0), 1000)
    off = await world.sync(ELM)
    assert (funnel(off), "enrolment" in (await world.stored())[1]) == ((0, 1, 0, 0), False)


async def test_addresses_are_located_and_the_own_fields_of_a_row_stay(world: CollegeWorld) -> None:
    """An address without an institution has the point of its ZIP code; what it says of the state is heard."""
    rows = [
        college(1, "palm", mail="<span>1 Elm St, Suite 4</span><span>Troy</span><span>NY</span><span>12180</span>"),
        college(2, "fig", mail="9 Main St, Boston, MA 02115"),
        college(3, "elm", mail="Campus Box 7, Troy, NY 12180"),
    ]
    await world.sync(*rows, enrichment=Enrichment(INSTITUTIONS))
    found = await world.stored()
    one = found[1]
    assert (one["street"], one["unit"], one["city"], one["postal_code"]) == ("1 Elm St", "Suite 4", "Troy", "12180")
    assert (one["location_precision"], one["enrichment"]["fields"]["latitude"]["source"]) == ("zip", "gazetteer")
    assert found[2]["region"] == "NY"
    assert found[2]["state"] == "MA"
    assert found[3]["enrichment"]["fields"]["latitude"]["source"] == "institutions"


async def test_hostile_addresses_and_names_lose_no_row(world: CollegeWorld) -> None:
    """Whatever stands there, the row arrives, and no point is invented."""
    hostile = [
        "", "   ", "no address at all", "<script>alert(1)</script>", "<b>" * 5000, "x" * 1_000_000, "00000 " * 1000,
        "10 Downing Street, London SW1A 2AA, United Kingdom", "\u202e1 Elm St", "99999", "1 Elm St, ZZ 00000",
    ]  # fmt: skip
    rows = [college(number, "palm", mail=text, title=text or "x") for number, text in enumerate(hostile)]
    report = await world.sync(*rows, enrichment=Enrichment(INSTITUTIONS, [InstitutionsProvider(INSTITUTIONS)]))
    assert funnel(report) == (len(hostile), 0, 0, 0)
    assert {row["latitude"] for row in (await world.stored()).values()} == {None}


async def test_providers_are_asked_in_batches(world: CollegeWorld) -> None:
    """No more schools than a batch are held at a time, and of two that claim one institution the second has none."""
    world.config = world.config.model_copy(update={"batch_size": 2})
    provider = Saying(SAID)
    rows = [ELM, OAK, college(3, "ash"), college(4, "yew"), {**ELM, "college_id": 5}]
    report = await world.sync(*rows, enrichment=Enrichment(INSTITUTIONS, [provider]))
    assert provider.asked == [2, 2]
    assert report.enriched == {"colleges": {"ambiguous": 1, "certain": 4}}
    assert "5 and 1 are both like institution 1001" in report.warnings[0]


@pytest.mark.parametrize(
    ("key", "fields", "said"),
    [
        (("college_id", "title"), Enrichable("title"), "key of several fields"),
        (("college_id",), Enrichable("name"), "the field 'name'"),
    ],
)
async def test_a_wrong_declaration_fails_before_any_request(
    world: CollegeWorld, key: tuple[str, ...], fields: Enrichable, said: str
) -> None:
    """The source is not asked, and the message says what is wrong."""

    class Wrong(Colleges):
        entities = (EntitySpec("colleges", Colleges([]).model, key, enrichable=fields),)  # type: ignore[assignment]

    manager = PluginManager(discover=False)
    wrong = Wrong([ELM])
    manager.register_extractor("colleges", wrong)
    with pytest.raises(ConfigError, match=said):
        await pipeline.sync(
            "colleges", config=world.config, plugins=manager, enrichment=Enrichment(INSTITUTIONS, [Saying(SAID)])
        )
    assert wrong.asked == 0


async def test_providers_that_disagree_about_a_type(world: CollegeWorld) -> None:
    """Whole numbers and fractions share a column of fractions; a text and a number do not."""

    class Fractions(Saying):
        name = "fractions"
        fields = {"size": float, "fee": float}  # noqa: RUF012 - a test

    class Words(Saying):
        name = "words"
        fields = {"size": str}  # noqa: RUF012 - a test

    both = [Saying({}), Fractions({"1001": {"size": 2.5}})]
    await world.sync(ELM, enrichment=Enrichment(INSTITUTIONS, both))
    assert (await world.stored())[1]["size"] == 2.5
    with pytest.raises(ConfigError, match="'size' of 'colleges' is of type float to one provider and of type str"):
        await world.sync(ELM, enrichment=Enrichment(INSTITUTIONS, [*both, Words({})]))


async def test_providers_without_institutions(world: CollegeWorld) -> None:
    """Figures belong to institutions: without them the run does not begin."""
    with pytest.raises(ConfigError, match="no institutions"):
        await world.sync(ELM, enrichment=Enrichment(providers=[Saying(SAID)]))
    assert world.source.asked == 0
