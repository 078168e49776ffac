"""Which settings there are, and which one was probably meant."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from headgate.errors import ConfigError

Path = tuple[str, ...]


def as_section(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a field that is a section of settings; nothing for a plain setting."""
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def settings_of(model: type[BaseModel], prefix: Path = ()) -> Iterator[tuple[Path, FieldInfo]]:
    """Yield every setting of a model and its sections, in their order, with its path."""
    for name, field in model.model_fields.items():
        section = as_section(field)
        if section is None:
            yield (*prefix, name), field
        else:
            yield from settings_of(section, (*prefix, name))


def sections_of(model: type[BaseModel]) -> set[Path]:
    """Return the paths of the sections of a model."""
    return {path[:end] for path, _ in settings_of(model) for end in range(1, len(path))}


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
