"""The address parser: any text to a location, never an exception."""

from __future__ import annotations

from headgate.enrich.address.city import split_city
from headgate.enrich.address.markup import MAX_MARKUP, lines_of
from headgate.enrich.address.tail import SEPARATORS, Tail, foreign_country, read_tail
from headgate.enrich.address.words import (
    is_before_street,
    is_campus,
    is_contact,
    leading_campus,
    split_unit,
    without_labels,
)
from headgate.enrich.gazetteer import load_gazetteer
from headgate.enrich.geocoding.offline import OfflineGeocoder
from headgate.enrich.geocoding.point import Geocoder, with_point
from headgate.enrich.location import Location, Unparsed
from headgate.enrich.states import STATES, states_of_zip

_MAX_TEXT = 1000
_MAX_KEPT = 500


class AddressParser:
    """Reads addresses of the United States, its territories and military mail, and of Canada."""

    @staticmethod
    def parse(address_html: str | None) -> Location:
        """Return the parts of an address that is given as HTML or text.

        Nothing is invented and nothing is lost: what is not understood is kept in ``unparsed`` with a reason. No input
        raises; of a very long one the beginning is read.

        Raises:
            MissingExtraError: The extra ``enrich`` is not installed.
        """
        markup = address_html if isinstance(address_html, str) else "" if address_html is None else str(address_html)
        unparsed: list[Unparsed] = []
        lines = _without_contacts(lines_of(markup), unparsed)
        if len(markup) > MAX_MARKUP:
            unparsed.append(Unparsed("", f"{len(markup):,} characters; only the first {MAX_MARKUP:,} were read"))
        if ":" in markup:
            lines = [shorter for line in lines[:_MAX_TEXT] if (shorter := without_labels(line))]
        text = "\n".join(lines)
        if not text:
            return Location(unparsed=(*unparsed, Unparsed("", "there is no text")))
        if len(text) > _MAX_TEXT:
            unparsed.append(_kept(text[_MAX_TEXT:], f"an address is not longer than {_MAX_TEXT:,} characters"))
            text = text[:_MAX_TEXT]
        if country := foreign_country(text):
            kept = _kept(text, "addresses of this country are not read")
            return Location(country=country, unparsed=(*unparsed, kept))
        tail = read_tail(text)
        if tail is None:
            return _without_tail(text, unparsed)
        return _with_tail(tail, unparsed)

    @staticmethod
    async def parse_and_geocode(address_html: str | None, *, geocoder: Geocoder | None = None) -> Location:
        """Return the parts of an address and its point, if one is found in its state.

        Args:
            address_html: HTML or text.
            geocoder: Who finds the point; None takes the middle of the ZIP code, without a network.

        Raises:
            MissingExtraError: The extra ``enrich`` is not installed.
            HeadgateError: The geocoder cannot answer; a :class:`~headgate.enrich.geocoding.GeocoderChain` never fails.
        """
        location = AddressParser.parse(address_html)
        point = (await (geocoder or OfflineGeocoder()).locate([location]))[0]
        return with_point(location, point)


def _without_contacts(lines: list[str], unparsed: list[Unparsed]) -> list[str]:
    contacts = [line for line in lines[:_MAX_TEXT] if is_contact(line)]
    if not contacts:
        return lines
    unparsed += [_kept(line, "it is no part of an address") for line in contacts]
    return [line for line in lines if line not in contacts]


def _with_tail(tail: Tail, unparsed: list[Unparsed]) -> Location:
    if tail.after:
        unparsed.append(_kept(tail.after, "it stands behind the ZIP code of the first address"))
    lines, city = split_city(tail.head, tail.state, tail.zip_code, load_gazetteer())
    campus, street, unit = _read_street(lines)
    unparsed += _contradictions(tail)
    if city is None:
        unparsed.append(_kept(tail.head.strip(SEPARATORS), "no city was found before the state"))
    if street is None:
        unparsed.append(Unparsed("", "no street was found"))
    return Location(
        street, unit, campus, city, tail.state, tail.zip_code, tail.zip4, tail.country, unparsed=tuple(unparsed)
    )


def _read_street(lines: list[str]) -> tuple[str | None, str | None, str | None]:
    """Return campus, street and unit."""
    campus = [line for line in lines if is_campus(line)]
    if len(campus) < len(lines):
        lines = [line for line in lines if line not in campus]
    else:
        campus = []
    while len(lines) > 1 and is_before_street(lines[0], lines[1]):
        campus.append(lines[0])
        lines = lines[1:]
    if not lines:
        return None, None, None
    street = ", ".join(lines)
    if not campus and (split := leading_campus(street)):
        campus, street = [split[0]], split[1]
    street, unit = split_unit(street)
    return ", ".join(campus) or None, street, unit


def _contradictions(tail: Tail) -> list[Unparsed]:
    found = []
    if tail.note:
        found.append(Unparsed("", tail.note))
    if tail.state is None:
        found.append(Unparsed("", "there is no state or province"))
    if tail.country != "US":
        return found
    if tail.zip_code is None:
        found.append(Unparsed("", "there is no ZIP code"))
    elif tail.state and tail.state not in (states := states_of_zip(tail.zip_code)):
        where = " or ".join(STATES[code].name for code in sorted(states)) or "no state"
        found.append(Unparsed(tail.zip_code, f"the ZIP code belongs to {where}, not to {STATES[tail.state].name}"))
    return found


def _without_tail(text: str, unparsed: list[Unparsed]) -> Location:
    """Keep what has neither state nor ZIP code: a street at the most."""
    first, _, others = text.partition("\n")
    street, _, behind = first.partition(",")
    if not street[:1].isdigit() or " " not in street:
        return Location(unparsed=(*unparsed, _kept(text, "it has no state and no ZIP code: not read as an address")))
    left = _kept(f"{behind}\n{others}".strip(SEPARATORS), "without a state or a ZIP code it is not known what this is")
    line, unit = split_unit(street)
    return Location(line, unit, unparsed=(*unparsed, left))


def _kept(text: str, reason: str) -> Unparsed:
    shown = text if len(text) <= _MAX_KEPT else text[:_MAX_KEPT] + " …"
    return Unparsed(shown.replace("\n", ", "), reason)
