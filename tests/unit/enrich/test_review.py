"""The review list: what people see, and that what they decide wins."""

from __future__ import annotations

from headgate.enrich import Decision, Match, MatchKind, decided, to_review
from headgate.enrich.matching.review import apply_decisions

CERTAIN = Match(1, "a", MatchKind.CERTAIN, 0.99)
PROBABLE = Match(2, "b", MatchKind.PROBABLE, 0.8)
AMBIGUOUS = Match(3, None, MatchKind.AMBIGUOUS, 0.7)
NONE = Match(4, None, MatchKind.NONE, 0.1)
ALL = [CERTAIN, PROBABLE, AMBIGUOUS, NONE]


def test_the_least_sure_come_first_and_the_certain_not_at_all() -> None:
    """People look at what a machine cannot tell."""
    assert to_review(ALL) == [AMBIGUOUS, NONE, PROBABLE]


def test_a_decision_wins_and_is_not_asked_for_again() -> None:
    """A decided match is certain, whatever was found, and leaves the list."""
    matches = apply_decisions(ALL, {"3": "c", "2": None})
    assert [(match.institution_id, match.kind) for match in matches] == [
        ("a", MatchKind.CERTAIN), (None, MatchKind.NONE), ("c", MatchKind.CERTAIN), (None, MatchKind.NONE),
    ]  # fmt: skip
    assert to_review(matches) == [NONE]


def test_a_decided_institution_is_taken() -> None:
    """Who was matched with an institution that a person gave to another member loses it."""
    matches = apply_decisions(ALL, {"3": "b"})
    assert [match.institution_id for match in matches] == ["a", None, "b", None]
    assert matches[1].kind is MatchKind.AMBIGUOUS


def test_the_latest_decision_counts() -> None:
    """People change their minds."""
    first, second = Decision("3", "c", "ann", 100.0), Decision("3", None, "bob", 200.0, "closed")
    assert decided([second, first]) == {"3": None}
