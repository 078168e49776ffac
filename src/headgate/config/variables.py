"""The layer of the environment variables ``HEADGATE_...``."""

from __future__ import annotations

import os
from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsError

from headgate.config.known import Known, did_you_mean
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


def variable_layer(model: type[BaseSettings], known: Known) -> Layer:
    """Read the environment of the process.

    Args:
        model: The settings that the variables are for.
        known: The settings that there are; a variable may hold a whole section, as JSON.

    Raises:
        ConfigError: A variable with the prefix is no setting, or a section is not JSON.
    """
    origins: Origins = {}
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        path = tuple(name.removeprefix(PREFIX).lower().split(NESTED))
        if path not in known:
            raise _unknown(name, {variable_of(path) for path in known.settings | known.sections})
        origins[path] = Origin(OriginKind.VARIABLE, name)
    source = EnvSettingsSource(model, env_prefix=PREFIX, env_nested_delimiter=NESTED)
    try:
        values: dict[str, Any] = source()
    except SettingsError as error:
        wrong = ", ".join(origin.place for path, origin in origins.items() if known.is_section(path))
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
