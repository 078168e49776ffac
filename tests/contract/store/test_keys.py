"""Keys of every kind, stored and met again."""

from __future__ import annotations

import pytest

from fixtures.stores import sync
from headgate.store import DatabaseManager, EntityTable, Store

THINGS = EntityTable("things", ("name", "number"), {"name": "text", "number": "integer", "value": "text"})
NAMES = [
    "",
    "plain",
    'a "quote"',
    "back\\slash",
    "\\",
    "\\\\t",
    "tab\tfeed\nreturn\r",
    "null",
    "é",
    "漢字",
    "😀",
    "],[",
]


@pytest.mark.parametrize("max_keys", [0, 5, 1000])
async def test_keys_are_met_again(db: DatabaseManager, max_keys: int) -> None:
    """Whatever characters a key is made of, a second run finds the row, in memory and by way of temporary files."""
    store = Store(db, max_keys=max_keys)
    await store.open()
    for partition in ("one", "two", "two"):
        rows = [{"name": name, "number": number} for number, name in enumerate(NAMES)]
        plan = await sync(store, {partition: rows}, table=THINGS)
        counts = plan.entities["things"].counts
        assert (counts.new, counts.unchanged) == ((0, len(NAMES)) if partition == "two" else (len(NAMES), 0))
        assert counts.deleted == counts.updated == 0
