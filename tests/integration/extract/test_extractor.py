"""The base extractor against a real server and a real database file."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel

from headgate.config.policies import CacheConfig, CircuitBreakerConfig, RateLimitConfig, RetryConfig
from headgate.errors import ConfigError, ServerError
from headgate.extract.extractor import RobustExtractor
from headgate.quality import ValidationRule
from headgate.store import DatabaseManager


class Upstream:
    """A small server that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""
        self.well = True

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer JSON, text, bytes or a failure, by path."""
        self.asked.append(request.path)
        match request.path:
            case "/json":
                return web.json_response({"rows": [1, 2]})
            case "/null":
                return web.json_response(None)
            case "/fickle" if self.well:
                return web.json_response([])
            case "/text":
                return web.Response(text="words")
            case "/bytes":
                return web.Response(body=b"\x00\x01", content_type="application/octet-stream")
        return web.Response(status=500 if request.path in {"/broken", "/fickle"} else 404)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """The server, listening on loopback."""
    upstream = Upstream()
    app = web.Application()
    app.router.add_get("/{path}", upstream.answer)
    async with TestServer(app) as server:
        upstream.url = str(server.make_url("")).rstrip("/")
        yield upstream


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[DatabaseManager]:
    """A database file."""
    db = DatabaseManager(f"sqlite:///{tmp_path / 'some.db'}")
    yield db
    await db.close()


def extractor(db: Any = None, **options: Any) -> RobustExtractor:
    """Return an extractor that waits for nothing."""
    settings: dict[str, Any] = {
        "rate_limit_config": RateLimitConfig(requests_per_second=float("inf")),
        "retry_config": RetryConfig(max_attempts=2, base_delay=0),
        **options,
    }
    return RobustExtractor(db, **settings)


@pytest.mark.parametrize(
    ("path", "body"), [("/json", {"rows": [1, 2]}), ("/null", None), ("/text", "words"), ("/bytes", b"\x00\x01")]
)
async def test_the_body_is_decoded_by_its_type(
    upstream: Upstream, db: DatabaseManager, path: str, body: object
) -> None:
    """JSON becomes a value, text a string, anything else stays bytes; from the cache as from the wire."""
    async with extractor(db) as subject:
        assert await subject.robust_http_request(upstream.url + path) == body
        assert await subject.robust_http_request(upstream.url + path) == body
    assert upstream.asked.count(path) == 1


async def test_the_second_run_costs_the_upstream_nothing(upstream: Upstream, db: DatabaseManager) -> None:
    """Answers outlive the extractor in a file beside the database."""
    for _ in range(2):
        async with extractor(db) as subject:
            await subject.robust_http_request(f"{upstream.url}/json")
    assert upstream.asked.count("/json") == 1
    assert db.file is not None
    assert db.file.with_name("some.db.cache").exists()


async def test_max_age_asks_again(upstream: Upstream, db: DatabaseManager) -> None:
    """With a bound of zero seconds nothing is taken from the cache."""
    async with extractor(db) as subject:
        subject.max_age = 0
        await subject.robust_http_request(f"{upstream.url}/json")
        await subject.robust_http_request(f"{upstream.url}/json")
    assert upstream.asked.count("/json") == 2


async def test_max_age_is_kept_when_the_upstream_fails(upstream: Upstream, db: DatabaseManager) -> None:
    """An answer that is too old for the caller does not stand in for a failure, however fresh the cache thinks it."""
    config = CacheConfig(stale_if_error=3600)
    async with extractor(db, cache_config=config) as subject:
        await subject.robust_http_request(f"{upstream.url}/fickle")
        upstream.well = False
        assert await subject.robust_http_request(f"{upstream.url}/fickle") == []
        subject.max_age = 0
        with pytest.raises(ServerError):
            await subject.robust_http_request(f"{upstream.url}/fickle")


async def test_a_chosen_cache_file_stays_where_it_was_put(
    upstream: Upstream, db: DatabaseManager, tmp_path: Path
) -> None:
    """The cache's file is beside the database only when nobody chose a place."""
    async with extractor(db, cache_config=CacheConfig(path=tmp_path / "chosen.cache")) as subject:
        await subject.robust_http_request(f"{upstream.url}/json")
    assert (tmp_path / "chosen.cache").exists()


async def test_not_opened_is_a_clear_error() -> None:
    """A request outside of the context manager says how to open the extractor."""
    with pytest.raises(ConfigError, match="async with RobustExtractor"):
        await extractor().robust_http_request("http://127.0.0.1/")


async def test_the_numbers_are_true(upstream: Upstream, db: DatabaseManager) -> None:
    """A request, its attempts, and what the cache answered are counted apart."""
    async with extractor(db) as subject:
        await subject.robust_http_request(f"{upstream.url}/json")
        await subject.robust_http_request(f"{upstream.url}/json")
        with pytest.raises(ServerError):
            await subject.robust_http_request(f"{upstream.url}/broken")
        summary = subject.get_metrics_summary()
    asked = upstream.asked.count("/json") + upstream.asked.count("/broken")
    assert (summary["total_requests"], summary["successful_requests"], summary["failed_requests"]) == (3, 2, 1)
    assert (summary["cache_hits"], summary["cache_misses"]) == (1, 2)
    assert summary["success_rate_percent"] == pytest.approx(66.67)
    assert summary["cache_hit_rate_percent"] == pytest.approx(33.33)
    assert asked == 3
    assert summary["retries"] == 1
    assert summary["circuit_breaker_state"] == "closed"
    assert summary["requests_per_second"] > 0


async def test_health_of_all_parts(upstream: Upstream, db: DatabaseManager) -> None:
    """A database, no Redis, a cache and a host that answers: healthy."""
    async with extractor(db) as subject:
        await subject.robust_http_request(f"{upstream.url}/json")
        health = await subject.health_check()
    assert health["status"] == "healthy"
    assert health["database"]["status"] == "healthy"
    assert health["redis"] == {"status": "healthy", "configured": False, "response_ms": health["redis"]["response_ms"]}
    assert health["cache"]["status"] == "healthy"
    assert health["circuit_breakers"][upstream.url]["state"] == "closed"


async def test_health_with_an_open_breaker(upstream: Upstream, db: DatabaseManager) -> None:
    """A host whose breaker is open makes the whole degraded, and the trip is counted."""
    breaker = CircuitBreakerConfig(failure_threshold=2)
    async with extractor(db, circuit_config=breaker) as subject:
        with pytest.raises(ServerError):
            await subject.robust_http_request(f"{upstream.url}/broken")
        health = await subject.health_check()
        summary = subject.get_metrics_summary()
    assert health["status"] == "degraded"
    assert health["circuit_breakers"][upstream.url]["state"] == "open"
    assert (summary["circuit_breaker_state"], summary["circuit_breaker_trips"]) == ("open", 1)


async def test_health_with_a_database_that_is_gone(tmp_path: Path) -> None:
    """A database that cannot be opened makes the whole unhealthy and says why."""
    db = DatabaseManager(f"sqlite:///{tmp_path / 'missing' / 'some.db'}")
    async with extractor(db, cache_config=CacheConfig(path=tmp_path / "c")) as subject:
        health = await subject.health_check()
    assert health["status"] == health["database"]["status"] == "unhealthy"
    assert health["database"]["message"]
    await db.close()


async def test_health_with_a_redis_that_is_gone(tmp_path: Path) -> None:
    """A Redis that does not answer makes the whole degraded: the cache is a help, not a need."""

    async def ping() -> None:
        raise ConnectionError("refused")

    redis = SimpleNamespace(ping=ping)
    async with extractor(
        redis_client=redis, cache_config=CacheConfig(second_level="disk", path=tmp_path / "c")
    ) as subject:
        health = await subject.health_check()
    assert (health["status"], health["redis"]["status"]) == ("degraded", "degraded")
    assert "refused" in health["redis"]["message"]


class Person(BaseModel):
    """A row with an address."""

    name: str
    email: str


async def test_a_batch_is_a_pair_and_may_be_awaited() -> None:
    """The pair unpacks at once and after await; refused rows are counted and keep their reasons."""
    rows = [{"name": "A", "email": "a@example.org"}, {"name": "B"}, {"name": "C", "email": "nonsense"}]
    short = ValidationRule("short", lambda name: len(name) < 2, "too long")
    subject = extractor()
    batch = subject.validate_and_process_batch(rows, Person, {"email": ["valid_email"], "name": [short]})
    valid, invalid = batch
    again, _ = await batch
    assert [person.name for person in valid] == ["A"]
    assert again is valid
    assert [item.row["name"] for item in invalid] == ["B", "C"]
    assert subject.metrics.validation_errors == 2
    with pytest.raises(ConfigError, match="valid_email"):
        subject.validate_and_process_batch(rows, Person, {"email": ["valid_emial"]})
