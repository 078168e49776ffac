"""Where the value of a setting came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class OriginKind(StrEnum):
    """The four layers, the weakest first."""

    DEFAULT = "default"
    FILE = "file"
    VARIABLE = "variable"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Origin:
    """The layer a value came from, and the place in it.

    Args:
        kind: The layer.
        place: ``headgate.toml:12``, the name of the variable, the flag; empty for a default.
        through: The other name of the setting, if that was the one that was set.
    """

    kind: OriginKind
    place: str = ""
    through: str | None = None

    def __str__(self) -> str:
        """Return the place, or the word default."""
        place = self.place or self.kind.value
        return f"{place} ({self.through})" if self.through else place


DEFAULT_ORIGIN = Origin(OriginKind.DEFAULT)

Origins = dict[tuple[str, ...], Origin]
"""The origin of each value that somebody set, by the path of its setting."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer says: its nested values, and where each of them stands.

    Args:
        name: What the layer is called in a message.
        values: The nested values.
        origins: Where each value stands, by its path.
    """

    name: str
    values: dict[str, Any]
    origins: Origins


def find_origin(path: tuple[str, ...], origins: Origins) -> Origin:
    """Return the origin of a setting: its own, else that of the section it came with, else the default."""
    return next((origins[path[:end]] for end in range(len(path), 0, -1) if path[:end] in origins), DEFAULT_ORIGIN)
