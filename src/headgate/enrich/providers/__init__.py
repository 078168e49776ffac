"""Providers: public sources of figures about institutions."""

from headgate.enrich.providers.eada import EADAProvider
from headgate.enrich.providers.institutions import InstitutionsProvider, read_institutions
from headgate.enrich.providers.provider import FieldTypes, Figure, Figures, Provider, Wanted
from headgate.enrich.providers.rankings import RankingsProvider
from headgate.enrich.providers.registry import load_provider, provider_names
from headgate.enrich.providers.scorecard import ScorecardProvider

__all__ = [
    "EADAProvider",
    "FieldTypes",
    "Figure",
    "Figures",
    "InstitutionsProvider",
    "Provider",
    "RankingsProvider",
    "ScorecardProvider",
    "Wanted",
    "load_provider",
    "provider_names",
    "read_institutions",
]
