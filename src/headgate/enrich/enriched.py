"""A school with what was found out about it: every value with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from headgate.enrich.location import Location
from headgate.enrich.matching import Match
from headgate.enrich.providers.provider import FieldTypes, Figure

S = TypeVar("S")

LOCATION_FIELDS: FieldTypes = {
    "street": str, "unit": str, "campus": str, "city": str, "state": str, "postal_code": str, "zip4": str,
    "country": str, "latitude": float, "longitude": float, "location_precision": str,
}  # fmt: skip
"""The fields in which a location is kept."""

ADDRESS = "address"
"""The source of what a school's own address says."""
INSTITUTION = "institutions"
"""The source of what the file of institutions says about a place."""

_POINT = {"latitude", "longitude", "location_precision"}


@dataclass(frozen=True, slots=True)
class EnrichedValue:
    """A value, where it comes from, and how sure it is.

    Attributes:
        value: The value.
        source: The provider; for parts of an address ``address`` or the file of institutions, for a point the geocoder.
        fetched_at: When the provider gave it: seconds since the Unix epoch.
        confidence: 0 to 1: how sure the match is, times how far the provider is to be believed.
        as_of: What time it is about, in words.
        stale: The provider did not answer; this is what it said last.
        others: What other providers say, in the declared order: the values that lost.
    """

    value: Figure
    source: str
    fetched_at: float
    confidence: float
    as_of: str | None = None
    stale: bool = False
    others: tuple[EnrichedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A location, and how it is known.

    Attributes:
        location: The address in parts and its point.
        source: ``address`` for an address of the school itself, else who has it.
        located_at: When it was located: seconds since the Unix epoch.
        confidence: 0 to 1: 1 for the school's own address, else how sure the match is.
    """

    location: Location
    source: str
    located_at: float
    confidence: float

    def values(self, sure_of_point: float) -> dict[str, EnrichedValue]:
        """Return what is known of the location, by field.

        Args:
            sure_of_point: The confidence of a point that somebody else gave.
        """
        place = self.location
        fields: dict[str, Figure | None] = {
            "street": place.street, "unit": place.unit, "campus": place.campus, "city": place.city,
            "state": place.state, "postal_code": place.zip_code, "zip4": place.zip4, "country": place.country,
        }  # fmt: skip
        if place.latitude is not None and place.precision is not None:
            fields |= {
                "latitude": place.latitude, "longitude": place.longitude, "location_precision": place.precision.value,
            }  # fmt: skip
        return {
            field: EnrichedValue(value, place.source or self.source, self.located_at, sure_of_point)
            if field in _POINT
            else EnrichedValue(value, self.source, self.located_at, self.confidence)
            for field, value in fields.items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class Enriched(Generic[S]):
    """A school and what was found out about it.

    Attributes:
        school: The school, as it was given.
        match: Which institution it is; without one there are no values.
        values: What the providers say, by field.
        place: Where it is: by its own address if it has one, else by that of its institution.
    """

    school: S
    match: Match
    values: Mapping[str, EnrichedValue]
    place: Place | None = None

    @property
    def location(self) -> Location | None:
        """Its address in parts and its point, as far as they are known."""
        return None if self.place is None else self.place.location

    def everything(self) -> dict[str, EnrichedValue]:
        """Return all values by field: of the location and of the providers.

        Where another source gives a field of the location too, the location comes first and the other value stands
        among those that lost.
        """
        found = dict(self.values)
        if self.place is None:
            return found
        from_match = self.match.score if self.match.institution_id is not None else 1.0
        of_institution = self.place.location.source == INSTITUTION
        for field, value in self.place.values(from_match if of_institution else 1.0).items():
            given = found.get(field)
            others = () if given is None else (replace(given, others=()), *given.others)
            found[field] = replace(value, others=tuple(one for one in others if one.source != value.source))
        return found

    def columns(self) -> dict[str, Figure]:
        """Return the values by field, for the columns of a table: what takes part in change detection.

        When a value was fetched is not among them: it changes with every run, and nothing else would.
        """
        return {field: one.value for field, one in self.everything().items()}

    def provenance(self) -> dict[str, dict[str, Any]]:
        """Return by field where its value comes from, as JSON: for a column of its own."""
        return {field: provenance_of(one) for field, one in self.everything().items()}


def provenance_of(one: EnrichedValue) -> dict[str, Any]:
    """Return where a value comes from, with the values that lost, as JSON."""
    found: dict[str, Any] = {
        "source": one.source,
        "fetched_at": one.fetched_at,
        "confidence": one.confidence,
        "as_of": one.as_of,
        "stale": one.stale,
    }
    if one.others:
        found["others"] = [{"value": other.value, **provenance_of(other)} for other in one.others]
    return found
