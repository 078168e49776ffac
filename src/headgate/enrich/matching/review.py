"""What people decide about matches: pure data, kept by whoever implements a small Protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from headgate.enrich.matching.match import Match, MatchKind

DECISION = "decision"
"""The evidence of a match that a person decided."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about a member.

    Attributes:
        member_id: Id of the member, as text.
        institution_id: The institution it is; None: it is none of them.
        decided_by: Who decided.
        decided_at: When: seconds since the Unix epoch.
        note: Why, in the person's words.
    """

    member_id: str
    institution_id: str | None
    decided_by: str
    decided_at: float
    note: str = ""


class ReviewStore(Protocol):
    """Keeps decisions. A later decision about the same member replaces the earlier one."""

    async def decisions(self) -> Iterable[Decision]:
        """Return the decisions that count, one per member."""
        ...

    async def decide(self, decision: Decision) -> None:
        """Keep a decision."""
        ...


def decided(decisions: Iterable[Decision]) -> dict[str, str | None]:
    """Return what :func:`~headgate.enrich.match` takes: institution ids by member id; the latest decision counts."""
    ordered = sorted(decisions, key=lambda decision: decision.decided_at)
    return {decision.member_id: decision.institution_id for decision in ordered}


def apply_decisions(matches: Iterable[Match], decisions: Mapping[str, str | None]) -> list[Match]:
    """Let decisions win over matches.

    A decided match is certain and has the evidence ``decision``. Who else was matched with a decided institution loses
    it: one institution is not two members.
    """
    taken = {institution_id for institution_id in decisions.values() if institution_id is not None}
    return [_with_decision(match, decisions, taken) for match in matches]


def _with_decision(match: Match, decisions: Mapping[str, str | None], taken: set[str]) -> Match:
    key = str(match.member_id)
    if key in decisions:
        chosen = decisions[key]
        kind = MatchKind.NONE if chosen is None else MatchKind.CERTAIN
        return replace(match, institution_id=chosen, kind=kind, score=1.0, evidence={DECISION: 1.0})
    if match.institution_id in taken:
        return replace(match, institution_id=None, kind=MatchKind.AMBIGUOUS)
    return match


def to_review(matches: Iterable[Match]) -> list[Match]:
    """Return the matches a person should look at, the least sure first: all but the certain and the decided ones."""
    order = {MatchKind.AMBIGUOUS: 0, MatchKind.NONE: 1, MatchKind.PROBABLE: 2}
    waiting = [match for match in matches if match.kind in order and DECISION not in match.evidence]
    return sorted(waiting, key=lambda match: (order[match.kind], match.score, str(match.member_id)))
