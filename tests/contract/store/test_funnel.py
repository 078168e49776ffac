"""Where every row of a run goes."""

from __future__ import annotations

import pytest

from fixtures.stores import SCHOOLS, changes, counts, read, school, schools, stored, sync
from headgate.store import Comparison, Counts, DatabaseManager, EntityTable, Operation, QuarantinedRow, Repeat, Store
from headgate.store.repeats import KEPT


async def test_first_run_stores_every_row(store: Store, db: DatabaseManager) -> None:
    """All rows of the first run are new, land in the entity's table, and get a first version."""
    plan = await sync(store, {"I": schools(1, 2), "II": schools(3)})
    assert plan.entities["schools"].counts == counts(new=3)
    assert await stored(db) == schools(1, 2, 3)
    versions = await read(db, "SELECT key, operation, valid_to FROM {history} ORDER BY key")
    assert versions == [{"key": f"[{n}]", "operation": "new", "valid_to": None} for n in (1, 2, 3)]


async def test_second_identical_run_writes_no_row(store: Store, db: DatabaseManager) -> None:
    """A run without changes leaves only its record behind."""
    await sync(store, {"I": schools(1, 2)})
    tables = ("history", "state", "quarantine", "plan_item")
    before = [await read(db, f"SELECT * FROM {{{name}}}") for name in tables]
    plan = await sync(store, {"I": schools(2, 1)})
    assert plan.is_empty
    assert plan.entities["schools"].counts == counts(unchanged=2)
    assert [await read(db, f"SELECT * FROM {{{name}}}") for name in tables] == before
    assert len(await store.runs()) == 2


async def test_update_says_which_fields_changed(store: Store, db: DatabaseManager) -> None:
    """An updated row carries the old and the new value of each field that changed, and nothing else."""
    await sync(store, {"I": schools(1, 2)})
    plan = await sync(store, {"I": [school(1, "Renamed", None), school(2)]})
    assert plan.entities["schools"].counts == counts(updated=1, unchanged=1)
    [change] = await changes(store, plan.id)
    assert change.operation is Operation.UPDATED
    assert change.key == (1,)
    assert change.fields == {"name": ("School 1", "Renamed"), "members": (1, None)}
    assert await stored(db) == [school(1, "Renamed", None), school(2)]


async def test_absent_key_of_complete_partition_is_deleted(store: Store, db: DatabaseManager) -> None:
    """A row that the whole listing does not have any more goes; its last document is told."""
    await sync(store, {"I": schools(1, 2)})
    plan = await sync(store, {"I": schools(1)})
    assert plan.entities["schools"].counts == counts(unchanged=1, deleted=1)
    assert await stored(db) == schools(1)
    [change] = await changes(store, plan.id)
    assert (change.operation, change.key, change.document) == (Operation.DELETED, (2,), school(2))


async def test_nothing_is_deleted_without_proof(store: Store, db: DatabaseManager) -> None:
    """Partitions that were not enumerated to their end, or not at all, lose no row."""
    await sync(store, {"I": schools(1, 2), "II": schools(3)})
    plan = await sync(store, {"I": schools(1)}, incomplete=["I"])
    assert plan.entities["schools"].counts == counts(unchanged=1)
    assert plan.entities["schools"].absent_kept == 2
    assert await stored(db) == schools(1, 2, 3)


async def test_proof_may_come_with_any_batch(store: Store) -> None:
    """The proof holds for all batches of the partition, and an empty batch can carry it."""
    await sync(store, {"I": schools(1, 2, 3)})
    async with store.run("test", [SCHOOLS]) as run:
        await run.stage("schools", schools(1), partition="I")
        await run.stage("schools", [], partition="I", complete=True)
        await run.stage("schools", schools(2), partition="I")
        plan = await run.plan()
    assert plan.entities["schools"].counts == counts(unchanged=2, deleted=1)


async def test_entity_that_did_not_come_is_left_alone(store: Store, db: DatabaseManager) -> None:
    """An entity of which a run brings nothing keeps every row, and the plan says so."""
    await sync(store, {"I": schools(1)})
    plan = await sync(store, {})
    entity = plan.entities["schools"]
    assert (entity.counts, entity.known, entity.absent_kept, entity.partial) == (counts(), 1, 1, True)
    assert (entity.incomplete, entity.deletions_known) == (("I",), False)
    assert await stored(db) == schools(1)


async def test_key_that_moves_is_not_deleted(store: Store, db: DatabaseManager) -> None:
    """An equal row under another partition is unchanged; from then on that partition decides over it."""
    await sync(store, {"I": schools(1, 2), "II": schools(3)})
    plan = await sync(store, {"I": schools(1), "II": schools(2, 3)})
    assert plan.entities["schools"].counts == counts(unchanged=3)
    plan = await sync(store, {"I": schools(1)})
    assert plan.entities["schools"].counts == counts(unchanged=1)
    plan = await sync(store, {"II": schools(3)})
    assert plan.entities["schools"].counts == counts(unchanged=1, deleted=1)
    assert await stored(db) == schools(1, 3)
    assert len(await read(db, "SELECT 1 FROM {history} WHERE key = '[2]'")) == 2


async def test_moved_and_changed_is_an_update(store: Store) -> None:
    """A row that moves and changes is updated once."""
    await sync(store, {"I": schools(1), "II": []})
    plan = await sync(store, {"I": [], "II": [school(1, "Moved")]})
    assert plan.entities["schools"].counts == counts(updated=1)


async def test_equal_rows_with_one_key_are_duplicates(store: Store) -> None:
    """The same row twice counts once, in one partition or in two, in one batch or in several."""
    listing = {"I": [*schools(1, 1)], "II": schools(1, 2)}
    plan = await sync(store, listing)
    assert plan.entities["schools"].counts == counts(new=2, duplicates=2)
    assert plan.entities["schools"].repeats == (Repeat((1,), 2),)
    plan = await sync(store, listing)
    assert plan.entities["schools"].counts == counts(unchanged=2, duplicates=2)
    assert (await store.find_run(plan.id)).plan == plan


async def test_keys_that_repeat_are_remembered_up_to_a_number(store: Store) -> None:
    """Of more keys that came twice, and of very long ones, only the count is kept."""
    table = EntityTable("texts", ("id",), {"id": "text"})
    names = [f"n{number}" for number in range(KEPT + 7)]
    plan = await sync(store, {"": [{"id": name} for name in ["x" * 1000, *names] * 2]}, table=table)
    entity = plan.entities["texts"]
    assert entity.counts.duplicates == KEPT + 8
    assert entity.repeats == tuple(Repeat((name,), 1) for name in names[:KEPT])


@pytest.mark.parametrize(("batch_size", "max_keys"), [(1, 99), (2, 99), (100, 99), (1, 0), (3, 5), (100, 4)])
async def test_conflicting_rows_are_all_put_aside(db: DatabaseManager, batch_size: int, max_keys: int) -> None:
    """Rows with one key and different content go to quarantine, all of them, whenever they come."""
    store = Store(db, batch_size=batch_size, max_keys=max_keys)
    await store.open()
    await sync(store, {"I": schools(1, 2, 3, 4)})
    rows = [*schools(1, 4), school(2, "Changed"), school(9), school(1, "Other"), *schools(2, 9), school(9, "Other")]
    plan = await sync(store, {"I": [*rows, school(9, "Third")], "II": schools(3)})
    entity = plan.entities["schools"]
    assert entity.counts == counts(quarantined=7, unchanged=2, duplicates=1)
    assert entity.conflicts == 3
    assert await stored(db) == schools(1, 2, 3, 4)
    kept = await read(db, "SELECT key, reasons FROM {quarantine}")
    assert sorted(row["key"] for row in kept) == ["[1]"] * 2 + ["[2]"] * 2 + ["[9]"] * 3
    assert any("'School 1' and 'Other'" in row["reasons"] for row in kept)


async def test_conflict_does_not_delete_what_is_stored(store: Store, db: DatabaseManager) -> None:
    """A conflict says nothing about the stored row: it stays as it was."""
    await sync(store, {"I": schools(1, 2)})
    await sync(store, {"I": [school(1, "A"), school(1, "B"), school(2)]})
    assert await stored(db) == schools(1, 2)


async def test_rows_that_no_column_can_hold_are_put_aside(store: Store, db: DatabaseManager) -> None:
    """A missing key, a wrong type, a number beyond 64 bits and a NUL character cost one row each, with the reason."""
    bad = [
        {"name": "no key"},
        school(1) | {"id": None},
        school(2, members=2**63),
        school(3, "nul\0"),
        school(4) | {"members": "seven"},
        school(5) | {"name": "\ud800"},
    ]
    plan = await sync(store, {"I": [*bad, school(6)]})
    entity = plan.entities["schools"]
    assert entity.counts == counts(quarantined=6, new=1)
    assert entity.unidentified == 2
    kept = await read(db, "SELECT key, reasons FROM {quarantine} ORDER BY id")
    assert [row["key"] for row in kept] == [None, None, "[2]", "[3]", "[4]", "[5]"]
    expected = ("a value is required", "a value is required", "64 bits", "NUL", "integer expected", "not JSON")
    assert all(reason in row["reasons"] for reason, row in zip(expected, kept, strict=True))


async def test_broken_row_protects_what_is_stored_under_its_key(store: Store, db: DatabaseManager) -> None:
    """A row in quarantine is not absent: nothing that is stored under its key is deleted."""
    await sync(store, {"I": schools(1, 2, 3)})
    broken = QuarantinedRow(raw={"id": 2, "name": 7}, reasons=["name must be text"])
    plan = await sync(store, {"I": schools(1)}, quarantine=[broken])
    assert plan.entities["schools"].counts == counts(unchanged=1, quarantined=1, deleted=1)
    assert await stored(db) == schools(1, 2)


async def test_unidentified_row_stops_all_deletions(store: Store, db: DatabaseManager) -> None:
    """A row whose key cannot be told may be any stored one: nothing is deleted, and the plan says how much was kept."""
    await sync(store, {"I": schools(1, 2)})
    plan = await sync(store, {"I": schools(1)}, quarantine=[QuarantinedRow(raw={"oops": 1}, reasons=["no id"])])
    entity = plan.entities["schools"]
    assert (entity.counts.deleted, entity.absent_kept, entity.unidentified) == (0, 1, 1)
    assert await stored(db) == schools(1, 2)


async def test_broken_and_good_row_of_one_key(store: Store) -> None:
    """A good row counts although a broken one with its key came before or after."""
    await sync(store, {"I": schools(1, 2)})
    async with store.run("test", [SCHOOLS]) as run:
        await run.quarantine("schools", [QuarantinedRow({"id": 1}, ["bad"]), QuarantinedRow({"id": 7}, ["bad"])])
        await run.stage("schools", [*schools(1), school(2, "New"), school(7)], partition="I", complete=True)
        await run.quarantine("schools", [QuarantinedRow({"id": 2}, ["bad"])], partition="I")
        plan = await run.plan()
    assert plan.entities["schools"].counts == counts(unchanged=1, updated=1, new=1, quarantined=3)


async def test_deleted_row_can_come_back(store: Store, db: DatabaseManager) -> None:
    """A row that is gone and comes again is new, and its history has no gap."""
    for listing in (schools(1, 2), schools(1), schools(1, 2)):
        await sync(store, {"I": listing})
    versions = await read(
        db, "SELECT operation, valid_from, valid_to FROM {history} WHERE key = '[2]' ORDER BY valid_from"
    )
    assert [version["operation"] for version in versions] == ["new", "deleted", "new"]
    assert [version["valid_to"] for version in versions] == [*(v["valid_from"] for v in versions[1:]), None]


async def test_composite_keys_of_every_scalar_type(store: Store, db: DatabaseManager) -> None:
    """Keys may be made of several columns of any scalar type."""
    columns = {"a": "text", "b": "integer", "c": "date", "d": "boolean", "e": "numeric", "f": "timestamp", "v": "json"}
    table = EntityTable("things", ("a", "b", "c", "d", "e", "f"), columns)
    row = {"a": 'q"\\', "b": -1, "c": "2024-02-29", "d": True, "e": "1.50", "f": "2024-02-29T12:00:00+02:00"}
    await sync(store, {"": [{**row, "v": 1}, {**row, "d": False, "v": {"x": [1, None]}}]}, table=table)
    plan = await sync(store, {"": [{**row, "v": "text"}]}, table=table)
    assert plan.entities["things"].counts == counts(updated=1, deleted=1)
    assert len(await stored(db, "things")) == 1


async def test_table_of_keys_alone(store: Store, db: DatabaseManager) -> None:
    """An entity may have no column beside its key."""
    table = EntityTable("codes", ("code",), {"code": "text"})
    await sync(store, {"": [{"code": "A"}, {"code": "B"}]}, table=table)
    await sync(store, {"": [{"code": "A"}]}, table=table)
    assert await stored(db, "codes") == [{"code": "A"}]


async def test_values_come_back_as_they_went(store: Store, db: DatabaseManager) -> None:
    """Numbers, blanks, quotes and characters beyond ASCII survive in the target and in the document."""
    table = EntityTable("things", ("id",), {"id": "integer", "t": "text", "f": "float", "n": "numeric", "j": "json"})
    row = {
        "id": 2**63 - 1,
        "t": "  “x”\n🎓 'q' ",
        "f": 0.1 + 0.2,
        "n": "12345678901234567890.10",
        "j": ["é", {"a": None}],
    }
    plan = await sync(store, {"": [row]}, table=table)
    [change] = await changes(store, plan.id)
    assert change.document == row
    [target] = await stored(db, "things")
    assert (target["id"], target["t"], target["f"], str(target["n"])) == (row["id"], row["t"], row["f"], row["n"])


async def test_new_nullable_column_makes_no_version(store: Store, db: DatabaseManager) -> None:
    """A model that gains a field changes the table, and only the rows that have a value for it."""
    await sync(store, {"I": schools(1, 2)})
    wider = EntityTable("schools", ("id",), {"id": "integer", "name": "text", "members": "integer", "city": "text"})
    rows = [{**school(1), "city": None}, {**school(2), "city": "Akron"}]
    plan = await sync(store, {"I": rows}, table=wider)
    assert plan.entities["schools"].counts == counts(unchanged=1, updated=1)
    assert await stored(db) == rows
    plan = await sync(store, {"I": rows}, table=wider)
    assert plan.entities["schools"].counts == counts(unchanged=2)
    assert len(await read(db, "SELECT 1 FROM {history}")) == 3


async def test_fields_may_be_compared_in_their_own_way(store: Store, db: DatabaseManager) -> None:
    """Ignored fields and small drifts change nothing until something else does, or the drift leaves the tolerance."""
    compare = Comparison(frozenset({"seen"}), tolerance={"size": 0.5}, equality={"name": _same_letters})
    columns = {"id": "integer", "name": "text", "size": "float", "seen": "integer"}
    table = EntityTable("things", ("id",), columns, compare=compare)

    async def run(**fields: object) -> Counts:
        plan = await sync(store, {"": [{"id": 1, "name": "a", "size": 1.0, "seen": 1} | fields]}, table=table)
        return plan.entities["things"].counts

    assert await run() == counts(new=1)
    assert await run(seen=2) == counts(unchanged=1)
    assert await run(size=1.4, name="A") == counts(unchanged=1)
    assert await stored(db, "things") == [{"id": 1, "name": "a", "size": 1.0, "seen": 1}]
    assert await run(size=1.6, seen=3) == counts(updated=1)
    [_, version] = await store.history("things", 1)
    assert version.fields == {"size": (1.0, 1.6)}
    assert await stored(db, "things") == [{"id": 1, "name": "a", "size": 1.6, "seen": 3}]


def _same_letters(one: str, two: str) -> bool:
    return one.lower() == two.lower()
