"""The pages of members and conferences: the structure of the real ones, filled with invented addresses and people."""

from __future__ import annotations

import random
from html import escape

from headgate.testing.replica import names
from headgate.testing.replica.directory import INDEPENDENT, ROMAN, Directory, Row
from headgate.testing.replica.sponsorship import sponsored_sports

_OFFICES = ("President", "Director of Athletics", "Faculty Athletics Representative", "Senior Compliance Administrator")
_WITH_TWO_COACHES = 0.15
_WITHOUT_CONFERENCE = 0.1
_WITH_BOX = 0.2
_ON_NETWORK = 0.9


def school_page(directory: Directory, row: Row) -> str:
    """Return the page of a member."""
    rng = random.Random(f"{directory.seed}/page/{row['orgId']}")
    facts = {
        "Since": str(rng.randint(1906, 2010)),
        "Public/Private": "Private" if row["privateFlag"] == "Y" else "Public",
        "HBCU": "Yes" if row["historicallyBlackFlag"] == "Y" else "No",
    }
    status = "Reclassifying" if row["reclassYear"] is not None else "Active"
    header = _header(
        row["orgId"],
        row["nameOfficial"],
        names.nickname(rng),
        address=_address(row["memberOrgAddress"]["state"], rng),
        standing=(f"Division {ROMAN[row['division']]}", status),
        conference=_conference_link(row["conferenceId"], row["conferenceName"]),
        facts=facts,
    )
    sites = _site("Institution", row["webSiteUrl"], rng) + _site("Athletics", row["athleticWebUrl"], rng)
    return _page(row["nameOfficial"], header, sites, _administrators(rng) + _sponsorships(directory, row, rng))


def conference_page(directory: Directory, org_id: int, name: str) -> str:
    """Return the page of a conference."""
    rng = random.Random(f"{directory.seed}/page/{org_id}")
    divisions = sorted({row["division"] for row in directory.members if row["conferenceId"] == org_id})
    header = _header(
        org_id,
        name,
        "",
        address=_address(rng.choice(("IN", "OH", "TX", "PA")), rng),
        standing=(f"Division {ROMAN[divisions[0]]}" if divisions else "", "Active"),
        conference=_conference_link(INDEPENDENT, ""),
        facts={"Since": str(rng.randint(1906, 2010))},
    )
    sites = _site("Conference", f"www.conference{org_id}.example/", rng) + _site("Athletics", None, rng)
    return _page(name, header, sites, _administrators(rng))


def people_on(page: str) -> set[str]:
    """Return the names of the invented people on a page: what a reader of it must not keep."""
    return {f"{given} {family}" for given in names.GIVEN for family in names.FAMILY if f"{given} {family}" in page}


def _page(title: str, header: str, sites: str, tables: str) -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><meta charset='utf-8'><title>{escape(title)}</title></head><body>\n"
        f'<div class="container institutionDetail">\n{header}\n<div class="row">{sites}</div>\n'
        f"<section>{tables}</section>\n</div></body></html>\n"
    )


def _header(
    org_id: int,
    name: str,
    team: str,
    *,
    address: str,
    standing: tuple[str, str],
    conference: str,
    facts: dict[str, str],
) -> str:
    words = "".join(f"<span>{escape(part)} </span>" for part in _halves(name))
    rows = "".join(f"<div>{label}: <span> {escape(value)} </span></div>" for label, value in facts.items())
    return (
        f'<div class="row"><h1><img src="/images/logos/{org_id}.gif" alt="logo"> {words}</h1>'
        f'<h4> {escape(team)} </h4>\n<div class="col-md-8">{address}'
        f"<span>{standing[0]}</span> <span> {standing[1]}</span> {conference}\n{rows}</div></div>"
    )


def _halves(name: str) -> list[str]:
    """Split a name into the spans in which the page shows it."""
    head, separator, tail = name.partition(", ")
    return [f"{head},", tail] if separator else [head]


def _address(state: str, rng: random.Random) -> str:
    streets = [names.street(rng)] + (["Box " + str(rng.randint(1, 99))] if rng.random() < _WITH_BOX else [])
    lines = [*streets, names.place(rng).title(), state, f"{rng.randint(1, 499):05d}"]
    return f"<address>{'<br>'.join(f'<span>{escape(line)}</span>' for line in lines)}</address>"


def _conference_link(conference_id: int, name: str) -> str:
    text = "" if conference_id == INDEPENDENT else escape(name)
    return f'<a href="/directory/orgDetail?id={conference_id}">{text}</a>'


def _site(title: str, url: str | None, rng: random.Random) -> str:
    href = url or rng.choice(("#", "http://null"))
    links = "".join(
        f'<li class="list-group-item"><a title="{network}" href="{link}">{network}</a></li>'
        for network, link in _social_links(title, url, rng)
    )
    return (
        f'<div class="col-md-4"><div class="list-group"><a class="list-group-item active">{title}</a>'
        f'<a class="list-group-item" href="{escape(href)}">Web site</a>{links}</div></div>'
    )


def _social_links(title: str, url: str | None, rng: random.Random) -> list[tuple[str, str]]:
    if url is None:
        return []
    handle = f"{title.lower()}{rng.randint(1, 99_999)}"
    networks = ("Facebook", "Twitter", "Instagram")
    return [
        (network, f"https://www.{network.lower()}.example/{handle}")
        for network in networks
        if rng.random() < _ON_NETWORK
    ]


def _administrators(rng: random.Random) -> str:
    rows = "".join(f"<tr><td>{office}</td><td>{names.person(rng)}</td></tr>" for office in _OFFICES)
    return (
        '<div class="panel"><div class="panel-heading">Administration</div>'
        f"<table><thead><tr><th>Position</th><th>Name</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _sponsorships(directory: Directory, row: Row, rng: random.Random) -> str:
    labels = {sport["value"]: sport["label"] for sport in directory.sports}
    link = _conference_link(row["conferenceId"], row["conferenceName"])
    lines: list[str] = []
    for code in sponsored_sports(directory, row["orgId"]):
        conference = "" if rng.random() < _WITHOUT_CONFERENCE or row["conferenceId"] == INDEPENDENT else link
        line = (
            f"<tr><td>{escape(labels.get(code, code))}</td><td>{{coach}}</td>"
            f"<td>{ROMAN[row['division']]}</td><td>{conference}</td><td></td></tr>"
        )
        coaches = 2 if rng.random() < _WITH_TWO_COACHES else 1
        lines += [line.replace("{coach}", names.person(rng)) for _ in range(coaches)]
    return (
        '<div class="panel"><div class="panel-heading">Sponsored Sports for the '
        f"<span>{directory.year}-{directory.year + 1}</span> Academic Year</div><table><thead><tr>"
        "<th>Sport</th><th>Head Coach</th><th>Division</th><th>Conference</th><th></th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
