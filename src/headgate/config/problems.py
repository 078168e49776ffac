"""What is wrong with the settings, in words for the person who set them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from headgate.config.origin import Origins, find_origin
from headgate.errors import ConfigError
from headgate.logging import is_secret_name, redact

_SHOWN = 60


def explain(error: ValidationError, origins: Origins) -> ConfigError:
    """Return the configuration error for what the model refused.

    Args:
        error: What the model said.
        origins: Where each value came from.
    """
    problems = [problem for problem in error.errors() if not _is_derived(problem["loc"], origins)] or error.errors()
    sentences = [_sentence(problem["loc"], problem["msg"], problem.get("input"), origins) for problem in problems]
    return ConfigError(
        "\n".join(dict.fromkeys(sentences)), hint="'headgate config show' lists all settings with their meaning."
    )


def _path(location: tuple[int | str, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in location)


def _is_derived(location: tuple[int | str, ...], origins: Origins) -> bool:
    return find_origin(_path(location), origins).through is not None


def _sentence(location: tuple[int | str, ...], message: str, value: Any, origins: Origins) -> str:
    path = _path(location)
    name = ".".join(path) or "The settings"
    expected = message.removeprefix("Value error, ").removeprefix("Input should be ").rstrip(".")
    where = find_origin(path, origins)
    if isinstance(value, dict) or not path:
        return f"{name}, set by {where}: {expected}."
    shown = "***" if path and is_secret_name(path[-1]) else redact(repr(value))[:_SHOWN]
    return f"{name} is {shown}, set by {where}; expected: {expected}."
