"""Conditions on the fields of a row, as data: the store says them in SQL, a batch asks them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import ConfigError


class Operator(StrEnum):
    """How a field is compared. As in SQL, a comparison with a null is not true."""

    EQUALS = "equals"
    DIFFERS = "differs"
    IS_IN = "is_in"
    IS_NULL = "is_null"
    IS_NOT_NULL = "is_not_null"


@dataclass(frozen=True, slots=True)
class Condition:
    """A field compared with a value.

    Args:
        field: Field of the row.
        operator: How it is compared.
        value: With what: a tuple of values for ``is_in``, nothing for ``is_null`` and ``is_not_null``.

    Raises:
        ConfigError: The operator does not exist, or the value does not suit it.
    """

    field: str
    operator: Operator
    value: Any = None

    def __post_init__(self) -> None:
        """Refuse what could not be asked."""
        try:
            object.__setattr__(self, "operator", Operator(self.operator))
        except ValueError:
            raise ConfigError(
                f"The condition on '{self.field}' has the operator {self.operator!r}, which does not exist.",
                hint=f"Operators are: {', '.join(Operator)}.",
            ) from None
        if self.operator is Operator.IS_IN and not isinstance(self.value, tuple):
            raise ConfigError(f"The condition on '{self.field}' needs a tuple of values for 'is_in'.")
        if self.operator in (Operator.EQUALS, Operator.DIFFERS) and self.value is None:
            raise ConfigError(
                f"The condition on '{self.field}' compares with null, which is never true.",
                hint="Use 'is_null' or 'is_not_null'.",
            )

    def holds(self, row: Any) -> bool:
        """Whether it is true of a row (a mapping or a model)."""
        value = field_value(row, self.field)
        if self.operator is Operator.IS_NULL:
            return value is None
        if value is None:
            return False
        if self.operator is Operator.EQUALS:
            return bool(value == self.value)
        if self.operator is Operator.DIFFERS:
            return bool(value != self.value)
        return self.operator is Operator.IS_NOT_NULL or value in self.value


def field_value(row: Any, field: str) -> Any:
    """Return a field of a mapping or a model; ``None`` if it has none."""
    return row.get(field) if isinstance(row, Mapping) else getattr(row, field, None)
