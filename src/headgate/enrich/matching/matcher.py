"""Which institution each member is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from headgate.enrich.matching.index import Index
from headgate.enrich.matching.match import Candidate, Match, MatchKind
from headgate.enrich.matching.review import apply_decisions
from headgate.enrich.matching.score import Member, mark_main_campus, read_member, weigh

CERTAIN = 5.0
"""Score from which a match can be certain."""
PROBABLE = 3.0
"""Score from which a match can be probable."""
CLEAR = 2.0
"""Distance to the second that a certain match needs."""
NAMED = 2.0
"""Evidence of the name that a certain match needs."""
MARGIN = 1.0
"""Distance to the second without which nothing is chosen."""
_SHOWN = 3


class Matcher:
    """Institutions prepared once, to match members with them again and again.

    Args:
        institutions: Rows of the institutions file.

    Raises:
        UnexpectedShapeError: A row has no id.
    """

    def __init__(self, institutions: Iterable[Mapping[str, Any]]) -> None:
        self._index = Index(institutions)
        self._rows = {institution.id: institution.row for institution in self._index.institutions}

    def institution(self, institution_id: str) -> Mapping[str, Any] | None:
        """Return the row of an institution; None if there is none with this id."""
        return self._rows.get(institution_id)

    def match(
        self, members: Iterable[Mapping[str, Any]], *, decisions: Mapping[str, str | None] | None = None
    ) -> list[Match]:
        """Find the institution that each member is; see :func:`match`."""
        index = self._index
        found = [_decide(member, _rank(member, index)) for member in map(read_member, members)]
        return apply_decisions(_one_to_one(found), decisions or {})


def match(
    members: Iterable[Mapping[str, Any]],
    institutions: Iterable[Mapping[str, Any]],
    *,
    decisions: Mapping[str, str | None] | None = None,
) -> list[Match]:
    """Find the institution that each member is.

    It never guesses: where two institutions are about equally likely, or two members claim the same one, nothing is
    chosen, and the candidates are in the answer.

    Args:
        members: Raw rows of the member list: ``orgId``, ``nameOfficial``, ``webSiteUrl``, ``memberOrgAddress``, ...
        institutions: Rows of the institutions file: ``IPEDSID``, ``NAME``, ``STATE``, ``WEBSITE``, ``ALIAS``, ...
        decisions: What people decided: institution id, or None for none, by member id as text. A decision wins.

    Returns:
        One match per member, in their order.

    Raises:
        UnexpectedShapeError: A row has no id.
    """
    return Matcher(institutions).match(members, decisions=decisions)


def _rank(member: Member, index: Index) -> list[Candidate]:
    weighed = [
        (institution, weigh(member, institution, index))
        for institution in index.candidates(member.names, member.state, member.sites)
    ]
    mark_main_campus(member, weighed)
    found = [
        Candidate(institution.id, str(institution.row.get("NAME")), math.fsum(evidence.values()), evidence)
        for institution, evidence in weighed
    ]
    found.sort(key=lambda candidate: (-candidate.score, candidate.institution_id))
    return found


def _decide(member: Member, candidates: list[Candidate]) -> Match:
    shown = tuple(candidates[:_SHOWN])
    best = candidates[0] if candidates else None
    if best is None or best.score < PROBABLE:
        score = _share(best.score) if best else 0.0
        return Match(member.id, None, MatchKind.NONE, score, best.evidence if best else {}, shown)
    distance = best.score - candidates[1].score if len(candidates) > 1 else math.inf
    if distance < MARGIN:
        return Match(member.id, None, MatchKind.AMBIGUOUS, _share(best.score), best.evidence, shown)
    certain = best.score >= CERTAIN and distance >= CLEAR and _is_named(best.evidence)
    kind = MatchKind.CERTAIN if certain else MatchKind.PROBABLE
    return Match(member.id, best.institution_id, kind, _share(best.score), best.evidence, shown)


def _is_named(evidence: Mapping[str, float]) -> bool:
    """Say whether the name alone speaks for it; the domain alone may be that of a sister."""
    return max(evidence.get("name", 0.0), evidence.get("alias", 0.0)) >= NAMED


def _share(score: float) -> float:
    """Return a score as a number from 0 to 1; 0.5 at the threshold."""
    return round(1 / (1 + math.exp(PROBABLE - score)), 4)


def _one_to_one(matches: list[Match]) -> list[Match]:
    """Take a match back where another member has the better claim to the institution, or one as good."""
    claims: dict[str, list[Match]] = defaultdict(list)
    for found in matches:
        if found.institution_id is not None:
            claims[found.institution_id].append(found)
    lost: set[int | str] = set()
    for rivals in claims.values():
        rivals.sort(key=lambda found: -found.candidates[0].score)
        if len(rivals) > 1:
            clear = rivals[0].candidates[0].score - rivals[1].candidates[0].score >= MARGIN
            lost.update(found.member_id for found in rivals[1 if clear else 0 :])
    return [
        replace(found, institution_id=None, kind=MatchKind.AMBIGUOUS) if found.member_id in lost else found
        for found in matches
    ]
