"""A rule on the value of one field: data, not code that knows about rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.suggest import suggestion


class Severity(StrEnum):
    """What a finding does to its row.

    ``info`` and ``warning`` are reported and never drop a row; ``error`` sends the row to quarantine; ``critical``
    does that and holds the run.
    """

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rejects(self) -> bool:
        """Whether a finding of this severity keeps its row out."""
        return self in (Severity.ERROR, Severity.CRITICAL)


def as_severity(value: Severity | str, *, where: str) -> Severity:
    """Return the severity of this name, in any case; raises :class:`ConfigError` for another word."""
    try:
        return Severity(str(value).lower())
    except ValueError:
        raise ConfigError(
            f"{where} has the severity {value!r}, which does not exist.",
            hint=f"{suggestion(str(value), Severity)}Severities are: {', '.join(Severity)}.",
        ) from None


@dataclass(frozen=True, slots=True, init=False)
class ValidationRule:
    """What the value of a field must be.

    Args:
        name: Name of the rule, unique within a validator, such as ``"not_empty"``.
        validator: Takes the value, returns whether it is good. It must be a plain function without side effects; if
            it raises, that is reported as a finding about the rule, with the rule's severity.
        error_message: What a person reads when the value is not good.
        severity: ``info``, ``warning``, ``error`` or ``critical``; a string will do.

    Raises:
        ConfigError: The name is empty, the validator cannot be called or is a coroutine function, or the severity
            does not exist.
    """

    name: str
    validator: Callable[[Any], object]
    error_message: str
    severity: Severity

    def __init__(
        self,
        name: str,
        validator: Callable[[Any], object],
        error_message: str,
        severity: Severity | str = Severity.ERROR,
    ) -> None:
        if not name or not isinstance(name, str):
            raise ConfigError(f"A validation rule has the name {name!r}.", hint="Give it a name of its own.")
        where = f"Validation rule '{name}'"
        refuse_uncallable(validator, where=where)
        put = object.__setattr__
        put(self, "name", name)
        put(self, "validator", validator)
        put(self, "error_message", error_message)
        put(self, "severity", as_severity(severity, where=where))


def refuse_uncallable(function: object, *, where: str) -> None:
    """Raise :class:`ConfigError` unless ``function`` is callable and returns its verdict at once."""
    if not callable(function):
        raise ConfigError(
            f"{where} has a validator that cannot be called: {type(function).__name__}.",
            hint="Give it a function that takes the value and returns True or False.",
        )
    if inspect.iscoroutinefunction(function):
        # its coroutine would be truthy, and the rule would pass everything
        raise ConfigError(
            f"{where} has an async validator, whose verdict would never be awaited.",
            hint="Rules judge values that are there; fetch what they need before the batch.",
        )
