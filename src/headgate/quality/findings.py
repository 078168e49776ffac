"""What was found: the findings on one value, the rows that were refused, and the outcome of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from headgate.quality.plain import shorten, to_json
from headgate.quality.rule import Severity

M = TypeVar("M", bound=BaseModel)

WHOLE_ROW = "(row)"
"""The field of a finding that is about the row as a whole."""


class FindingKind(StrEnum):
    """Who found it: the model, a rule, a rule that raised and could not judge, a contract or a relationship."""

    MODEL = "model"
    RULE = "rule"
    RULE_RAISED = "rule_raised"
    CONTRACT = "contract"
    RELATIONSHIP = "relationship"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Args:
        field: The field, dotted where it is nested, or :data:`WHOLE_ROW`.
        rule: Name of the rule, or ``model.<type>`` with Pydantic's error type.
        severity: What it does to the row.
        value: The value that was judged.
        message: What a person reads.
        kind: Who found it.
    """

    field: str
    rule: str
    severity: Severity
    value: Any
    message: str
    kind: FindingKind = FindingKind.RULE

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain text values, the value shortened."""
        return {
            "field": self.field,
            "rule": self.rule,
            "severity": self.severity.value,
            "value": shorten(self.value),
            "message": self.message,
            "kind": self.kind.value,
        }


@dataclass(frozen=True, slots=True)
class InvalidItem:
    """A row that was refused, with every reason.

    Args:
        index: Position of the row in the input, from 0.
        row: The raw row, exactly as it came.
        reasons: Every finding on it, of whatever severity; at least one of them rejects.
        timestamp: When it was refused (UTC).
    """

    index: int
    row: Any
    reasons: tuple[Finding, ...]
    timestamp: datetime

    @property
    def severity(self) -> Severity:
        """The worst severity among the reasons."""
        critical = any(reason.severity is Severity.CRITICAL for reason in self.reasons)
        return Severity.CRITICAL if critical else Severity.ERROR

    def row_json(self) -> str:
        """Return the raw row as JSON text that any store can keep, whatever it holds."""
        return to_json(self.row)

    def as_dict(self) -> dict[str, Any]:
        """Return the item as JSON-ready values; the row as it came."""
        return {
            "index": self.index,
            "row": self.row,
            "reasons": [reason.as_dict() for reason in self.reasons],
            "timestamp": self.timestamp.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class FlaggedRow:
    """A row that went on although something was found.

    Args:
        index: Position of the row in the input, from 0.
        row: The raw row, exactly as it came.
        findings: What was found, of severity ``info`` or ``warning``.
    """

    index: int
    row: Any
    findings: tuple[Finding, ...]


class BatchResult(tuple[list[M], list[InvalidItem]], Generic[M]):  # noqa: SLOT001 - a tuple with an attribute
    """The pair ``(valid, invalid)`` of a batch, both in the order of the input.

    It unpacks as that pair and carries, beside it, the valid rows that were flagged. Every row of the input is in
    exactly one of the two lists.
    """

    flagged: Sequence[FlaggedRow]

    def __new__(cls, valid: list[M], invalid: list[InvalidItem], flagged: Sequence[FlaggedRow] = ()) -> BatchResult[M]:
        """Make the pair."""
        pair = tuple.__new__(cls, (valid, invalid))
        pair.flagged = flagged
        return pair

    @property
    def valid(self) -> list[M]:
        """The models of the good rows."""
        return self[0]

    @property
    def invalid(self) -> list[InvalidItem]:
        """The refused rows with their reasons."""
        return self[1]

    @property
    def rows(self) -> int:
        """How many rows the batch had."""
        return len(self[0]) + len(self[1])

    @property
    def critical(self) -> bool:
        """Whether something was found that holds the run."""
        return any(item.severity is Severity.CRITICAL for item in self[1])

    def __repr__(self) -> str:
        """Say how many rows went where."""
        return f"BatchResult(valid={len(self[0])}, invalid={len(self[1])}, flagged={len(self.flagged)})"
