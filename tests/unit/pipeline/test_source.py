"""Which options a source is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.extract.registry import PluginManager
from headgate.pipeline.source import open_source
from headgate.store import DatabaseManager


class Plain(ExtractorPlugin):
    """A source without any option."""

    name = "plain"
    entities: tuple[EntitySpec, ...] = ()

    async def records(self) -> AsyncIterator[Records]:
        """Yield nothing."""
        return
        yield


class WithPolicies(Plain):
    """A source that hands the policies on, and says where its upstream is itself."""

    def __init__(self, **policies: Any) -> None:
        self.policies = policies


class WithAddress(WithPolicies):
    """A source that can be asked elsewhere."""

    def __init__(self, *, base_url: str | None, **policies: Any) -> None:
        super().__init__(**policies)
        self.base_url = base_url


async def opened(source: Any, *, base_url: str | None = None, details: bool = False) -> Any:
    """Open a source as the pipeline does, and return the extractor."""
    plugins = PluginManager(discover=False)
    plugins.register_extractor("mine", source)
    db = DatabaseManager("sqlite:///:memory:")
    config = PipelineConfig(max_retries=7)
    try:
        async with open_source(
            "mine", config=config, db=db, plugins=plugins, base_url=base_url, details=details
        ) as made:
            return made
    finally:
        await db.close()


async def test_plain_source_is_given_nothing() -> None:
    """A class without a constructor of its own is made without arguments."""
    assert isinstance(await opened(Plain), Plain)


async def test_policies_come_from_the_settings() -> None:
    """Keyword arguments carry the policies, and nothing that belongs to another source."""
    made = await opened(WithPolicies)
    assert made.policies["retry_config"].max_attempts == 8
    assert not {"base_url", "details"} & set(made.policies)


async def test_address_reaches_the_source_that_names_it() -> None:
    """A source that takes a base URL is given it."""
    assert (await opened(WithAddress, base_url="http://here")).base_url == "http://here"


@pytest.mark.parametrize(
    ("source", "words"),
    [(WithPolicies, {"base_url": "http://h"}), (WithAddress, {"details": True}), (Plain, {"details": True})],
)
async def test_what_a_source_does_not_have_is_refused(source: type[Plain], words: dict[str, Any]) -> None:
    """An option that would be ignored in silence is an error that names the source."""
    with pytest.raises(ConfigError, match="'mine' does not take"):
        await opened(source, **words)
