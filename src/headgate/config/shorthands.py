"""Three short names for settings that live deeper: two words, one truth.

Each layer (file, variables, flags) is brought into step on its own, so that a flag overrides a file whichever of the
two names each of them uses, and only a contradiction inside one layer is an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from headgate.config.duration import to_seconds
from headgate.errors import ConfigError


def _inverse(value: float) -> float:
    return math.inf if value == 0 else 1 / value


def _one_more(value: float) -> float:
    return value + 1


def _one_less(value: float) -> float:
    return value - 1


def _same(value: float) -> float:
    return value


@dataclass(frozen=True, slots=True)
class Shorthand:
    """A short name, the setting it stands for, and how to go from one to the other."""

    name: str
    section: str
    setting: str
    expand: Callable[[float], float]
    shorten: Callable[[float], float]
    whole: bool = False

    @property
    def target(self) -> str:
        """The dotted name of the setting."""
        return f"{self.section}.{self.setting}"

    def to_target(self, value: float) -> float:
        """Return the setting's value for a value of the short name."""
        return self._typed(self.expand(value))

    def to_short(self, value: float) -> float:
        """Return the short name's value for a value of the setting."""
        return self._typed(self.shorten(value))

    def _typed(self, value: float) -> float:
        return int(value) if self.whole and value.is_integer() else value


SHORTHANDS = (
    Shorthand("rate_limit_delay", "rate_limit", "requests_per_second", _inverse, _inverse),
    Shorthand("max_retries", "retry", "max_attempts", _one_more, _one_less, whole=True),
    Shorthand("timeout_seconds", "http", "timeout_seconds", _same, _same),
)


def _number(value: object) -> float | None:
    """Return a usable number, or nothing: what is wrong with the rest is for the model to say."""
    value = to_seconds(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number >= 0 else None


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return what a layer says about a section, as a dictionary of its own; nothing if it is not a section."""
    section = values.get(name, {})
    if isinstance(section, BaseModel):
        return section.model_dump(exclude_unset=True)
    return dict(section) if isinstance(section, Mapping) else None


def in_step(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of one layer with both names of each shorthand set, wherever one of them is.

    Args:
        values: The nested values of the layer.
        where: What the layer is called in a message, such as ``"headgate.toml"``.

    Raises:
        ConfigError: The layer sets both names and they contradict each other.
    """
    result = dict(values)
    for shorthand in SHORTHANDS:
        section = _section(result, shorthand.section)
        if section is None:
            continue
        short, target = _number(result.get(shorthand.name)), _number(section.get(shorthand.setting))
        if short is not None and target is not None:
            _check(shorthand, short, target, where)
        elif short is not None and shorthand.setting not in section:
            result[shorthand.section] = {**section, shorthand.setting: shorthand.to_target(short)}
        elif target is not None and shorthand.name not in result:
            result[shorthand.name] = shorthand.to_short(target)
    return result


def _check(shorthand: Shorthand, short: float, target: float, where: str) -> None:
    expected = shorthand.to_target(short)
    if not math.isclose(expected, target, rel_tol=1e-9):
        raise ConfigError(
            f"{where} contradicts itself: {shorthand.name} = {short:g} means {shorthand.target} = {expected:g}, "
            f"and {shorthand.target} is {target:g}.",
            hint=f"Set one of the two: {shorthand.name} is a short name for {shorthand.target}.",
        )
