"""Geocoding: points for locations, from the nearest source that knows one."""
