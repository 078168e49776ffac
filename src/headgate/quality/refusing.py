"""Rows that something beside the rules refuses: they leave the good ones of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from headgate.quality.findings import BatchResult, Finding, InvalidItem, M


def with_refused(
    result: BatchResult[M],
    rows: Sequence[Any],
    refused: Mapping[int, tuple[Finding, ...]],
    *,
    start: int,
    now: datetime,
) -> BatchResult[M]:
    """Return the outcome of a batch in which some rows are refused too; what was found before stands first.

    Args:
        result: The outcome of the rules.
        rows: The raw rows of the batch.
        refused: Findings by position in the batch.
        start: Position of the batch in the whole input.
        now: The time that refused rows are stamped with.
    """
    if not refused:
        return result
    invalid = {item.index - start: item for item in result.invalid}
    positions = [position for position in range(len(rows)) if position not in invalid]
    valid = [model for position, model in zip(positions, result.valid, strict=True) if position not in refused]
    before = {row.index - start: row.findings for row in result.flagged}
    for position, findings in refused.items():
        known = invalid[position].reasons if position in invalid else before.get(position, ())
        invalid[position] = InvalidItem(start + position, rows[position], (*known, *findings), now)
    flagged = [row for row in result.flagged if row.index - start not in refused]
    return BatchResult(valid, [invalid[position] for position in sorted(invalid)], flagged)
