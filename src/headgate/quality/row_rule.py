"""A rule on a whole row: what several of its fields must be together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.findings import WHOLE_ROW
from headgate.quality.rule import Severity, as_severity, refuse_uncallable


@dataclass(frozen=True, slots=True, init=False)
class RowRule:
    """What the fields of a row must be together.

    Args:
        name: Name of the rule, such as ``"closed_after_opened"``.
        validator: Takes the validated model, returns whether it is good. Rows that the model refuses are not judged.
        error_message: What a person reads when it is not.
        severity: ``info``, ``warning``, ``error`` or ``critical``; a string will do.
        fields: The fields it is about, for the reader of a finding; none: the row as a whole.

    Raises:
        ConfigError: As for :class:`~headgate.quality.ValidationRule`.
    """

    name: str
    validator: Callable[[Any], object]
    error_message: str
    severity: Severity
    fields: tuple[str, ...]

    def __init__(
        self,
        name: str,
        validator: Callable[[Any], object],
        error_message: str,
        severity: Severity | str = Severity.ERROR,
        fields: Sequence[str] = (),
    ) -> None:
        if not name or not isinstance(name, str):
            raise ConfigError(f"A row rule has the name {name!r}.", hint="Give it a name of its own.")
        where = f"Row rule '{name}'"
        refuse_uncallable(validator, where=where)
        put = object.__setattr__
        put(self, "name", name)
        put(self, "validator", validator)
        put(self, "error_message", error_message)
        put(self, "severity", as_severity(severity, where=where))
        put(self, "fields", tuple(fields))

    @property
    def subject(self) -> str:
        """The field that a finding names: the fields joined, or the row as a whole."""
        return ", ".join(self.fields) or WHOLE_ROW

    def subject_value(self, model: Any) -> Any:
        """The values of the fields it is about, by field; the whole model's if it names none."""
        if not self.fields:
            return dict(model)
        return {field: getattr(model, field, None) for field in self.fields}
