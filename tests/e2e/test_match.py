"""``headgate match``, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fixtures.command import Command


@pytest.mark.timeout(300)
def test_the_way_of_a_decision(
    headgate: Command, replica: Callable[..., str], shared_data: Path, tmp_path: Path
) -> None:
    """What waits is listed without a terminal and nothing is asked; a person decides by flags; the sync follows."""
    file = shared_data / "ipeds" / "institutions.csv"
    (tmp_path / "headgate.toml").write_text(
        f'database_url = "sqlite:///n.db"\n[enrich]\ninstitutions = "{file}"\n[enrich.providers.institutions]\n',
        encoding="utf-8",
    )
    url = replica("--data", str(shared_data / "ncaa"))
    done = headgate("sync", "ncaa", "--base-url", url)
    assert "headgate match review ncaa" in done.stdout, done.stderr
    listed = headgate("match", "review", "ncaa").stdout
    assert "142  Claremont McKenna-Harvey Mudd-Scripps Colleges  none" in listed
    assert "112260 CLAREMONT MCKENNA COLLEGE  CLAREMONT, CA" in listed
    words = ("--choose", "142=112260", "--reject", "549", "--by", "ann", "--note", "a call")
    done = headgate("match", "review", "ncaa", *words)
    assert (done.returncode, done.stdout) == (0, "Decided: 2. Taken back: 0. The next sync follows.\n")
    report = json.loads(headgate("sync", "ncaa", "--base-url", url, "--json").stdout)
    assert report["enriched"]["schools"]["decided"] == 2
    assert report["entities"]["schools"]["updated"] == 2
    made = json.loads(headgate("match", "decisions", "ncaa", "--json").stdout)["decisions"]
    told = [(one["member_id"], one["institution"], one["decided_by"], one["note"]) for one in made]
    assert told == [("142", "CLAREMONT MCKENNA COLLEGE", "ann", "a call"), ("549", None, "ann", "a call")]
