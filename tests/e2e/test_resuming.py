"""A sync that is killed while it reads, and the next one that goes on."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

from fixtures.command import Command
from headgate.testing import NCAAReplica

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
