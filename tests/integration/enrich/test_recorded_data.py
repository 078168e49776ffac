"""Addresses, points and matches of the recorded institutions and members."""

from __future__ import annotations

import csv
import json
import math
import re
import statistics
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest

from headgate.enrich import AddressParser, MatchKind, match
from headgate.enrich.geocoding import OfflineGeocoder
from headgate.enrich.states import in_state

Row = dict[str, str]
FIELDS = ("ADDRESS", "CITY", "STATE", "ZIP")


@pytest.fixture(scope="module")
def institutions(shared_data: Path) -> list[Row]:
    """Return the rows of the institutions file."""
    with (shared_data / "ipeds" / "institutions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _zip(row: Row) -> str:
    return f"{row['ZIP']}-{row['ZIP4']}" if row["ZIP4"].isdigit() else row["ZIP"]


LAYOUTS: dict[str, Callable[[Row], str]] = {
    "one line": lambda row: f"{row['ADDRESS']}, {row['CITY']}, {row['STATE']} {_zip(row)}",
    "page": lambda row: "<br>".join(f"<span>{escape(row[name])} </span>" for name in FIELDS),
    "br": lambda row: f"{escape(row['ADDRESS'])}<br>{escape(row['CITY'])}, {row['STATE']} {_zip(row)}",
    "no commas": lambda row: f"{row['ADDRESS']} {row['CITY']} {row['STATE']} {_zip(row)}",
    "title case": lambda row: f"{row['ADDRESS'].title()}, {row['CITY'].title()}, {row['STATE']} {row['ZIP']}, USA",
    "campus before": lambda row: f"Main Campus<br>{LAYOUTS['br'](row)}",
    "campus, one line": lambda row: f"Main Campus, {row['ADDRESS']}, {row['CITY']}, {row['STATE']} {_zip(row)}",
}  # fmt: skip


def _same(left: str | None, right: str) -> bool:
    return re.sub(r"[^\w#]+", " ", left or "").upper().strip() == re.sub(r"[^\w#]+", " ", right).upper().strip()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_real_addresses_are_read_in_every_layout(institutions: list[Row], layout: str) -> None:
    """Street, city, state and ZIP code are all right for 99.7 % of the institutions."""
    right = 0
    for row in institutions:
        found = AddressParser.parse(LAYOUTS[layout](row))
        right += (
            _same(found.street_line, row["ADDRESS"])
            and _same(found.city, row["CITY"])
            and (found.state, found.zip_code) == (row["STATE"], row["ZIP"])
        )
    assert right / len(institutions) >= 0.997


def test_offline_points_are_near_and_in_the_state(institutions: list[Row]) -> None:
    """The median distance is at most two kilometres, and no point lies in another state."""
    geocoder = OfflineGeocoder()
    distances = []
    for row in institutions:
        point = geocoder.point(row["ZIP"], row["CITY"], row["STATE"])
        if point is None:
            continue
        assert in_state(row["STATE"], point.latitude, point.longitude), row["NAME"]
        distances.append(_kilometres(point[:2], (float(row["LATITUDE"]), float(row["LONGITUDE"]))))
    assert len(distances) >= len(institutions) - 5
    assert statistics.median(distances) <= 2


def _kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    (south, west), (north, east) = (tuple(map(math.radians, point)) for point in (a, b))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def test_members_are_matched_as_people_matched_them(institutions: list[Row], shared_data: Path) -> None:
    """Precision is at least 0.998 and recall 0.985; certain matches are never wrong."""
    members = json.loads((shared_data / "ncaa" / "member_list_type12_2022.json").read_bytes())
    with (shared_data / "matching" / "ncaa_ipeds_labelled.csv").open(encoding="utf-8", newline="") as file:
        truth = {int(row["ncaa_org_id"]): row["ipeds_id"] for row in csv.DictReader(file)}
    found = [one for one in match(members, institutions) if one.member_id in truth]
    chosen = [one for one in found if one.institution_id is not None]
    right = [one for one in chosen if one.institution_id == truth[int(one.member_id)]]
    assert len(right) / len(chosen) >= 0.998
    assert len(right) / len(truth) >= 0.985
    assert all(one in right for one in chosen if one.kind is MatchKind.CERTAIN)
    assert len({one.institution_id for one in chosen}) == len(chosen)


def test_nothing_is_matched_where_the_institution_is_missing(institutions: list[Row], shared_data: Path) -> None:
    """Without the institutions that they are, hardly any member is matched with another one."""
    members = json.loads((shared_data / "ncaa" / "member_list_type12_2022.json").read_bytes())
    full = {one.member_id: one.institution_id for one in match(members, institutions)}
    gone = {one for position, one in enumerate(full.values()) if one is not None and position % 10 == 0}
    left = match(members, [row for row in institutions if row["IPEDSID"] not in gone])
    wrong = [one for one in left if full[one.member_id] in gone and one.institution_id is not None]
    assert len(wrong) / len(gone) <= 0.05
