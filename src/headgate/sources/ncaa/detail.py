"""The page of a school or a conference, read into plain values. Names of people are never read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from headgate.errors import UnexpectedShapeError
from headgate.sources.ncaa.enums import Division, Subdivision

_NETWORKS = ("Facebook", "Twitter", "Instagram")
_LINES_AFTER_STREET = 3
_SPORT_CELL, _DIVISION_CELL, _CONFERENCE_CELL = 0, 2, 3
_FACTS = {"since": "Since", "private": "Public/Private", "hbcu": "HBCU", "pronunciation": "Pronunciation"}
_MUST_CLOSE = ("html", "section", "table")

Values = dict[str, Any]


def parse_school_page(html: str, *, url: str, sport_codes: Mapping[str, str] | None = None) -> Values:
    """Return the values of a school's page, by the names of :class:`~headgate.sources.ncaa.SchoolDetail`'s fields.

    Args:
        html: The page.
        url: Where it is from: gives the id, and what relative addresses are relative to.
        sport_codes: Sport codes by name of the sport.

    Raises:
        UnexpectedShapeError: It is not such a page, or it ends in the middle.
    """
    page = _complete_page(html, url)
    values, block = _common_values(page, url)
    facts = _facts(block)
    return {
        **values,
        **facts,
        "conference_id": _linked_id(block.css_first("a")) if block else None,
        "sponsored_sports": _sponsored_sports(page, url, sport_codes or {}),
    }


def parse_conference_page(html: str, *, url: str) -> Values:
    """Return the values of a conference's page; arguments and errors as for a school's."""
    page = _complete_page(html, url)
    values, block = _common_values(page, url)
    return {**values, **_facts(block)}


def _complete_page(html: str, url: str) -> LexborHTMLParser:
    lowered = html.lower()
    for tag in _MUST_CLOSE:
        if len(re.findall(rf"<{tag}[\s>]", lowered)) > lowered.count(f"</{tag}>"):
            raise _not_a_page(url, f"it ends before <{tag}> is closed")
    page = LexborHTMLParser(html)
    if page.css_first(".institutionDetail") is None or page.css_first("h1") is None:
        raise _not_a_page(url, "it has no name or no details")
    return page


def _common_values(page: LexborHTMLParser, url: str) -> tuple[Values, LexborNode | None]:
    """Return what all pages have, and the block in which the address stands."""
    address = page.css_first("address")
    block = address.parent if address is not None else None
    lines = [_text(span) for span in address.css("span")] if address is not None else []
    tail = [line.rstrip(", ") for line in lines[-_LINES_AFTER_STREET:]]
    city, state, postal_code = tail if len(tail) == _LINES_AFTER_STREET else (None,) * _LINES_AFTER_STREET
    standing = _texts_after(address, block)
    values: Values = {
        "org_id": _id_in(url),
        "name": _name(page),
        "nickname": _text(page.css_first("h4")),
        "logo_url": _logo(page, url),
        "address_html": address.inner_html.strip() if address is not None and address.inner_html else None,
        "city": city,
        "state": state,
        "postal_code": postal_code,
        "division": Division.from_text(standing[0]),
        "subdivision": Subdivision.from_text(standing[0]),
        "membership_status": standing[1],
    }
    return values | _sites(page), block


def _name(page: LexborHTMLParser) -> str:
    """Return the name, which stands in one or more spans."""
    return " ".join(filter(None, map(_text, page.css("h1 span")))) or _text(page.css_first("h1"))


def _logo(page: LexborHTMLParser, url: str) -> str | None:
    heading = page.css_first("h1")
    beside = heading.parent if heading is not None else None
    logo = page.css_first("h1 img") or (beside.css_first("img") if beside is not None else None)
    source = (logo.attributes.get("src") or "").strip() if logo is not None else ""
    return urljoin(url, source) if source else None


def _texts_after(address: LexborNode | None, block: LexborNode | None) -> tuple[str, str]:
    """Return the texts of the two spans after the address: division and membership status."""
    if address is None or block is None:
        return "", ""
    own = {span.mem_id for span in address.css("span")}
    seen_address = False
    texts: list[str] = []
    for node in block.traverse():
        if node.mem_id == address.mem_id:
            seen_address = True
        elif seen_address and node.tag == "span" and node.mem_id not in own:
            texts.append(_text(node))
    first, second, *_ = [*texts, "", ""]
    return first, second


def _facts(block: LexborNode | None) -> Values:
    """Return what the labelled ``div``s of the block say."""
    facts: Values = dict.fromkeys(_FACTS)
    leaves = [div for div in block.css("div") if len(div.css("div")) == 1] if block is not None else []
    for div in leaves:
        value = div.css_first("span")
        name = next((name for name, label in _FACTS.items() if label in _text(div)), None)
        if value is not None and name is not None and facts[name] is None:
            facts[name] = _text(value) or None
    return facts


def _sites(page: LexborHTMLParser) -> Values:
    """Return the web sites and social links: of the institution first, then of the athletics department."""
    values: Values = {}
    groups = page.css(".institutionDetail .col-md-4 .list-group")
    for group, site, prefix in zip(groups, ("website", "athletics_website"), ("", "athletics_"), strict=False):
        anchors = group.css("a.list-group-item")
        values[site] = _link(anchors[1]) if len(anchors) > 1 else None
        for network in _NETWORKS:
            values[f"{prefix}{network.lower()}"] = _link(group.css_first(f"li.list-group-item a[title={network}]"))
    return values


def _link(anchor: LexborNode | None) -> str | None:
    """Return where an anchor leads; ``None`` for the directory's two ways to say nowhere."""
    href = (anchor.attributes.get("href") or "").strip() if anchor is not None else ""
    return None if href in {"", "#"} or "null" in href.lower() else href


def _sponsored_sports(page: LexborHTMLParser, url: str, codes: Mapping[str, str]) -> list[Values]:
    """Return the sponsored sports, each once: a sport stands there once for each of its head coaches."""
    by_name: dict[str, Values] = {}
    for row in _sports_table(page, url).css("tr"):
        cells = row.css("td")
        if len(cells) <= _CONFERENCE_CELL or not (name := _text(cells[_SPORT_CELL])):
            continue
        sponsored = {
            "sport": name,
            "code": codes.get(name),
            "division": Division.from_text(_text(cells[_DIVISION_CELL])),
            "conference_id": _linked_id(cells[_CONFERENCE_CELL].css_first("a")),
        }
        known = by_name.setdefault(name, sponsored)
        by_name[name] = {field: sponsored[field] if value is None else value for field, value in known.items()}
    return [by_name[name] for name in sorted(by_name)]


def _sports_table(page: LexborHTMLParser, url: str) -> LexborNode:
    """Return the first table after the heading of the sponsored sports. The one before it names people."""
    after_heading = False
    for node in page.css(".institutionDetail .panel-heading, .institutionDetail section table"):
        if after_heading and node.tag == "table":
            return node
        after_heading = after_heading or (node.tag != "table" and "Sponsored Sports" in _text(node))
    raise _not_a_page(url, "it has no table of sponsored sports")


def _linked_id(anchor: LexborNode | None) -> int | None:
    return _id_in(anchor.attributes.get("href") or "") if anchor is not None else None


def _id_in(url: str) -> int | None:
    """Return the ``id`` of the query of an address of a page."""
    ids = parse_qs(urlsplit(url).query).get("id", [])
    return int(ids[0]) if ids and ids[0].isascii() and ids[0].isdecimal() else None


def _text(node: LexborNode | None) -> str:
    """Return the text of a node with its blanks trimmed and collapsed; nothing for no node."""
    return " ".join(node.text().split()) if node is not None else ""


def _not_a_page(url: str, why: str) -> UnexpectedShapeError:
    return UnexpectedShapeError(
        f"The page {url} is not a page of the NCAA directory as it is known: {why}.",
        hint="Open it in a browser. If the directory was redesigned, its parser has to follow.",
    )
