"""The registry of sources."""

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint

import pytest
from pydantic import BaseModel

from headgate.errors import ConfigError, UnknownSourceError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin, by_entity
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager


class Peak(BaseModel):
    """A mountain."""

    name: str


class Peaks(ExtractorPlugin):
    """A source of two batches."""

    name = "peaks"
    entities = (EntitySpec("peaks", Peak, key=("name",)),)

    async def records(self) -> AsyncIterator[Records]:
        """Yield two batches."""
        yield Records("peaks", [{"name": "Eiger"}])
        yield Records("peaks", [{"name": "Jungfrau"}], complete=True)


async def test_extract_collects_all_batches() -> None:
    """extract() returns the rows of all batches by entity."""
    async with Peaks() as source:
        assert await source.extract() == {"peaks": [{"name": "Eiger"}, {"name": "Jungfrau"}]}


class Small(ExtractorPlugin):
    """A source that only writes extract()."""

    name = "small"
    entities = (EntitySpec("peaks", Peak, key=("name",)),)

    async def extract(self) -> list[dict[str, str]]:
        """Return the rows of the only entity."""
        return [{"name": "Eiger"}]


async def test_extract_is_enough() -> None:
    """Its rows are those of the only entity, and they are not taken for all there are."""
    assert [batch async for batch in Small().records()] == [Records("peaks", [{"name": "Eiger"}], complete=False)]


class Streamed(ExtractorPlugin):
    """A source whose extract() yields."""

    name = "streamed"
    entities = (EntitySpec("peaks", Peak, key=("name",)),)

    def __init__(self, *batches: object) -> None:
        self.batches = batches

    async def extract(self) -> AsyncIterator[object]:
        """Yield what it was made with."""
        for batch in self.batches:
            yield batch


async def test_extract_may_yield() -> None:
    """Batches go through as they are, with the proof that the source gives."""
    batch = Records("peaks", [{"name": "Eiger"}], complete=True)
    assert [given async for given in Streamed(batch).records()] == [batch]


async def test_extract_that_yields_bare_rows() -> None:
    """Rows without an entity are an error of the source that names it and what it yielded."""
    with pytest.raises(ConfigError, match="'streamed' yields dict"):
        [given async for given in Streamed({"name": "Eiger"}).records()]


@pytest.mark.parametrize(
    ("rows", "entities"),
    [
        ([{}], ()),
        ([{}], ("a", "b")),
        ({"c": []}, ("a", "b")),
        ({"a": 5}, ("a",)),
        ({"a": "text"}, ("a", "b")),
        (None, ("a",)),
    ],
)
def test_rows_of_nobody(rows: object, entities: tuple[str, ...]) -> None:
    """Rows that belong to no declared entity are an error of the source, said in one sentence."""
    with pytest.raises(ConfigError, match=r"extract\(\)"):
        by_entity(rows, entities)


def test_a_source_without_a_name() -> None:
    """It is called by the name of its class."""

    class Lakes(ExtractorPlugin):
        """A source that names nothing."""

        async def extract(self) -> list[object]:
            """Return nothing."""
            return []

    assert Lakes().name == "lakes"
    assert Small().name == "small"


def test_a_source_says_what_it_reads() -> None:
    """A class that writes neither method is abstract, and so is a stream of undeclared entities."""

    class Empty(ExtractorPlugin):
        """Nothing."""

    class Undeclared(ExtractorPlugin):
        """A stream of something."""

        async def records(self) -> AsyncIterator[Records]:
            """Yield rows of nobody knows what."""
            yield Records("peaks", [])

    for abstract in (ExtractorPlugin, Empty, Undeclared):
        with pytest.raises(TypeError, match="abstract"):
            abstract()


def test_registered_source_is_found() -> None:
    """A registered source is returned by its name and listed."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("peaks", Peaks)
    assert plugins.get("peaks") is Peaks
    assert plugins.names() == ["peaks"]


def test_unknown_source_suggests_the_nearest() -> None:
    """A misspelt name is answered with the nearest one."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("peaks", Peaks)
    with pytest.raises(UnknownSourceError, match="Did you mean 'peaks'"):
        plugins.get("peeks")


def test_two_sources_cannot_share_a_name() -> None:
    """Registering a second source under a name is refused; the same one again is not."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("peaks", Peaks)
    plugins.register_extractor("peaks", Peaks)
    with pytest.raises(ConfigError, match="Two sources"):
        plugins.register_extractor("peaks", Peaks())


@pytest.mark.parametrize("name", ["", "a b", "a/b", "--"])
def test_name_must_be_a_word(name: str) -> None:
    """A name that cannot be typed as one word is refused."""
    with pytest.raises(ConfigError, match="cannot be the name"):
        PluginManager(discover=False).register_extractor(name, Peaks)


def test_broken_entry_point_is_reported_and_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that cannot be imported is named when asked for; the others stay usable."""
    points = [
        EntryPoint("broken", "no_such_module_anywhere:Source", "headgate.extractors"),
        EntryPoint("number", "math:pi", "headgate.extractors"),
        EntryPoint("fine", "collections:OrderedDict", "headgate.extractors"),
    ]
    monkeypatch.setattr("headgate.extract.registry.entry_points", lambda group: points)
    plugins = PluginManager()
    assert plugins.names() == ["broken", "fine", "number"]
    with pytest.raises(ConfigError, match="no_such_module_anywhere"):
        plugins.get("broken")
    with pytest.raises(ConfigError, match="neither an extractor"):
        plugins.get("number")
    assert callable(plugins.get("fine"))


def test_ncaa_is_found_through_its_entry_point() -> None:
    """The built-in source is discovered like anybody else's."""
    assert "ncaa" in PluginManager().names()
