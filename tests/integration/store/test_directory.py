"""The recorded directory as the first state, then a changed copy of it: the exact plan is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fixtures.stores import changes, counts, read, sync
from headgate.store import DatabaseManager, EntityTable, Operation, Store, judge

COLUMNS = {
    "orgId": "integer",
    "nameOfficial": "text",
    "divisionRoman": "text",
    "conferenceId": "integer",
    "conferenceName": "text",
    "reclassYear": "integer",
    "webSiteUrl": "text",
    "provisionalMember": "boolean",
    "memberOrgAddress": "json",
}
TABLE = EntityTable("members", ("orgId",), COLUMNS)


def _listing(members: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the members by division, as the directory lists them."""
    return {
        f"division={division}": [member for member in members if member["divisionRoman"] == division]
        for division in ("I", "II", "III")
    }


async def test_a_year_in_the_directory(db: DatabaseManager, recorded_ncaa: Path) -> None:
    """Renames, division moves, conference moves, closures and additions: each one is planned, and nothing else."""
    members = json.loads((recorded_ncaa / "member_list_type12_2022.json").read_text(encoding="utf-8"))
    store = Store(db)
    await store.open()
    first = await sync(store, _listing(members), table=TABLE)
    assert first.entities["members"].counts == counts(new=942)
    assert (await sync(store, _listing(members), table=TABLE)).is_empty

    changed = [dict(member) for member in members]
    for member in changed[0:20]:
        member["nameOfficial"] += " at Anytown"
    movers = [member for member in changed[100:700] if member["divisionRoman"] == "II"][:10]
    for member in movers:
        member["divisionRoman"] = "I"
    for member in changed[700:715]:
        member |= {"conferenceId": 1, "conferenceName": "A New Conference"}
    closed = {member["orgId"] for member in changed[800:830]}
    founded = [changed[-1] | {"orgId": 10**6 + number, "nameOfficial": f"College {number}"} for number in range(5)]
    upstream = [member for member in changed if member["orgId"] not in closed] + founded

    plan = await sync(store, _listing(upstream), table=TABLE)
    assert plan.entities["members"].counts == counts(new=5, updated=45, unchanged=942 - 45 - 30, deleted=30)
    assert not judge(plan).held
    found = {change.key[0]: change for change in await changes(store, plan.id)}
    assert {key for key, change in found.items() if change.operation is Operation.DELETED} == closed
    for member in changed[0:20]:
        assert found[member["orgId"]].fields.keys() == {"nameOfficial"}
    for member in movers:
        assert found[member["orgId"]].fields == {"divisionRoman": ("II", "I")}
    for member in changed[700:715]:
        assert found[member["orgId"]].fields["conferenceName"][1] == "A New Conference"

    async with await store.rollback(plan.id) as run:
        await run.commit(await run.plan())
    rows = await read(db, 'SELECT "orgId", "nameOfficial" FROM members ORDER BY 1')
    assert rows == sorted(
        ({"orgId": member["orgId"], "nameOfficial": member["nameOfficial"]} for member in members),
        key=lambda row: row["orgId"],
    )
    assert [problem async for problem in store.examine()] == []
