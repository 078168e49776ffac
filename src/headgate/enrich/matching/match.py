"""What matching answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class MatchKind(StrEnum):
    """How sure a match is."""

    CERTAIN = "certain"
    """Independent pieces of evidence agree, and nothing else comes near."""
    PROBABLE = "probable"
    """The evidence points to one institution; a person may want to look."""
    AMBIGUOUS = "ambiguous"
    """Several institutions are about equally likely: nothing is chosen."""
    NONE = "none"
    """No institution is likely."""


class Candidate(NamedTuple):
    """An institution that a member could be.

    Attributes:
        institution_id: Its id.
        name: Its name, as written.
        score: Sum of the evidence.
        evidence: The evidence by name.
    """

    institution_id: str
    name: str
    score: float
    evidence: dict[str, float]


@dataclass(frozen=True, slots=True)
class Match:
    """The institution that a member is, if it is one that can be told.

    Attributes:
        member_id: Id of the member.
        institution_id: Id of the institution; None if the match is ambiguous or there is none.
        kind: How sure it is.
        score: 0 to 1.
        evidence: What speaks for it and against it: ``domain``, ``name``, ``alias``, ``state``, ``city``, ...
        candidates: The most likely institutions, the best first: for people who decide.
    """

    member_id: int | str
    institution_id: str | None
    kind: MatchKind
    score: float
    evidence: dict[str, float] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
