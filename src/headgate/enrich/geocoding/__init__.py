"""Geocoding: points for locations, from the nearest source that knows one."""

from headgate.enrich.geocoding.census import CensusGeocoder
from headgate.enrich.geocoding.chain import GeocoderChain, geocode
from headgate.enrich.geocoding.known import KnownPoints
from headgate.enrich.geocoding.nominatim import NominatimGeocoder
from headgate.enrich.geocoding.offline import OfflineGeocoder
from headgate.enrich.geocoding.point import Geocoder, GeoPoint, kilometres, with_point
from headgate.enrich.geocoding.remembered import RememberedPoints

__all__ = [
    "CensusGeocoder",
    "GeoPoint",
    "Geocoder",
    "GeocoderChain",
    "KnownPoints",
    "NominatimGeocoder",
    "OfflineGeocoder",
    "RememberedPoints",
    "geocode",
    "kilometres",
    "with_point",
]
