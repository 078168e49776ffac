"""A sync that is killed while it reads, and the next one that goes on."""

from __future__ import annotations

import asyncio
import csv
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from fixtures.command import Command
from headgate.testing import NCAAReplica
from headgate.testing.providers import ScorecardReplica

IN_FLIGHT = 8
SYNC = ("sync", "ncaa", "--details", "--json", "--database", "sqlite:///ncaa.db", "--base-url")


async def test_killed_sync_goes_on_where_it_was(tmp_path: Path) -> None:
    """Listings and the pages of finished divisions are not asked for again, and the result is the same."""
    headgate = Command(tmp_path)
    async with NCAAReplica(schools=60) as replica:
        members = Counter(member["divisionRoman"] for member in replica.directory.members)
        pages_before_the_last = sum(members[division] for division in ("I", "II"))
        with headgate.started(*SYNC, replica.url) as process:
            while replica.requests["orgDetail"] <= len(replica.directory.conference_names) + pages_before_the_last:
                assert process.poll() is None, process.communicate()
                await asyncio.sleep(0.01)
            process.kill()
        asked = replica.requests.copy()
        done = await asyncio.to_thread(headgate, *SYNC, replica.url)
        asked_again = replica.requests - asked
        whole = await asyncio.to_thread(headgate, *SYNC, replica.url)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert asked_again.keys() == {"orgDetail", "robots"}
    # requests that were on their way when the process died may be counted with the second run
    assert members["III"] <= asked_again["orgDetail"] <= members["III"] + IN_FLIGHT
    assert {(part["entity"], part["partition"]) for part in report["resumed"]} >= {
        ("sports", ""),
        ("schools", "division=III"),
        ("school_details", "division=I"),
        ("school_details", "division=II"),
    }
    assert report["entities"]["school_details"]["new"] == 60
    assert "Taking over schools division=I" in done.stderr
    assert json.loads(whole.stdout)["status"] == "unchanged"


async def test_killed_in_the_middle_of_enrichment(tmp_path: Path) -> None:
    """What was read is not asked for again, and the schools end as if nothing had happened: figures and addresses."""
    headgate = Command(tmp_path)
    headgate.environment["COLLEGE_SCORECARD_API_KEY"] = "a-key"
    async with NCAAReplica(schools=40) as replica, ScorecardReplica(_scores(replica), faults="*:hang") as scorecard:
        _institutions(replica, tmp_path / "institutions.csv")
        (tmp_path / "headgate.toml").write_text(
            '[cache]\nenabled = false\n[enrich]\ninstitutions = "institutions.csv"\n'
            f'[enrich.providers.scorecard]\nbase_url = "{scorecard.url}/ed/collegescorecard/v1"\n',
            encoding="utf-8",
        )
        with headgate.started(*SYNC, replica.url) as process:
            while not scorecard.requests:
                assert process.poll() is None, process.communicate()
                await asyncio.sleep(0.01)
            process.kill()
        scorecard.faults.reset("")
        asked = replica.requests.copy()
        done = await asyncio.to_thread(headgate, *SYNC, replica.url)
        asked_again = replica.requests - asked
        whole = await asyncio.to_thread(headgate, *SYNC, replica.url, "--database", "sqlite:///whole.db")
    assert (done.returncode, whole.returncode) == (0, 0), done.stderr
    assert set(asked_again) <= {"robots"}
    report = json.loads(done.stdout)
    assert (report["entities"]["schools"]["new"], report["entities"]["school_details"]["new"]) == (40, 40)
    assert report["enriched"]["schools"].keys() <= {"certain", "probable"}
    resumed, uninterrupted = (_schools(tmp_path / name) for name in ("ncaa.db", "whole.db"))
    assert resumed == uninterrupted
    assert {(enrolment, bool(street)) for _, enrolment, street, _ in resumed} == {(1234, True)}


def _scores(replica: NCAAReplica) -> list[dict[str, int]]:
    return [
        {"id": number, "latest.student.size": 1234} for number in range(1000, 1000 + len(replica.directory.members))
    ]


def _institutions(replica: NCAAReplica, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["IPEDSID", "NAME", "STATE", "WEBSITE"])
        for number, member in enumerate(replica.directory.members, start=1000):
            state = member["memberOrgAddress"]["state"]
            writer.writerow([number, member["nameOfficial"].upper(), state, member["webSiteUrl"]])


def _schools(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(
            "SELECT org_id, enrolment, street, enrichment FROM schools ORDER BY org_id"
        ).fetchall()
