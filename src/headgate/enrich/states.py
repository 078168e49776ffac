"""Facts about the states and territories of the United States: names, ZIP prefixes, extents.

Prefixes are those the US Postal Service assigns; a prefix can belong to two states (063: Connecticut, and Fishers
Island, New York). Extents are degrees, rounded outwards to two digits, of land and islands.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Box(NamedTuple):
    """A rectangle of degrees: WGS 84."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, latitude: float, longitude: float) -> bool:
        """Say whether a point lies inside."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


class State(NamedTuple):
    """A state, a territory, or a region of military mail (which has no extent)."""

    code: str
    name: str
    prefixes: str
    box: Box | None


_STATES = (
    State("AA", "Armed Forces Americas", "340", None),
    State("AE", "Armed Forces Europe", "090-099", None),
    State("AK", "Alaska", "995-999", Box(51.05, -180.0, 71.60, -129.90)),
    State("AL", "Alabama", "350-352 354-369", Box(30.12, -88.48, 35.02, -84.88)),
    State("AP", "Armed Forces Pacific", "962-966", None),
    State("AR", "Arkansas", "716-729", Box(33.00, -94.63, 36.51, -89.64)),
    State("AS", "American Samoa", "967", Box(-14.60, -171.15, -11.00, -168.10)),
    State("AZ", "Arizona", "850-853 855-857 859-860 863-865", Box(31.33, -114.83, 37.01, -109.04)),
    State("CA", "California", "900-908 910-928 930-961", Box(32.52, -124.49, 42.02, -114.12)),
    State("CO", "Colorado", "800-816", Box(36.98, -109.07, 41.01, -102.03)),
    State("CT", "Connecticut", "060-069", Box(40.94, -73.74, 42.06, -71.78)),
    State("DC", "District of Columbia", "200 202-205 569 888", Box(38.79, -77.12, 39.00, -76.90)),
    State("DE", "Delaware", "197-199", Box(38.44, -75.80, 39.85, -74.98)),
    State("FL", "Florida", "320-339 341-342 344 346-347 349", Box(24.39, -87.64, 31.01, -79.97)),
    State("FM", "Federated States of Micronesia", "969", Box(0.90, 137.20, 10.30, 163.20)),
    State("GA", "Georgia", "300-319 398-399", Box(30.35, -85.61, 35.01, -80.75)),
    State("GU", "Guam", "969", Box(13.20, 144.60, 13.71, 145.01)),
    State("HI", "Hawaii", "967-968", Box(18.86, -178.45, 28.52, -154.75)),
    State("IA", "Iowa", "500-516 520-528", Box(40.37, -96.64, 43.51, -90.14)),
    State("ID", "Idaho", "832-838", Box(41.98, -117.25, 49.01, -111.04)),
    State("IL", "Illinois", "600-620 622-629", Box(36.96, -91.52, 42.51, -87.01)),
    State("IN", "Indiana", "460-479", Box(37.77, -88.10, 41.77, -84.78)),
    State("KS", "Kansas", "660-662 664-679", Box(36.98, -102.06, 40.01, -94.58)),
    State("KY", "Kentucky", "400-418 420-427", Box(36.49, -89.58, 39.15, -81.96)),
    State("LA", "Louisiana", "700-701 703-708 710-714", Box(28.85, -94.05, 33.02, -88.75)),
    State("MA", "Massachusetts", "010-027 055", Box(41.18, -73.51, 42.89, -69.85)),
    State("MD", "Maryland", "205-212 214-219", Box(37.88, -79.49, 39.73, -75.04)),
    State("ME", "Maine", "039-049", Box(42.91, -71.09, 47.47, -66.88)),
    State("MH", "Marshall Islands", "969", Box(4.50, 160.70, 14.80, 172.20)),
    State("MI", "Michigan", "480-499", Box(41.69, -90.42, 48.31, -82.12)),
    State("MN", "Minnesota", "550-551 553-567", Box(43.49, -97.25, 49.39, -89.48)),
    State("MO", "Missouri", "630-631 633-641 644-658 726", Box(35.99, -95.78, 40.62, -89.09)),
    State("MP", "Northern Mariana Islands", "969", Box(14.00, 144.80, 20.60, 146.10)),
    State("MS", "Mississippi", "386-397", Box(30.13, -91.66, 35.01, -88.09)),
    State("MT", "Montana", "590-599", Box(44.35, -116.06, 49.01, -104.03)),
    State("NC", "North Carolina", "270-289", Box(33.75, -84.33, 36.60, -75.40)),
    State("ND", "North Dakota", "580-588", Box(45.93, -104.06, 49.01, -96.55)),
    State("NE", "Nebraska", "680-681 683-693", Box(39.99, -104.06, 43.01, -95.30)),
    State("NH", "New Hampshire", "030-038", Box(42.69, -72.56, 45.31, -70.57)),
    State("NJ", "New Jersey", "070-089", Box(38.78, -75.57, 41.36, -73.88)),
    State("NM", "New Mexico", "870-871 873-884", Box(31.33, -109.06, 37.01, -103.00)),
    State("NV", "Nevada", "889-891 893-895 897-898", Box(35.00, -120.01, 42.01, -114.03)),
    State("NY", "New York", "005 063 100-149", Box(40.47, -79.77, 45.02, -71.77)),
    State("OH", "Ohio", "430-459", Box(38.40, -84.83, 42.33, -80.51)),
    State("OK", "Oklahoma", "730-731 734-741 743-749", Box(33.61, -103.01, 37.01, -94.43)),
    State("OR", "Oregon", "970-979", Box(41.98, -124.71, 46.30, -116.46)),
    State("PA", "Pennsylvania", "150-196", Box(39.71, -80.53, 42.52, -74.68)),
    State("PR", "Puerto Rico", "006-007 009", Box(17.83, -68.00, 18.57, -65.16)),
    State("PW", "Palau", "969", Box(2.80, 131.00, 8.20, 134.80)),
    State("RI", "Rhode Island", "028-029", Box(41.09, -71.91, 42.02, -71.08)),
    State("SC", "South Carolina", "290-299", Box(32.03, -83.36, 35.22, -78.49)),
    State("SD", "South Dakota", "570-577", Box(42.47, -104.06, 45.95, -96.43)),
    State("TN", "Tennessee", "370-385", Box(34.98, -90.32, 36.68, -81.64)),
    State("TX", "Texas", "733 739 750-770 772-799 885", Box(25.83, -106.65, 36.51, -93.50)),
    State("UT", "Utah", "840-847", Box(36.99, -114.06, 42.01, -109.04)),
    State("VA", "Virginia", "201 205 220-246", Box(36.53, -83.68, 39.47, -75.16)),
    State("VI", "Virgin Islands", "008", Box(17.62, -65.16, 18.47, -64.50)),
    State("VT", "Vermont", "050-054 056-059", Box(42.72, -73.44, 45.02, -71.46)),
    State("WA", "Washington", "980-986 988-994", Box(45.54, -124.85, 49.01, -116.91)),
    State("WI", "Wisconsin", "530-532 534-535 537-549", Box(42.49, -92.90, 47.32, -86.24)),
    State("WV", "West Virginia", "247-268", Box(37.20, -82.65, 40.64, -77.71)),
    State("WY", "Wyoming", "820-831 834", Box(40.99, -111.06, 45.01, -104.05)),
)

STATES: Final = {state.code: state for state in _STATES}
"""The states by their two letters."""


def _prefixes(ranges: str) -> list[str]:
    found = []
    for part in ranges.split():
        first, _, last = part.partition("-")
        found += [f"{number:03d}" for number in range(int(first), int(last or first) + 1)]
    return found


_OF_PREFIX: dict[str, frozenset[str]] = {}
for _state in _STATES:
    for _prefix in _prefixes(_state.prefixes):
        _OF_PREFIX[_prefix] = _OF_PREFIX.get(_prefix, frozenset()) | {_state.code}

_BY_NAME = {state.name.upper(): state.code for state in _STATES} | {
    "D C": "DC", "WASHINGTON D C": "DC", "US VIRGIN ISLANDS": "VI", "MICRONESIA": "FM", "SAMOA": "AS",
    "NORTHERN MARIANAS": "MP", "P R": "PR", "CALIF": "CA", "MASS": "MA", "PENN": "PA", "PENNA": "PA", "TENN": "TN",
    "WASH": "WA", "CONN": "CT", "ILL": "IL", "IND": "IN", "MICH": "MI", "MINN": "MN", "MISS": "MS", "WISC": "WI",
    "FLA": "FL", "COLO": "CO", "ARIZ": "AZ", "ALA": "AL", "ARK": "AR", "OKLA": "OK", "TEX": "TX", "NEBR": "NE",
    "N Y": "NY", "N J": "NJ", "N C": "NC", "S C": "SC", "N H": "NH", "N M": "NM", "R I": "RI", "W VA": "WV",
}  # fmt: skip


def state_code(text: str) -> str | None:
    """Return the two letters of a state that is given as letters, name or old abbreviation; None if it is none."""
    plain = text.replace(".", " ").upper().strip()
    if plain in STATES:
        return plain
    return _BY_NAME.get(" ".join(plain.split()))


def states_of_zip(zip_code: str) -> frozenset[str]:
    """Return the states a ZIP code can lie in, by its first three digits; empty if none is assigned."""
    return _OF_PREFIX.get(zip_code[:3], frozenset())


def in_state(state: str, latitude: float, longitude: float) -> bool:
    """Say whether a point lies in the extent of a state; True for codes without an extent."""
    found = STATES.get(state)
    return found is None or found.box is None or found.box.contains(latitude, longitude)


def in_world(latitude: float, longitude: float) -> bool:
    """Say whether two numbers are a latitude and a longitude in degrees."""
    return -90 <= latitude <= 90 and -180 <= longitude <= 180  # noqa: PLR2004 - the poles, and once around
