"""A school with what was found out about it: every value with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from headgate.enrich.location import Location
from headgate.enrich.matching import Match
from headgate.enrich.providers.provider import Figure

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class EnrichedValue:
    """A value, where it comes from, and how sure it is.

    Attributes:
        value: The value.
        source: The provider.
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
class Enriched(Generic[S]):
    """A school and what was found out about it.

    Attributes:
        school: The school, as it was given.
        match: Which institution it is; without one there are no values.
        values: The values by field.
        location: Its address in parts and its point, if the school has an address.
    """

    school: S
    match: Match
    values: Mapping[str, EnrichedValue]
    location: Location | None = None

    def columns(self) -> dict[str, Figure | None]:
        """Return the values by field, for the columns of a table: what takes part in change detection.

        When a value was fetched is not among them: it changes with every run, and nothing else would.
        """
        found: dict[str, Figure | None] = {field: one.value for field, one in self.values.items()}
        if self.location is not None:
            place = self.location
            found |= {
                "street": place.street_line, "city": place.city, "state": place.state, "postal_code": place.zip_code,
            }  # fmt: skip
            if place.latitude is not None:
                found |= {"latitude": place.latitude, "longitude": place.longitude}
        return found

    def provenance(self) -> dict[str, dict[str, Any]]:
        """Return by field where its value comes from, as JSON: for a column of its own."""
        return {field: _provenance(one) for field, one in self.values.items()}


def _provenance(one: EnrichedValue) -> dict[str, Any]:
    found: dict[str, Any] = {
        "source": one.source,
        "fetched_at": one.fetched_at,
        "confidence": one.confidence,
        "as_of": one.as_of,
        "stale": one.stale,
    }
    if one.others:
        found["others"] = [{"value": other.value, **_provenance(other)} for other in one.others]
    return found
