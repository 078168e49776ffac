"""Where something is: an address in its parts, what could not be read, and a point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Precision(StrEnum):
    """How exact a point is, from the best to the coarsest."""

    ROOFTOP = "rooftop"
    """The building or the site itself."""
    STREET = "street"
    """Interpolated along the street."""
    ZIP = "zip"
    """The middle of the ZIP code."""
    CITY = "city"
    """The middle of the city."""


class Unparsed(NamedTuple):
    """A piece of an address that was not understood, or contradicts another.

    Attributes:
        text: The piece, as written; cut if it is very long.
        reason: Why, in words.
    """

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Location:
    """An address and, where it is known, a point.

    Attributes:
        street: House number and street, box, or the name of a place that has no number.
        unit: Suite, floor, room at the end of the street line.
        campus: A line before the street: campus, building, institution.
        city: City, as written.
        state: Two letters; a province for Canada.
        zip_code: Five digits; the postal code for Canada.
        zip4: The four digits behind a ZIP code.
        country: ``US``, ``CA``, another name as written, or None if it is not known.
        latitude: Degrees, WGS 84.
        longitude: Degrees, WGS 84.
        precision: How exact the point is.
        source: Who gave the point.
        unparsed: What was not understood, each with a reason; empty for a clean address.
    """

    street: str | None = None
    unit: str | None = None
    campus: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    zip4: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    precision: Precision | None = None
    source: str | None = None
    unparsed: tuple[Unparsed, ...] = ()

    @property
    def street_line(self) -> str | None:
        """Street and unit on one line, as on an envelope."""
        return " ".join(part for part in (self.street, self.unit) if part) or None

    @property
    def is_complete(self) -> bool:
        """Whether street, city, state and ZIP code are all known."""
        return None not in (self.street, self.city, self.state, self.zip_code)
