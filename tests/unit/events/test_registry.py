"""Sinks by their types, and their settings."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from pydantic import SecretStr

from fixtures.sinks import KeepingSink
from headgate.config.events import SinkConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError
from headgate.events.sinks import make_sink, registry

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def keeping(_name: str, config: SinkConfig) -> KeepingSink:
    """Make a sink of a plug-in."""
    return KeepingSink(batch=config.options["size"])


def _offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    offered = EntryPoints([EntryPoint("kafka", value, registry.ENTRY_POINT_GROUP)])
    monkeypatch.setattr(registry, "entry_points", lambda group: offered.select(group=group))


def test_plug_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package offers a sink, and is given its options."""
    _offer(monkeypatch, f"{__name__}:keeping")
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(keeping=keeping))
    made = make_sink("mine", SinkConfig(type="kafka", options={"size": 7}))
    assert made.batch == 7


@pytest.mark.parametrize(
    ("value", "said"),
    [("nowhere:Sink", "cannot be loaded"), ("builtins:dict", "did not make the sink"), ("builtins:print", "no sink")],
)
def test_broken_plug_in_is_explained(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    """A plug-in that cannot be loaded, raises, or makes something else is a mistake of the configuration."""
    _offer(monkeypatch, value)
    with pytest.raises(ConfigError, match=said):
        make_sink("mine", SinkConfig(type="kafka"))


def test_unknown_type_is_suggested() -> None:
    """A mistyped type is answered with the nearest one."""
    with pytest.raises(ConfigError, match="Did you mean 'webhook'"):
        make_sink("hook", SinkConfig(type="webhok"))


@pytest.mark.parametrize("written", ["a b", "a,b", " a , b ", '["a", "b"]'])
def test_lists_in_the_environment(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """A list is words apart by blanks or commas, or JSON."""
    monkeypatch.setenv("HEADGATE_EVENTS__SINKS__LOG__TYPE", "stdout")
    monkeypatch.setenv("HEADGATE_EVENTS__SINKS__LOG__ENTITIES", written)
    assert PipelineConfig().events.sinks["log"].entities == ("a", "b")


@pytest.mark.parametrize("url", [None, "nonsense", "ftp://x/", "https://", "http://example.org/hook", "redis://x"])
def test_webhook_wants_https(url: str | None) -> None:
    """A URL that is none, or without TLS, is refused before anything is sent, and not shown."""
    config = SinkConfig(type="webhook", url=None if url is None else SecretStr(url), secrets=(SecretStr(SECRET),))
    with pytest.raises(ConfigError) as refused:
        make_sink("hook", config)
    assert "'hook'" in refused.value.message


def test_settings_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """URL and secrets of a sink in the file come from variables, several secrets apart by blanks, and are masked."""
    file = tmp_path / "headgate.toml"
    file.write_text('[events.sinks.hook]\ntype = "webhook"\ntypes = ["entity.*"]\n')
    monkeypatch.setenv("HEADGATE_EVENTS__SINKS__HOOK__URL", "https://example.org/hook?token=t0p")
    monkeypatch.setenv("HEADGATE_EVENTS__SINKS__HOOK__SECRETS", f"{SECRET} {SECRET}")
    sink = PipelineConfig(file).events.sinks["hook"]
    assert sink.url is not None
    assert sink.url.get_secret_value() == "https://example.org/hook?token=t0p"
    assert [secret.get_secret_value() for secret in sink.secrets] == [SECRET, SECRET]
    assert sink.types == ("entity.*",)
    assert "t0p" not in repr(sink)
    assert SECRET not in repr(sink)
    assert make_sink("hook", sink).concurrency == 8


def test_names_of_sinks_are_words(tmp_path: Path) -> None:
    """A name that would not do for a variable or a message is refused."""
    with pytest.raises(ConfigError, match="names of sinks"):
        PipelineConfig(events={"sinks": {"a b": {"type": "stdout"}}})
