"""A school with what was found out about it: every value with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from headgate.enrich.location import Location, Unparsed
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

LOCATION = "location"
"""The name under which an order of :data:`PLACES` is declared: a location is taken whole, never mixed of two."""
PLACES = (ADDRESS, INSTITUTION)
"""Who can say where a school is, in the order that counts where none is declared."""

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
        places: Where it is: by its own address, by that of its institution. The first one counts.
    """

    school: S
    match: Match
    values: Mapping[str, EnrichedValue]
    places: Sequence[Place] = ()

    @property
    def location(self) -> Location | None:
        """Its address in parts and its point, as far as they are known."""
        return self.places[0].location if self.places else None

    @property
    def unparsed(self) -> tuple[Unparsed, ...]:
        """What was not understood of its addresses."""
        return tuple(piece for place in self.places for piece in place.location.unparsed)

    def everything(self) -> dict[str, EnrichedValue]:
        """Return all values by field: of the location and of the providers.

        The location comes first. What another place or a provider says of its fields stands among the values that
        lost; of another place only what differs.
        """
        found = dict(self.values)
        if not self.places:
            return found
        first, *losers = [self._of_place(place) for place in self.places]
        for field, value in first.items():
            others = [said[field] for said in losers if field in said and differ(value.value, said[field].value)]
            if (given := found.get(field)) is not None:
                others += [replace(given, others=()), *given.others]
            # the same file is no second voice
            by_source = {one.source: one for one in reversed(others) if one.source != value.source}
            found[field] = replace(value, others=tuple(reversed(by_source.values())))
        return found

    def _of_place(self, place: Place) -> dict[str, EnrichedValue]:
        from_match = self.match.score if self.match.institution_id is not None else 1.0
        return place.values(from_match if place.location.source == INSTITUTION else 1.0)

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


def differ(own: object, said: object) -> bool:
    """Say whether what two sources say is not the same; capitals are no difference, and nothing contradicts nothing."""
    if isinstance(own, str) and isinstance(said, str):
        return own.casefold() != said.casefold()
    return own is not None and own != said
