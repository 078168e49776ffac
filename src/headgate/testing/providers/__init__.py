"""Replicas of the interfaces that enrichment asks, written from their public documentation, with faults."""

from headgate.testing.providers.census import CensusReplica
from headgate.testing.providers.files import FileReplica
from headgate.testing.providers.nominatim import NominatimReplica
from headgate.testing.providers.scorecard import ScorecardReplica
from headgate.testing.providers.server import ProviderReplica

__all__ = ["CensusReplica", "FileReplica", "NominatimReplica", "ProviderReplica", "ScorecardReplica"]
