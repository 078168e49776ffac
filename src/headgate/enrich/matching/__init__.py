"""Matching: which institution of a public file each member of the directory is."""

from headgate.enrich.matching.match import Candidate, Match, MatchKind
from headgate.enrich.matching.matcher import Matcher, match
from headgate.enrich.matching.review import Decision, ReviewStore, decided, to_review

__all__ = ["Candidate", "Decision", "Match", "MatchKind", "Matcher", "ReviewStore", "decided", "match", "to_review"]
