"""What happens to a directory from one year to the next."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from headgate.errors import ConfigError
from headgate.testing.replica.directory import BASE_YEAR, INDEPENDENT, ROMAN, Directory, Row
from headgate.testing.replica.fictional import announced_reclassification, member_row
from headgate.testing.replica.names import SCHOOL_NAMES

_CLOSED = 0.006
_FOUNDED = 0.007
_RENAMED = 0.006
_OTHER_CONFERENCE = 0.015
_RECLASSIFIED = 0.004
"""Shares of the schools to which it happens in a year. Below 1 of 10 together, so that no guard is alarmed."""

_FEWEST = 20
"""With fewer schools than this nothing closes: one of them would be too large a share."""

_YEARS_OF_PROCESS = 3
_MOST_YEARS = 100
_NEW_NAMES = {"University": "Global University", "College": "University College", "Institute": "University Institute"}

Conferences = Mapping[int, list[tuple[int, str]]]


def directory_in(year: int, base: Directory) -> Directory:
    """Return the directory of a later year: the same for the same base, one year built on the other.

    Raises:
        ConfigError: The year lies before the base's, or more than a century after it.
    """
    last = base.year + _MOST_YEARS
    if not base.year <= year <= last:
        raise ConfigError(
            f"The replica has the years {base.year} to {last}, so it has no {year}.", hint="Ask for one of these."
        )
    directory = base
    while directory.year < year:
        directory = _next_year(directory)
    return directory


def _next_year(directory: Directory) -> Directory:
    rng = random.Random(f"{directory.seed}/{directory.year + 1}")
    conferences = _conferences_by_division(directory)
    rows = [_continue_reclassification(row, conferences, rng) for row in directory.members]
    changed = iter(rng.sample(range(len(rows)), len(rows)))  # a school meets one fate a year

    def draw(share: float) -> list[int]:
        count = max(1, round(len(rows) * share)) if len(rows) >= _FEWEST else 0
        return [next(changed) for _ in range(count)]

    closed = set(draw(_CLOSED))
    for index in draw(_RENAMED):
        rows[index] = _rename(rows[index])
    for index in draw(_OTHER_CONFERENCE):
        rows[index] = _move_conference(rows[index], conferences[rows[index]["division"]], rng)
    for index in draw(_RECLASSIFIED):
        rows[index] = _announce_reclassification(rows[index], rng)
    founded = _found(directory, len(draw(_FOUNDED)), conferences, rng)
    kept = [row for index, row in enumerate(rows) if index not in closed]
    year = directory.year + 1
    members = _with_stray_blank(kept + founded, year)
    return replace(directory, year=year, members=members, last_id=directory.last_id + len(founded))


def _conferences_by_division(directory: Directory) -> Conferences:
    """Return the conferences in which each division's members are, as sorted pairs of id and name."""
    found: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for row in directory.members:
        if row["conferenceId"] != INDEPENDENT:
            found[row["division"]].add((row["conferenceId"], row["conferenceName"].strip()))
    return {division: sorted(found[division]) or [(INDEPENDENT, "Independent")] for division in ROMAN}


def _continue_reclassification(row: Row, conferences: Conferences, rng: random.Random) -> Row:
    """Take a school on its way to another division one year further: it moves in the year after the announcement."""
    year, target = row["reclassYear"], row["reclassDivision"]
    if year is None:
        return row
    if year >= _YEARS_OF_PROCESS:  # the last year of the process, or a calendar year that is past
        return {
            **row,
            "reclassYear": None,
            "reclassDivision": None,
            "reclassSubdivision": None,
            "reclassDivisionRoman": "",
            "reclassSubdivisionAcronym": "",
        }
    moved = {**row, "reclassYear": year + 1}
    if target is not None and target != row["division"]:
        moved |= {"division": target, "divisionRoman": ROMAN[target]}
        moved = _move_conference(moved, conferences[target], rng)
    return moved


def _announce_reclassification(row: Row, rng: random.Random) -> Row:
    if row["reclassYear"] is not None:
        return row
    target = rng.choice([division for division in ROMAN if abs(division - row["division"]) == 1])
    return announced_reclassification(row, target)


def _rename(row: Row) -> Row:
    name = row["nameOfficial"]
    for old, new in _NEW_NAMES.items():
        if old in name and new not in name:
            return {**row, "nameOfficial": name.replace(old, new, 1)}
    return {**row, "nameOfficial": f"New {name}"}


def _move_conference(row: Row, conferences: list[tuple[int, str]], rng: random.Random) -> Row:
    others = [conference for conference in conferences if conference[0] != row["conferenceId"]]
    if not others:
        return row
    conference_id, name = rng.choice(others)
    return {**row, "conferenceId": conference_id, "conferenceName": name}


def _found(directory: Directory, count: int, conferences: Conferences, rng: random.Random) -> list[Row]:
    """Return that many new schools, with ids and names that no school of this year has."""
    names = {row["nameOfficial"] for row in directory.members}
    founded: list[Row] = []
    while len(founded) < count:
        division = rng.choice(tuple(ROMAN))
        number = rng.randrange(SCHOOL_NAMES)
        org_id = directory.last_id + 1 + len(founded)
        row = member_row(org_id, number, division, rng.choice(conferences[division]), rng)
        if row["nameOfficial"] not in names:
            names.add(row["nameOfficial"])
            founded.append(row)
    return founded


def _with_stray_blank(rows: list[Row], year: int) -> list[Row]:
    """Let the name of one conference end in a blank, as happens in the real listing, in every second year."""
    stray = rows[0]["conferenceId"] if rows and (year - BASE_YEAR) % 2 else None
    return [_with_conference_name(row, blank=row["conferenceId"] == stray) for row in rows]


def _with_conference_name(row: Row, *, blank: bool) -> Row:
    name = row["conferenceName"].strip() + (" " if blank else "")
    return row if name == row["conferenceName"] else {**row, "conferenceName": name}
