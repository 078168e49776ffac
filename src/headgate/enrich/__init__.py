"""Enrichment: addresses, geocoding, matching, providers."""

from headgate.enrich.address import AddressParser
from headgate.enrich.location import Location, Precision, Unparsed
from headgate.enrich.matching import Candidate, Decision, Match, MatchKind, ReviewStore, decided, match, to_review

__all__ = [
    "AddressParser",
    "Candidate",
    "Decision",
    "Location",
    "Match",
    "MatchKind",
    "Precision",
    "ReviewStore",
    "Unparsed",
    "decided",
    "match",
    "to_review",
]
