"""Which providers there are: found through entry points."""

from __future__ import annotations

import difflib
from importlib.metadata import entry_points

from headgate.enrich.providers.provider import Provider
from headgate.errors import ConfigError

ENTRY_POINT_GROUP = "headgate.providers"


def provider_names() -> list[str]:
    """Return the names of all providers, sorted."""
    return sorted({entry_point.name for entry_point in entry_points(group=ENTRY_POINT_GROUP)})


def load_provider(name: str) -> type[Provider]:
    """Return the class of a provider.

    Raises:
        ConfigError: There is none of this name, its package cannot be loaded, or it is no provider.
    """
    found = next((one for one in entry_points(group=ENTRY_POINT_GROUP) if one.name == name), None)
    if found is None:
        names = provider_names()
        near = difflib.get_close_matches(name, names, n=1)
        suggestion = f"Did you mean '{near[0]}'? " if near else ""
        raise ConfigError(
            f"There is no provider '{name}'.", hint=f"{suggestion}Known providers: {', '.join(names) or 'none'}."
        )
    try:
        provider = found.load()
    except Exception as error:
        raise ConfigError(
            f"The provider '{name}' ({found.value}) cannot be loaded: {type(error).__name__}: {error}",
            hint="Reinstall or repair the package that offers it; the other providers are not affected.",
        ) from error
    if not isinstance(provider, type) or not issubclass(provider, Provider):
        raise ConfigError(
            f"The provider '{name}' ({found.value}) is no provider.",
            hint="Let the entry point name a subclass of headgate.enrich.providers.Provider.",
        )
    return provider
