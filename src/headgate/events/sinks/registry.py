"""Which sinks there are: those that Headgate brings, and plug-ins found through entry points."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points

from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, HeadgateError
from headgate.events.sinks.file import FileSink
from headgate.events.sinks.redis_stream import RedisSink
from headgate.events.sinks.sink import Sink
from headgate.events.sinks.standard_output import StandardOutputSink
from headgate.events.sinks.webhook import WebhookSink

ENTRY_POINT_GROUP = "headgate.sinks"
STANDARD_OUTPUT = "stdout"

BUILT_IN: Mapping[str, Callable[[str, SinkConfig], Sink]] = {
    "file": FileSink,
    "redis": RedisSink,
    STANDARD_OUTPUT: StandardOutputSink,
    "webhook": WebhookSink,
}


def make_sink(name: str, config: SinkConfig) -> Sink:
    """Return a sink, not opened yet.

    Raises:
        ConfigError: There is no such type, its package cannot be loaded, it makes no sink, or its settings are not
            usable.
    """
    if config.type in BUILT_IN:
        return BUILT_IN[config.type](name, config)
    try:
        made = _plug_in(config.type)(name, config)
    except HeadgateError:
        raise
    except Exception as error:
        raise ConfigError(
            f"The plug-in '{config.type}' did not make the sink '{name}': {type(error).__name__}: {error}",
            hint="Check the options of the sink.",
        ) from error
    if not isinstance(made, Sink):
        raise ConfigError(
            f"The plug-in '{config.type}' made {type(made).__name__}, which is no sink.",
            hint="Let it make an instance of a subclass of headgate.events.sinks.Sink.",
        )
    return made


def _plug_in(kind: str) -> Callable[[str, SinkConfig], object]:
    found = {entry_point.name: entry_point for entry_point in entry_points(group=ENTRY_POINT_GROUP)}
    if kind not in found:
        names = sorted({*BUILT_IN, *found})
        near = difflib.get_close_matches(kind, names, n=1)
        suggestion = f"Did you mean '{near[0]}'? " if near else ""
        raise ConfigError(f"There is no sink of type '{kind}'.", hint=f"{suggestion}Known types: {', '.join(names)}.")
    try:
        loaded: Callable[[str, SinkConfig], object] = found[kind].load()
    except Exception as error:
        raise ConfigError(
            f"The sink '{kind}' ({found[kind].value}) cannot be loaded: {type(error).__name__}: {error}",
            hint="Reinstall or repair the package that offers it; the other sinks are not affected.",
        ) from error
    return loaded
