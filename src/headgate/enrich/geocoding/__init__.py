"""Geocoding: points for locations, from the nearest source that knows one."""

from headgate.enrich.geocoding.offline import OfflineGeocoder
from headgate.enrich.geocoding.point import Geocoder, GeoPoint, with_point

__all__ = ["GeoPoint", "Geocoder", "OfflineGeocoder", "with_point"]
