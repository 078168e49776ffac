"""A directory of schools that do not exist, any number of them, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.errors import ConfigError
from headgate.testing.replica.directory import BASE_YEAR, INDEPENDENT, ROMAN, Directory, Row
from headgate.testing.replica.names import SCHOOL_NAMES, conference_names, school_name, words

STATES = words(
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR "
    "PA RI SC SD TN TX UT VA VT WA WI WV WY"
)
REGIONS = ("SOUTH REGION", "MIDWEST REGION", "WEST REGION", "EAST REGION", "CENTRAL REGION", "REGION I", "UNASSIGNED")

_DIVISION_SHARES = {1: 0.32, 2: 0.27, 3: 0.41}
_SCHOOLS_PER_CONFERENCE = 10
_SHARE_OF_INDEPENDENTS = 0.008
_SHARE_OF_PRIVATE = 0.58
_SHARE_OF_HBCU = 0.035
_FIRST_CONFERENCE_ID = 5_000_001
_FEWEST_WITH_QUIRKS = 5
_ONE_IN_TRANSITION = 250
"""One school in this many is about to move to another division."""

# the sports of the directory: code letters, label, which genders
_SPORTS = (
    ("BB", "Basketball", "MW"),
    ("CC", "Cross Country", "MW"),
    ("GO", "Golf", "MW"),
    ("LA", "Lacrosse", "MW"),
    ("SO", "Soccer", "MW"),
    ("SW", "Swimming and Diving", "MW"),
    ("TE", "Tennis", "MW"),
    ("TI", "Track, Indoor", "MW"),
    ("TO", "Track, Outdoor", "MW"),
    ("VB", "Volleyball", "MW"),
    ("WR", "Wrestling", "MW"),
    ("RI", "Rifle", "MWX"),
    ("SK", "Skiing", "MWX"),
    ("ES", "esports", "X"),
)
_SINGLE_SPORTS = (("MBA", "Baseball"), ("MFB", "Football"), ("WFH", "Field Hockey"), ("WSB", "Softball"))
_GENDER_WORDS = {"M": "Men's", "W": "Women's", "X": "Mixed"}


def invent_directory(schools: int = 1100, *, seed: int = 0) -> Directory:
    """Return the directory of the base year with that many schools.

    Raises:
        ConfigError: The number of schools is negative.
    """
    if schools < 0:
        raise ConfigError(f"The replica cannot have {schools} schools.", hint="Ask for 0 or more.")
    rng = random.Random(f"{seed}/schools")
    conferences = _invent_conferences(schools, random.Random(f"{seed}/conferences"))
    numbers = rng.sample(range(max(SCHOOL_NAMES, 2 * schools)), schools)
    members = [
        _invent_member(org_id, number, conferences, rng) for org_id, number in zip(_org_ids(rng), numbers, strict=False)
    ]
    _add_quirks(members)
    return Directory.first(members, _sports(), seed=seed)


def _invent_conferences(schools: int, rng: random.Random) -> Mapping[int, Sequence[tuple[int, str]]]:
    """Return the conferences by division, as pairs of id and name: at least two in each, so that a school can move."""
    counts = {
        division: max(2, round(schools * share / _SCHOOLS_PER_CONFERENCE))
        for division, share in _DIVISION_SHARES.items()
    }
    names = iter(conference_names(sum(counts.values()), rng))
    ids = iter(range(_FIRST_CONFERENCE_ID, _FIRST_CONFERENCE_ID + sum(counts.values())))
    return {division: [(next(ids), next(names)) for _ in range(count)] for division, count in counts.items()}


def _org_ids(rng: random.Random) -> Iterator[int]:
    """Yield ascending ids with gaps, as the real directory has them."""
    org_id = 0
    while True:
        org_id += rng.randint(1, 3)
        yield org_id


def _invent_member(
    org_id: int, number: int, conferences: Mapping[int, Sequence[tuple[int, str]]], rng: random.Random
) -> Row:
    division = rng.choices(tuple(_DIVISION_SHARES), tuple(_DIVISION_SHARES.values()))[0]
    conference = rng.choice(conferences[division])
    if division != 1 and rng.random() < _SHARE_OF_INDEPENDENTS:
        conference = (INDEPENDENT, "Independent")
    return member_row(org_id, number, division, conference, rng)


def member_row(org_id: int, number: int, division: int, conference: tuple[int, str], rng: random.Random) -> Row:
    """Return the row of an invented member with the 36 keys of the real listing, in its order.

    Args:
        org_id: The key.
        number: Which of the invented names it has.
        division: 1, 2 or 3.
        conference: Id and name.
        rng: What the rest is drawn from.
    """
    name, town = school_name(number)
    site = f"{town.lower()}{number}"
    return {
        "orgId": org_id,
        "nameOfficial": name,
        "deactive": "N",
        "academicYear": BASE_YEAR,
        "division": division,
        "subdivision": 0,
        "divisionAcronym": None,
        "memberTypeId": "2",
        "memberTypeDescription": None,
        "conferenceId": conference[0],
        "conferenceName": conference[1],
        "reclassYear": None,
        "reclassDivision": None,
        "reclassSubdivision": None,
        "webSiteUrl": _as_somebody_typed_it(f"{site}.example", rng),
        "athleticWebUrl": _as_somebody_typed_it(f"go{site}.example", rng),
        "provisionalMember": False,
        "memberOrgAddress": _ADDRESSES[rng.choice(STATES)],
        "dateMembership": None,
        "privateFlag": "Y" if rng.random() < _SHARE_OF_PRIVATE else "N",
        "historicallyBlackFlag": "Y" if rng.random() < _SHARE_OF_HBCU else "N",
        "acronym": None,
        "namePronunciation": None,
        "nickname": None,
        "instFacebook": None,
        "instTwitter": None,
        "instInstagram": None,
        "athFacebook": None,
        "athTwitter": None,
        "athInstagram": None,
        "sportRegion": rng.choice(REGIONS),
        "reclassDivisionRoman": "",
        "reclassSubdivisionAcronym": "",
        "institutionHandles": False,
        "athleticsHandles": False,
        "divisionRoman": ROMAN[division],
    }


def _address_in(state: str) -> dict[str, Any]:
    """Return the address object of the listing, in which only the state is filled."""
    empty = dict.fromkeys(("orgId", "addressType", "address1", "address2", "city"))
    return {
        **empty,
        "state": state,
        "country": None,
        "postalCode": None,
        "memberAddressType": None,
        "compositeKeyToString": None,
    }


_ADDRESSES = {state: _address_in(state) for state in STATES}


def _as_somebody_typed_it(host: str, rng: random.Random) -> str:
    """Return a URL in one of the ways in which the real listing has them."""
    return rng.choices(
        (
            f"www.{host}",
            f"www.{host}/",
            host,
            f"https://www.{host}/",
            f"WWW.{host.title()}",
            f"www.{host}/landing/index",
        ),
        (70, 15, 5, 5, 3, 2),
    )[0]


def _add_quirks(members: list[Row]) -> None:
    """Add what the real listing has once: a shared site, a missing region, two URLs in one field, a moving school."""
    if len(members) < _FEWEST_WITH_QUIRKS:
        return
    first, same_site, no_region, two_sites, reclassified, *others = members
    same_site["webSiteUrl"] = first["webSiteUrl"]
    no_region["sportRegion"] = None
    two_sites["webSiteUrl"] += "; www.second.example"
    reclassified.update(announced_reclassification(reclassified, reclassified["division"]))
    reclassified["reclassYear"] = BASE_YEAR - 2
    for row in others[::_ONE_IN_TRANSITION]:
        row.update(announced_reclassification(row, row["division"] % len(ROMAN) + 1))


def announced_reclassification(row: Row, target: int) -> Row:
    """Return the row of a school that will move to another division next year."""
    return {
        **row,
        "reclassYear": 0,
        "reclassDivision": target,
        "reclassSubdivision": 0,
        "reclassDivisionRoman": ROMAN[target],
    }


def _sports() -> list[Mapping[str, Any]]:
    """Return the rows of the sport list, one of them twice with a blank at its end."""
    labels = {
        f"{letter}{code}": f"{_GENDER_WORDS[letter]} {label}" for code, label, letters in _SPORTS for letter in letters
    }
    labels |= dict(_SINGLE_SPORTS)
    rows = [(label, code) for code, label in labels.items()]
    rows.append((f"{labels['WTE']} ", "WTE"))
    return [{"label": label, "value": code, "active": None} for label, code in sorted(rows)]
