"""The layer of the environment variables ``HEADGATE_...``."""

from __future__ import annotations

import os
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from headgate.config.known import did_you_mean
from headgate.config.origin import Layer, Origin, OriginKind, Origins
from headgate.errors import ConfigError

PREFIX = "HEADGATE_"
NESTED = "__"

FILE_VARIABLE = "HEADGATE_CONFIG"
"""Names the configuration file."""

NOT_SETTINGS = frozenset({FILE_VARIABLE, "HEADGATE_SHARED_DATA"})
"""Variables with the prefix that mean something else: the file, and the folder of recorded data for the tests."""


def variable_of(path: tuple[str, ...]) -> str:
    """Return the variable of a setting: ``HEADGATE_RATE_LIMIT__BURST_SIZE``."""
    return PREFIX + NESTED.join(path).upper()


def variable_layer(model: type[BaseSettings], known: set[tuple[str, ...]], sections: set[tuple[str, ...]]) -> Layer:
    """Read the environment of the process.

    Args:
        model: The settings that the variables are for.
        known: The paths of all settings.
        sections: The paths of all sections: a variable may hold a whole one, as JSON.

    Raises:
        ConfigError: A variable with the prefix is no setting, or a section is not JSON.
    """
    settings = {variable_of(path): path for path in known | sections}
    origins: Origins = {}
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name not in settings:
            raise _unknown(name, set(settings))
        origins[settings[name]] = Origin(OriginKind.VARIABLE, name)
    source = EnvSettingsSource(model, env_prefix=PREFIX, env_nested_delimiter=NESTED)
    try:
        values: dict[str, Any] = source()
    except SettingsError as error:
        wrong = ", ".join(origin.place for path, origin in origins.items() if path in sections)
        raise ConfigError(
            f"A variable that holds a whole section is not JSON: {wrong}.",
            hint="Write it as a JSON object, or set one variable for each setting of the section.",
        ) from error
    return Layer("The environment", values, origins)


def _unknown(name: str, known: set[str]) -> ConfigError:
    near = did_you_mean(name, sorted(known))
    suggestion = f"Did you mean {near}? " if near else ""
    return ConfigError(
        f"Unknown setting in the environment: {name}.",
        hint=f"{suggestion}Unset it if it is not meant for Headgate; 'headgate config show' lists all settings.",
    )
