"""Enrichment: addresses, geocoding, matching, providers."""

from headgate.enrich.address import AddressParser
from headgate.enrich.enriched import Enriched, EnrichedValue, Place
from headgate.enrich.enricher import DataEnricher
from headgate.enrich.known_figures import Known, KnownFigures, MemoryKnownFigures
from headgate.enrich.location import Location, Precision, Unparsed
from headgate.enrich.matching import (
    Candidate,
    Decision,
    Match,
    Matcher,
    MatchKind,
    ReviewStore,
    decided,
    match,
    to_review,
)

__all__ = [
    "AddressParser",
    "Candidate",
    "DataEnricher",
    "Decision",
    "Enriched",
    "EnrichedValue",
    "Known",
    "KnownFigures",
    "Location",
    "Match",
    "MatchKind",
    "Matcher",
    "MemoryKnownFigures",
    "Place",
    "Precision",
    "ReviewStore",
    "Unparsed",
    "decided",
    "match",
    "to_review",
]
