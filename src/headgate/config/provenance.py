"""The list of all settings: each with its value, where that came from, and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import orjson
from pydantic import BaseModel, SecretStr

from headgate.config.known import as_named_sections, as_section
from headgate.config.origin import Origin
from headgate.config.settings import PipelineConfig
from headgate.config.variables import variable_of
from headgate.logging import redact


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in force; secrets in the value are masked."""

    path: tuple[str, ...]
    value: str | float | bool | None
    origin: Origin
    description: str

    @property
    def name(self) -> str:
        """The dotted name, as in the file."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable_of(self.path)


def settings_in_force(config: PipelineConfig) -> Iterator[Setting]:
    """Yield every setting of a configuration, in the order of the reference.

    Of sections that a person named, only what was set in them: the rest is as for all.
    """
    return _in_force(config, config, ())


def _in_force(config: PipelineConfig, section: BaseModel, prefix: tuple[str, ...]) -> Iterator[Setting]:
    for name, field in type(section).model_fields.items():
        path, value = (*prefix, name), getattr(section, name)
        if as_section(field) is not None:
            yield from _in_force(config, value, path)
        elif as_named_sections(field) is not None:
            for word, named in value.items():
                settings = _in_force(config, named, (*path, word))
                yield from (setting for setting in settings if setting.path[-1] in named.model_fields_set)
        else:
            yield Setting(path, plain(value), config.origin(path), field.description or "")


def plain(value: object) -> str | float | bool | None:
    """Return a value of a setting as JSON can say it, with its secrets masked."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (Path, SecretStr)):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return redact(orjson.dumps(_plain_parts(value)).decode())
    return redact(str(value))


def _plain_parts(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain_parts(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain_parts(part) for part in value]
    return plain(value)
