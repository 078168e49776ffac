"""What rows are enriched with: given by code, or made of the settings."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.known import did_you_mean
from headgate.config.settings import PipelineConfig
from headgate.enrich import KnownFigures
from headgate.enrich.geocoding import (
    CensusGeocoder,
    Geocoder,
    GeocoderChain,
    KnownPoints,
    NominatimGeocoder,
    OfflineGeocoder,
    RememberedPoints,
)
from headgate.enrich.providers import Provider, load_provider, read_institutions
from headgate.errors import ConfigError

_GEOCODERS: dict[str, Callable[..., Any]] = {
    "institutions": KnownPoints,
    "census": CensusGeocoder,
    "nominatim": NominatimGeocoder,
    "offline": OfflineGeocoder,
}
_ON_THE_NETWORK = {"census", "nominatim"}
_DEFAULT_GEOCODERS: dict[str, dict[str, Any]] = {"institutions": {}, "offline": {}}
_FROM_HEADGATE = {"rows", "cache", "transport", "metrics", "clock", "api_key", "gazetteer"}
"""Arguments that no setting can give."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What rows are enriched with. Whoever opened providers and geocoders closes them.

    Args:
        institutions: Rows of the institutions file, that schools are matched with; none: they are only located.
        providers: Who adds figures, the first one first.
        order: By field: names of providers, where another order is wanted.
        geocoder: Who locates addresses; none: the middle of the ZIP code will do.
        clock: Where the time comes from that values are stamped with.
    """

    institutions: Sequence[Mapping[str, Any]] = ()
    providers: Sequence[Provider] = ()
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    geocoder: Geocoder | None = None
    clock: Clock = SYSTEM_CLOCK

    @property
    def is_on(self) -> bool:
        """Whether it adds anything."""
        return bool(self.institutions) or bool(self.providers) or self.geocoder is not None


@asynccontextmanager
async def configured(config: PipelineConfig, known: KnownFigures) -> AsyncIterator[Enrichment]:
    """Make providers and geocoders of the settings, and close them at the end.

    Args:
        config: The settings.
        known: Where geocoders remember points.

    Raises:
        ConfigError: The file cannot be read, a provider or geocoder does not exist, or its options are unusable.
        UnexpectedShapeError: The file is another one.
    """
    settings = config.enrich
    if settings.providers and settings.institutions is None:
        raise ConfigError(
            "Providers are configured, and no file of institutions to match schools with.",
            hint="Set enrich.institutions to the CSV file.",
        )
    if not settings.is_on:
        yield Enrichment()
        return
    rows = [] if settings.institutions is None else await read_institutions(settings.institutions)
    given = {"rows": rows, "cache": config.cache}
    async with AsyncExitStack() as stack:
        providers = []
        for name, options in settings.providers.items():
            others = {option: value for option, value in options.items() if option != "provider"}
            provider = _made(load_provider(str(options.get("provider", name))), others, given, f"provider '{name}'")
            provider.name = name
            providers.append(await stack.enter_async_context(provider))
        geocoders: list[Geocoder] = []
        chosen = _DEFAULT_GEOCODERS if settings.geocoders is None else settings.geocoders
        for name, options in chosen.items():
            geocoder = _made(_geocoder(name), options, given, f"geocoder '{name}'")
            if name in _ON_THE_NETWORK:
                await stack.enter_async_context(geocoder)
                geocoder = RememberedPoints(geocoder, known, name=name, keep=settings.points_kept)
            geocoders.append(geocoder)
        yield Enrichment(rows, providers, settings.order, GeocoderChain(*geocoders))


def _geocoder(name: str) -> Callable[..., Any]:
    if name not in _GEOCODERS:
        near = did_you_mean(name, _GEOCODERS)
        suggestion = f"Did you mean '{near}'? " if near else ""
        raise ConfigError(
            f"There is no geocoder '{name}'.", hint=f"{suggestion}Known geocoders: {', '.join(_GEOCODERS)}."
        )
    return _GEOCODERS[name]


def _made(factory: Callable[..., Any], options: Mapping[str, Any], given: Mapping[str, Any], what: str) -> Any:
    """Make a provider or geocoder of its options and what Headgate gives those that take it.

    Raises:
        ConfigError: An option is unknown, missing, or of a type that it cannot be.
    """
    parameters = inspect.signature(factory).parameters
    settable = [name for name in parameters if name not in _FROM_HEADGATE]
    for name in options:
        if name not in settable:
            raise ConfigError(
                f"The {what} has no option '{name}'.", hint=f"It takes: {', '.join(settable) or 'no options'}."
            )
    needed = [name for name in settable if parameters[name].default is inspect.Parameter.empty and name not in options]
    if needed:
        raise ConfigError(f"The {what} needs the option '{needed[0]}'.", hint=f"It takes: {', '.join(settable)}.")
    try:
        return factory(**{name: value for name, value in given.items() if name in parameters}, **options)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"The {what} cannot be made of its options: {error}.", hint=f"It takes: {', '.join(settable)}."
        ) from error
