"""Duplicates in the recorded responses of the NCAA directory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from headgate.quality import validate_and_process_batch
from headgate.quality.duplicates import DuplicateKind, DuplicatePolicy, Winner, deduplicate
from headgate.quality.probable import probable_duplicates

DATA = Path(os.environ.get("HEADGATE_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded data are not in {DATA}")


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the rows of a recorded body."""
    rows: list[dict[str, Any]] = json.loads((DATA / "ncaa" / name).read_bytes())
    return rows


class Sport(BaseModel):
    """A row of the sport list."""

    model_config = ConfigDict(str_strip_whitespace=True)

    value: str
    label: str


def test_the_sport_list_has_one_exact_duplicate() -> None:
    """Raw, where the two differ by a blank at the end, and as models, which are trimmed."""
    raw = recorded("sport_list.json")
    policy = DuplicatePolicy(("value",), Winner.QUARANTINE)
    for rows in (raw, validate_and_process_batch(raw, Sport).valid):
        result = deduplicate(rows, policy)
        assert [(found.key, found.kind) for found in result.dropped] == [(("WST",), DuplicateKind.EXACT)]
        assert len(result.kept) == 107
        assert not result.refused


def test_the_member_list_has_one_probable_pair_and_keeps_both() -> None:
    """The two campuses of Fairleigh Dickinson share a web site; every other school has its own."""
    members = recorded("member_list_type12_2022.json")
    rows = [{**member, "state": member["memberOrgAddress"]["state"]} for member in members]
    [pair] = probable_duplicates(rows, key=["orgId"], name="nameOfficial", evidence={"webSiteUrl": 0.6, "state": 0.2})
    assert pair.keys == ((221,), (222,))
    assert pair.agreeing == ("webSiteUrl", "state")
    assert {"dickinson", "fairleigh"} < set(pair.shared_words)
    result = deduplicate(rows, DuplicatePolicy(("orgId",), Winner.QUARANTINE))
    assert len(result.kept) == len(rows) == 942
