# headgate: written from a Drizzle schema, do not edit (3273c31c4823195e)
"""Models of a Drizzle schema."""

from __future__ import annotations

from headgate.drizzle import runtime as _t

from .conferences import (
    CONFERENCES_TABLE,
    Conference,
    ConferenceInsert,
    ConferenceUpdate,
)
from .enums import Division, Gender, Subdivision
from .locations import LOCATIONS_TABLE, Location, LocationInsert, LocationUpdate
from .schools import SCHOOLS_TABLE, School, SchoolInsert, SchoolUpdate
from .sports import SPORTS_TABLE, Sport, SportInsert, SportUpdate

TABLES = _t.in_dependency_order(
    CONFERENCES_TABLE,
    LOCATIONS_TABLE,
    SCHOOLS_TABLE,
    SPORTS_TABLE,
)
"""All tables, each after those it refers to."""

__all__ = [
    "CONFERENCES_TABLE",
    "LOCATIONS_TABLE",
    "SCHOOLS_TABLE",
    "SPORTS_TABLE",
    "TABLES",
    "Conference",
    "ConferenceInsert",
    "ConferenceUpdate",
    "Division",
    "Gender",
    "Location",
    "LocationInsert",
    "LocationUpdate",
    "School",
    "SchoolInsert",
    "SchoolUpdate",
    "Sport",
    "SportInsert",
    "SportUpdate",
    "Subdivision",
]
