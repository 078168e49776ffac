"""A contract watched while the rows of a run go by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from headgate.quality.contract.drift import Drift, DriftAction, DriftKind, DriftPolicy, compare
from headgate.quality.contract.shape import PayloadShape, ShapeLearner
from headgate.quality.contract.verdict import judge_drifts
from headgate.quality.findings import Finding

LEAST_ROWS = 20
"""Valid rows below which a payload teaches nothing: every field of three rows looks indispensable."""


class ContractWatch:
    """Learns the payload of a run and finds the rows that break the contract as soon as they come.

    Rows are compared only when something was seen that was not seen before; as long as every batch is like those
    before it, watching costs what learning costs.

    Args:
        policy: What to do about each kind of drift.
        read: The top-level fields that the model reads. A drift of another field is reported, and refuses no row.
        known: The contract's shape; none: it is to be learned.
    """

    def __init__(self, policy: DriftPolicy, *, read: Collection[str], known: PayloadShape | None = None) -> None:
        self.policy = policy
        self.known = known
        self._read = frozenset(read)
        self._learner = ShapeLearner()
        self._variety: object = None
        self._refusing: list[Drift] = []

    def refused(self, rows: Sequence[Any]) -> Mapping[int, tuple[Finding, ...]]:
        """Look at the raw rows of a batch; return the findings on those that the policy refuses, by position."""
        if self.known is None:
            return {}
        self._learner.add(rows)
        if (variety := self._learner.variety) != self._variety:
            self._variety = variety
            self._refusing = [drift for drift in self.drifts() if self.action(drift) is DriftAction.QUARANTINE]
        return judge_drifts(self._refusing, rows, self.policy).refused if self._refusing else {}

    def learn(self, rows: Sequence[Any]) -> None:
        """Learn from rows that passed every rule, where there is no contract yet."""
        if self.known is None:
            self._learner.add(rows)

    def drifts(self) -> list[Drift]:
        """Return how the payload drifted so far, breaking changes first."""
        return [] if self.known is None else compare(self.known, self._learner.finish(), self._learner)

    def action(self, drift: Drift) -> DriftAction:
        """Return what is done about a drift of this very field."""
        action = self.policy.action(drift.kind)
        if action is DriftAction.QUARANTINE and not self._tells_rows_apart(drift):
            return DriftAction.WARN
        return action

    def news(self) -> PayloadShape | None:
        """Return the shape of the payload if it is worth keeping: it drifted, or it is the first one."""
        seen = self._learner.finish()
        if self.known is None:
            return seen if seen.rows >= LEAST_ROWS else None
        return seen if self.drifts() else None

    def _tells_rows_apart(self, drift: Drift) -> bool:
        """Whether the model minds the field, and a row can be blamed: of more nulls than usual none is one too many."""
        if drift.path.partition(".")[0].removesuffix("[]") not in self._read:
            return False
        known = None if self.known is None else self.known.fields.get(drift.path)
        return drift.kind is not DriftKind.NULLS or (known is not None and known.null_share == 0)
