"""What each piece of evidence is worth: pure functions of a member and an institution.

The score is a sum of weights of evidence, after Fellegi and Sunter (1969): each piece adds what it says for, or takes
away what it says against, the two being the same. The weights are rounded judgements, the same for all institutions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from headgate.enrich.matching.domains import Site, sites
from headgate.enrich.matching.index import Index, Institution, id_of
from headgate.enrich.matching.names import KINDS, PARTS, Name, names_of

_HOST = 4.0
_DOMAIN = 2.5
_PATH = 1.5
_OTHER_DOMAIN = -0.5
_OTHER_DOMAIN_AND_NAME = -2.0
_SAME = 0.99
_PART = -2.0
_NO_STUDENTS = -1.0
_NAME = 6.0
_ALIAS = 5.0
_UNRELATED = 0.5
_STATE = 1.0
_OTHER_STATE = -3.0
_CITY = 1.0
_CLOSED = -2.0
_CONTROL = -2.0
_FOR_PROFIT = -0.5
_TWO_YEARS = -2.0
_NO_DEGREES = -1.0
_OTHER_KIND = -0.7
_TINY = -1.0
_PER_TENFOLD = 0.3
_TINY_BELOW = 150
_MAIN_CAMPUS = 1.5
_NO_CAMPUS = {"closed", "part", "level"}
_TIMES_LARGER = 4.0


class Member(NamedTuple):
    """A row of the member list, read once."""

    id: int | str
    names: Sequence[Name]
    state: str | None
    sites: Sequence[Site]
    private: bool | None


def read_member(row: Mapping[str, Any]) -> Member:
    """Read what matching uses of a row of the member list."""
    member_id = id_of(row, "orgId", "member")
    address = row.get("memberOrgAddress")
    state = address.get("state") if isinstance(address, Mapping) else None
    state = state.strip().upper() if isinstance(state, str) and state.strip() else None
    private = {"Y": True, "N": False}.get(str(row.get("privateFlag")))
    return Member(
        member_id, names_of(str(row.get("nameOfficial") or ""), state), state, sites(row.get("webSiteUrl")), private
    )


def weigh(member: Member, institution: Institution, index: Index) -> dict[str, float]:
    """Return the evidence that a member is an institution, by name; positive speaks for it."""
    evidence: dict[str, float] = {}
    similarity, evidence_of_names = _names(member, institution, index)
    evidence["domain"] = _domain(member, institution, index, same_name=similarity >= _SAME)
    evidence |= evidence_of_names
    if member.state and institution.state:
        evidence["state"] = _STATE if member.state == institution.state else _OTHER_STATE
    words = member.names[0].words
    if institution.city and institution.city <= words:
        evidence["city"] = _CITY
    evidence |= _standing(member, institution.row)
    return {name: weight for name, weight in evidence.items() if weight}


def _domain(member: Member, institution: Institution, index: Index, *, same_name: bool) -> float:
    if not member.sites or not institution.sites:
        return 0.0
    # a domain changes now and then; that both the domain and the name are others is hardly chance
    best = _OTHER_DOMAIN if same_name else _OTHER_DOMAIN_AND_NAME
    for ours in member.sites:
        for theirs in institution.sites:
            if ours.domain != theirs.domain:
                continue
            sharing = len(index.of_domain(ours.domain))
            # a domain that many institutions share says little about which of them it is
            weight = _HOST if ours.host == theirs.host else _DOMAIN - 0.3 * math.log2(sharing)
            if ours.host == theirs.host and theirs.path != ours.path:
                weight -= _PATH if theirs.path and sharing > 1 else 0.0
            best = max(best, weight / len(member.sites))
    return best


def _names(member: Member, institution: Institution, index: Index) -> tuple[float, dict[str, float]]:
    by_name = max(index.similarity(ours, theirs) for ours in member.names for theirs in institution.names)
    by_alias = max(
        (index.similarity(ours, theirs) for ours in member.names for theirs in institution.aliases), default=0.0
    )
    name, alias = _NAME * (by_name - _UNRELATED), _ALIAS * (by_alias - _UNRELATED)
    evidence = {"alias": alias} if alias > name else {"name": name}
    ours, theirs = member.names[0].words & KINDS, institution.names[0].words & KINDS
    if ours and theirs and not ours & theirs:
        evidence["kind"] = _OTHER_KIND
    if by_name < _SAME and institution.names[0].words & PARTS - member.names[0].words:
        evidence["part"] = _PART
    return max(by_name, by_alias), evidence


def _standing(member: Member, row: Mapping[str, Any]) -> dict[str, float]:
    """Judge what kind of institution it is: members are open, teach for four years and give degrees."""
    evidence: dict[str, float] = {}
    if str(row.get("STATUS") or "A") != "A" or str(row.get("CLOSE_DATE") or "-2") != "-2":
        evidence["closed"] = _CLOSED
    control = str(row.get("TYPE") or "")
    if member.private is not None and control in {"1", "2", "3"}:
        if member.private == (control == "1"):
            evidence["control"] = _CONTROL
        elif control == "3":
            evidence["control"] = _FOR_PROFIT
    if str(row.get("LEVEL_")) in {"2", "3"}:
        evidence["level"] = _TWO_YEARS
    elif str(row.get("DEG_GRANT")) == "2":
        evidence["level"] = _NO_DEGREES
    students = _number(row.get("TOT_ENROLL"))
    if students is not None and students < 0:
        evidence["size"] = _NO_STUDENTS
    elif students is not None:
        evidence["size"] = _TINY if students < _TINY_BELOW else _PER_TENFOLD * math.log10(students / 1000)
    return evidence


def mark_main_campus(member: Member, weighed: Sequence[tuple[Institution, dict[str, float]]]) -> None:
    """Add evidence for the main campus where a member names none and several campuses bear its name.

    The campuses are the open four-year institutions under the same domain whose names are the member's and something
    more. The main one is the one that calls itself so, or is several times as large as each of the others; the words
    the campuses add to the name say nothing, so all of them are given the same weight for the name.
    """
    campuses = [
        (institution, evidence)
        for institution, evidence in weighed
        if evidence.get("domain", 0.0) > 0 and not evidence.keys() & _NO_CAMPUS and _is_campus(member, institution)
    ]
    if len(campuses) < 2:  # noqa: PLR2004 - a campus is one of several
        return
    main = _main_of([institution for institution, _ in campuses])
    same = max(evidence.get("name", evidence.get("alias", 0.0)) for _, evidence in campuses)
    for institution, evidence in campuses:
        evidence.pop("alias", None)
        evidence["name"] = same
        if institution is main:
            evidence["main_campus"] = _MAIN_CAMPUS


def _main_of(campuses: Sequence[Institution]) -> Institution | None:
    called = [campus for campus in campuses if any("MAIN" in alias.words for alias in campus.aliases)]
    if called:
        return called[0] if len(called) == 1 else None
    first, second, *_ = sorted(campuses, key=_students, reverse=True)
    return first if _students(first) >= _TIMES_LARGER * max(_students(second), 1.0) else None


def _students(institution: Institution) -> float:
    return _number(institution.row.get("TOT_ENROLL")) or 0.0


def _is_campus(member: Member, institution: Institution) -> bool:
    return any(ours.words < theirs.words for ours in member.names for theirs in institution.names)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
