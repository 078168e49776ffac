"""The list of all settings: each with its value, where that came from, and what it means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from headgate.config.known import settings_of
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
    """Yield every setting of a configuration, in the order of the reference."""
    for path, field in settings_of(type(config)):
        value: Any = config
        for name in path:
            value = getattr(value, name)
        yield Setting(path, plain(value), config.origin(path), field.description or "")


def plain(value: object) -> str | float | bool | None:
    """Return a value of a setting as JSON can say it, with its secrets masked."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "inf"
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))
