"""What a policy makes of the drifts of a run: rows to refuse, drifts to report, drifts that hold the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.quality.contract.drift import Drift, DriftAction, DriftPolicy
from headgate.quality.findings import Finding, FindingKind
from headgate.quality.rule import Severity

_NO_POLICY = DriftPolicy()


@dataclass(frozen=True, slots=True)
class ContractVerdict:
    """What to do about the drifts of a run.

    Args:
        holding: Drifts that hold the run.
        warned: Drifts that are reported and change nothing.
        refused: Findings by position of the rows that are refused.
    """

    holding: tuple[Drift, ...]
    warned: tuple[Drift, ...]
    refused: Mapping[int, tuple[Finding, ...]]


def judge_drifts(drifts: Iterable[Drift], rows: Sequence[Any], policy: DriftPolicy = _NO_POLICY) -> ContractVerdict:
    """Return what a policy makes of the drifts that some rows show.

    Args:
        drifts: The drifts, from :func:`~headgate.quality.contract.compare`.
        rows: The raw rows in which to look for those to refuse.
        policy: What to do about each kind of drift.
    """
    by_action: dict[DriftAction, list[Drift]] = {action: [] for action in DriftAction}
    for drift in drifts:
        by_action[policy.action(drift.kind)].append(drift)
    refused: dict[int, tuple[Finding, ...]] = {}
    for position, row in enumerate(rows):
        shown = tuple(_finding(drift, row) for drift in by_action[DriftAction.QUARANTINE] if drift.shown_by(row))
        if shown:
            refused[position] = shown
    return ContractVerdict(tuple(by_action[DriftAction.HOLD]), tuple(by_action[DriftAction.WARN]), refused)


def _finding(drift: Drift, row: Any) -> Finding:
    rule = f"contract.{drift.kind.value}"
    return Finding(drift.path, rule, Severity.ERROR, drift.value_in(row), drift.message, FindingKind.CONTRACT)
