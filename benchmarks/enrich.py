"""How many real addresses are read right and how fast, how near offline points are, and how members are matched.

Reads the recorded data from ``../shared/data`` or the folder named by ``HEADGATE_SHARED_DATA``.
"""

from __future__ import annotations

import csv
import json
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

from headgate.enrich import AddressParser, match
from headgate.enrich.geocoding import OfflineGeocoder, kilometres
from headgate.enrich.states import in_state

DATA = Path(os.environ.get("HEADGATE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
ROUNDS = 3
Row = dict[str, str]


def zip_of(row: Row) -> str:
    return f"{row['ZIP']}-{row['ZIP4']}" if row["ZIP4"].isdigit() else row["ZIP"]


def spans(row: Row) -> str:
    return "".join(f"<span>{escape(row[name])}</span>" for name in ("ADDRESS", "CITY", "STATE", "ZIP"))


def one_line(row: Row) -> str:
    return f"{row['ADDRESS']}, {row['CITY']}, {row['STATE']} {zip_of(row)}"


def breaks(row: Row) -> str:
    return f"{escape(row['ADDRESS'])}<br>{escape(row['CITY'])}, {row['STATE']} {zip_of(row)}"


LAYOUTS: dict[str, Callable[[Row], str]] = {
    "one line": one_line,
    "spans": spans,
    "br": breaks,
    "no commas": lambda row: f"{row['ADDRESS']} {row['CITY']} {row['STATE']} {zip_of(row)}",
    "title case, USA": lambda row: f"{row['ADDRESS'].title()}, {row['CITY'].title()}, {row['STATE']} {row['ZIP']}, USA",
    "campus before, br": lambda row: f"Main Campus<br>{breaks(row)}",
    "campus before, one line": lambda row: f"Main Campus, {one_line(row)}",
    "institution before, br": lambda row: f"{escape(row['NAME'])}<br>{breaks(row)}",
}


def plain(text: str | None) -> str:
    return re.sub(r"[^\w#]+", " ", text or "").upper().strip()


def addresses(rows: list[Row]) -> None:
    print(f"\nAddresses: street, city, state and ZIP code all right ({len(rows):,} institutions)")
    for name, layout in LAYOUTS.items():
        texts = [layout(row) for row in rows]
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            found = [AddressParser.parse(text) for text in texts]
            seconds.append(time.perf_counter() - start)
        right = sum(
            plain(one.street_line) == plain(row["ADDRESS"])
            and plain(one.city) == plain(row["CITY"])
            and (one.state, one.zip_code) == (row["STATE"], row["ZIP"])
            for one, row in zip(found, rows, strict=True)
        )
        print(f"  {name:<24} {right / len(rows):8.3%}   {len(rows) / min(seconds):>9,.0f} addresses/s")


def points(rows: list[Row]) -> None:
    geocoder = OfflineGeocoder()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = [geocoder.point(row["ZIP"], row["CITY"], row["STATE"]) for row in rows]
        seconds.append(time.perf_counter() - start)
    pairs = [(point, row) for point, row in zip(found, rows, strict=True) if point is not None]
    distances = [
        kilometres((point.latitude, point.longitude), (float(row["LATITUDE"]), float(row["LONGITUDE"])))
        for point, row in pairs
    ]
    outside = sum(not in_state(row["STATE"], point.latitude, point.longitude) for point, row in pairs)
    print(f"\nOffline geocoding: {len(pairs):,} of {len(rows):,} located, {outside} in the wrong state")
    far = statistics.quantiles(distances, n=20)[18]
    print(f"  error: median {statistics.median(distances):.2f} km, 95 % below {far:.1f} km")
    print(f"  speed: {len(rows) / min(seconds):,.0f} points/s")


def matching(rows: list[Row]) -> None:
    members = json.loads((DATA / "ncaa" / "member_list_type12_2022.json").read_bytes())
    with (DATA / "matching" / "ncaa_ipeds_labelled.csv").open(encoding="utf-8", newline="") as file:
        truth = {int(row["ncaa_org_id"]): row["ipeds_id"] for row in csv.DictReader(file)}
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = match(members, rows)
        seconds.append(time.perf_counter() - start)
    labelled = [one for one in found if one.member_id in truth]
    chosen = [one for one in labelled if one.institution_id is not None]
    right = sum(one.institution_id == truth[int(one.member_id)] for one in chosen)
    kinds = ", ".join(f"{count} {kind.value}" for kind, count in Counter(one.kind for one in found).most_common())
    print(f"\nMatching: {len(members)} members, {len(rows):,} institutions in {min(seconds):.2f} s: {kinds}")
    print(
        f"  precision {right / len(chosen):.4f}, recall {right / len(labelled):.4f} on {len(labelled)} labelled pairs"
    )


def main() -> int:
    if not DATA.is_dir():
        print(f"The recorded data is missing: no folder {DATA}.")
        return 1
    with (DATA / "ipeds" / "institutions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    start = time.perf_counter()
    AddressParser.parse("1 Main St, Troy, NY 12180")
    print(f"Loading the gazetteer, once per process: {time.perf_counter() - start:.2f} s")
    addresses(rows)
    points(rows)
    matching(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
