"""The NCAA source against a directory that misbehaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.errors import ConnectError, ServerError, UnexpectedShapeError, UnusableBodyError
from headgate.extract.records import Records
from headgate.sources.ncaa import RobustNCAExtractor
from headgate.testing import NCAAReplica


def source(replica: NCAAReplica, *, attempts: int = 4, timeout: float = 5.0, **options: Any) -> RobustNCAExtractor:
    """Return the source, patient, quick and without a cache."""
    settings = {
        "circuit_config": CircuitBreakerConfig(failure_threshold=50, failure_ratio=None),
        "cache_config": CacheConfig(enabled=False),
        "rate_limit_config": RateLimitConfig(requests_per_second=1000, burst_size=100, adaptive=False),
        "retry_config": RetryConfig(
            max_attempts=attempts, base_delay=0.005, max_delay=0.02, budget_ratio=1, budget_reserve=100
        ),
        "http_config": HttpConfig(timeout_seconds=timeout),
    }
    return RobustNCAExtractor(base_url=replica.url, **(settings | options))


async def batches(extractor: RobustNCAExtractor) -> list[Records]:
    """Return everything a source yields."""
    async with extractor:
        return [batch async for batch in extractor.records()]


def ids(found: list[Records], entity: str = "schools", key: str = "orgId") -> list[Any]:
    """Return the keys of the rows of an entity."""
    return [row[key] for batch in found if batch.entity == entity for row in batch.rows]


def is_complete(found: list[Records], entity: str) -> bool:
    """Tell whether every partition of an entity is proven complete."""
    partitions = {batch.partition for batch in found if batch.entity == entity}
    return partitions == {batch.partition for batch in found if batch.entity == entity and batch.complete}


async def test_the_trap(replica: NCAAReplica) -> None:
    """The empty 200 of the question that the directory does not understand is an upstream failure, never no schools."""
    async with source(replica, attempts=2) as extractor:
        with pytest.raises(UnusableBodyError, match="empty"):
            await extractor.robust_http_request(f"{replica.url}/directory/api/directory/memberList?division=1")


@pytest.mark.parametrize("fault", ["empty", "html", "truncate"])
async def test_unusable_bodies(replica: NCAAReplica, fault: str) -> None:
    """A body that is none ends the run with its error, and is an error in each part of the data."""
    replica.set_faults(f"memberList:{fault}")
    with pytest.raises(UnusableBodyError):
        await batches(source(replica, attempts=2))
    async with source(replica, attempts=2) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert set(data) == {"sports"}
    assert {type(error) for error in data.errors.values()} == {UnusableBodyError}


async def test_without_faults(replica: NCAAReplica) -> None:
    """The recorded directory comes whole and proven."""
    async with source(replica) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert [len(data[f"d{number}_schools"]) for number in (1, 2, 3)] == [301, 255, 386]
    assert [len(data[f"d{number}_conferences"]) for number in (1, 2, 3)] == [31, 23, 45]
    assert len(data["sports"]) == 107
    assert data.complete == set(data)
    independents = [data[f"d{number}_conferences"][0] for number in (2, 3)]
    assert independents[0] == independents[1]
    assert independents[0].divisions == ["II", "III"]


async def test_server_that_stays_broken(replica: NCAAReplica) -> None:
    """A server that stays broken is reported with its status."""
    replica.set_faults("memberList:500")
    with pytest.raises(ServerError) as caught:
        await batches(source(replica, attempts=2))
    assert caught.value.status == 500


@pytest.mark.parametrize("fault", ["500 x3", "reset x3", "truncate x3", "empty x3", "html x3", "429@1s x1", "503 x3"])
async def test_passing_failures(replica: NCAAReplica, fault: str) -> None:
    """A failure that passes is overcome: everything is there, proven."""
    replica.set_faults(f"memberList:{fault};sportList:{fault}")
    found = await batches(source(replica, attempts=8))
    assert len(ids(found)) == 942
    assert is_complete(found, "schools")
    assert is_complete(found, "sports")
    assert replica.faults.injected.total() > 0


async def test_hanging_server(replica: NCAAReplica) -> None:
    """A request that hangs is given up after its timeout and tried again."""
    replica.set_faults("memberList:hang x2")
    found = await batches(source(replica, timeout=0.5))
    assert len(ids(found)) == 942


async def test_slow_server(replica: NCAAReplica) -> None:
    """A slow answer is an answer."""
    replica.set_faults("memberList:drip@100ms;*:latency=20ms")
    assert len(ids(await batches(source(replica)))) == 942


async def test_a_third_of_the_rows_is_missing_always(replica: NCAAReplica) -> None:
    """A listing that silently lacks a third of its rows, every time, is never believed to be complete."""
    replica.set_faults("memberList:partial;sportList:partial")
    extractor = source(replica)
    found = await batches(extractor)
    assert 700 < len(ids(found)) <= 942
    for entity in ("schools", "conferences", "sports"):
        assert not any(batch.complete for batch in found if batch.entity == entity)
    assert len(extractor.warnings) == 4


async def test_a_third_of_the_rows_is_missing_once(replica: NCAAReplica) -> None:
    """If it happens once, asking again finds the rows and the proof."""
    replica.set_faults("memberList:partial x1;sportList:partial x1")
    extractor = source(replica)
    found = await batches(extractor)
    assert sorted(ids(found)) == sorted(replica.directory.member_by_id)
    assert is_complete(found, "schools")
    assert is_complete(found, "sports")
    assert extractor.warnings == []


async def test_repeated_rows(replica: NCAAReplica) -> None:
    """Repeated rows disturb no proof, and count once in the data."""
    replica.set_faults("memberList:duplicate;sportList:duplicate")
    async with source(replica) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert [len(data[f"d{number}_schools"]) for number in (1, 2, 3)] == [301, 255, 386]
    assert data.complete == set(data)


async def test_keys_of_a_wrong_type(replica: NCAAReplica) -> None:
    """A row whose key cannot be read could be any school, so nothing is proven; the other rows are there."""
    replica.set_faults("memberList:wrong_type=orgId")
    found = await batches(source(replica))
    usable = {one for one in ids(found) if isinstance(one, int)}
    assert len(usable) > 900
    assert not any(batch.complete for batch in found if batch.entity == "schools")


async def test_values_of_a_wrong_type(replica: NCAAReplica) -> None:
    """Values of a wrong type are refused row by row."""
    replica.set_faults("memberList:wrong_type=privateFlag")
    async with source(replica) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert (len(data["d1_schools"]), len(data.invalid["d1_schools"])) == (271, 30)
    assert data.complete == set(data)


async def test_a_new_field(replica: NCAAReplica) -> None:
    """A field that nobody knows yet changes nothing."""
    replica.set_faults("memberList:new_field;sportList:new_field")
    found = await batches(source(replica))
    assert len(ids(found)) == 942
    assert is_complete(found, "schools")


@pytest.mark.parametrize("spec", ["memberList:renamed_field=orgId", "sportList:renamed_field=value"])
async def test_a_renamed_key(replica: NCAAReplica, spec: str) -> None:
    """Without the field that tells rows apart it is another listing, and the run ends with that."""
    replica.set_faults(spec)
    with pytest.raises(UnexpectedShapeError) as caught:
        await batches(source(replica))
    assert caught.value.exit_code == 5


async def test_a_renamed_field(replica: NCAAReplica) -> None:
    """If a needed field has another name, no row is valid, and that is an error and not an empty directory."""
    replica.set_faults("memberList:renamed_field=nameOfficial")
    async with source(replica) as extractor:
        data = await extractor.extract_all_data_concurrent()
    with pytest.raises(UnexpectedShapeError, match="None of the 301 rows"):
        _ = data["d1_schools"]
    assert len(data.invalid["d1_schools"]) == 301


async def test_nobody_there(replica: NCAAReplica) -> None:
    """Without a server every part of the data is an error that says so."""
    await replica.__aexit__()
    async with source(replica, attempts=1) as extractor:
        data = await extractor.extract_all_data_concurrent()
    assert data == {}
    assert len(data.errors) == 7
    assert {type(error) for error in data.errors.values()} == {ConnectError}


async def test_an_answer_from_the_cache_costs_the_upstream_nothing(replica: NCAAReplica, tmp_path: Path) -> None:
    """A second look within the lifetime of the cache asks for nothing."""
    async with source(replica, cache_config=CacheConfig(path=tmp_path / "responses.db")) as extractor:
        first = [batch async for batch in extractor.records()]
        asked = replica.requests.copy()
        second = [batch async for batch in extractor.records()]
    assert asked["memberList"] == 4
    assert replica.requests == asked
    assert ids(second) == ids(first)
    assert is_complete(second, "schools")


async def test_hostile_with_details() -> None:
    """Through a hostile network everything is read, or it is said what is not, and nothing false is proven."""
    async with NCAAReplica(schools=15, faults="hostile") as replica:
        extractor = source(replica, attempts=10, timeout=1.0, details=True)
        found = await batches(extractor)
        assert set(ids(found)) >= replica.directory.member_by_id.keys()
        read = set(ids(found, "school_details", "org_id"))
        assert read == replica.directory.member_by_id.keys() or extractor.warnings
        assert not is_complete(found, "school_details") or read == replica.directory.member_by_id.keys()
        assert replica.faults.injected.total() > replica.faults.injected["latency"]


async def test_pages_that_all_fail() -> None:
    """If no page can be read, the schools are still there, and what failed is said."""
    async with NCAAReplica(schools=12, faults="orgDetail:500") as replica:
        extractor = source(replica, attempts=1, details=True)
        found = await batches(extractor)
        assert len(ids(found)) == 12
        assert is_complete(found, "schools")
        assert not any(batch.complete for batch in found if batch.entity.endswith("_details"))
        assert len(extractor.warnings) == 2


async def test_truncated_pages() -> None:
    """A page that ends in the middle is never taken for a school with fewer sports."""
    async with NCAAReplica(schools=12, faults="orgDetail:truncate x1000") as replica:
        extractor = source(replica, attempts=1, details=True)
        found = await batches(extractor)
        assert ids(found, "school_details", "org_id") == []
