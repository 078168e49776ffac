"""Which settings there are, and which one was probably meant."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Self, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from headgate.errors import ConfigError

Path = tuple[str, ...]

EACH = "NAME"
"""Stands in a path for the names that a person gives, as of entities in ``guard.entities.NAME.max_deleted``."""


def as_section(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a section of settings; nothing for a plain setting."""
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def as_named_sections(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that holds sections by names of a person's choice; nothing for any other."""
    inner = get_args(field.annotation)[1] if get_origin(field.annotation) is dict else None
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def settings_of(model: type[BaseModel], prefix: Path = ()) -> Iterator[tuple[Path, FieldInfo]]:
    """Yield every setting of a model and its sections, in their order, with its path; see :data:`EACH`."""
    for name, field in model.model_fields.items():
        section, named = as_section(field), as_named_sections(field)
        if section is not None:
            yield from settings_of(section, (*prefix, name))
        elif named is not None:
            yield from settings_of(named, (*prefix, name, EACH))
        else:
            yield (*prefix, name), field


@dataclass(frozen=True, slots=True)
class Known:
    """The settings that there are.

    Args:
        settings: The path of each setting.
        sections: The path of each section.
    """

    settings: frozenset[Path]
    sections: frozenset[Path]

    @classmethod
    def of(cls, model: type[BaseModel]) -> Self:
        """Return the settings of a model."""
        settings = frozenset(path for path, _ in settings_of(model))
        return cls(settings, frozenset(path[:end] for path in settings for end in range(1, len(path))))

    def is_setting(self, path: Path) -> bool:
        """Tell whether there is such a setting."""
        return self._declared(path) in self.settings

    def is_section(self, path: Path) -> bool:
        """Tell whether there is such a section."""
        return self._declared(path) in self.sections

    def __contains__(self, path: Path) -> bool:
        """Tell whether there is such a setting or section."""
        return self.is_setting(path) or self.is_section(path)

    def _declared(self, path: Path) -> Path:
        """Return a path with the names that a person gave replaced by :data:`EACH`."""
        for end in range(1, len(path)):
            if (*path[:end], EACH) in self.sections:
                return (*path[:end], EACH, *path[end + 1 :])
        return path


def may_be_none(field: FieldInfo) -> bool:
    """Tell whether a setting has a meaning for "none"."""
    annotation: Any = field.annotation
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) in {Union, types.UnionType} and type(None) in get_args(annotation)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is nearest to a mistyped one; nothing if none is near.

    For dotted names the last part counts too: ``burst_sise`` is near to ``rate_limit.burst_size``.
    """
    candidates = list(known)
    by_tail = {candidate.rpartition(".")[2]: candidate for candidate in reversed(candidates)}
    last = word.rpartition(".")[2]
    if last in by_tail:
        return by_tail[last]
    near = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    if near:
        return near[0]
    tail = difflib.get_close_matches(last, by_tail, n=1, cutoff=0.75)
    return by_tail[tail[0]] if tail else None


def unknown_setting(name: str, place: str, known: Iterable[Path]) -> ConfigError:
    """Return the error for a dotted name that is no setting, with the one that was probably meant."""
    near = did_you_mean(name, sorted(".".join(path) for path in known))
    suggestion = f"Did you mean '{near}'? " if near else ""
    return ConfigError(
        f"Unknown setting '{name}' in {place}.", hint=f"{suggestion}'headgate config show' lists all settings."
    )
