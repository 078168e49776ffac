"""The base extractor without a network: bodies, health of parts that hang, numbers after the end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RetryConfig
from headgate.errors import ServerError
from headgate.extract import RobustExtractor, health_report
from headgate.testing.clock import FakeClock
from headgate.testing.transport import Outcome, ScriptedTransport, answer


def extractor(*outcomes: Outcome, **options: Any) -> RobustExtractor:
    """Return an extractor over a scripted transport that keeps nothing on disk."""
    settings: dict[str, Any] = {
        "cache_config": CacheConfig(second_level="none"),
        "retry_config": RetryConfig(max_attempts=1),
        "http_config": HttpConfig(respect_robots=False),
        **options,
    }
    return RobustExtractor(transport=ScriptedTransport(*outcomes), **settings)


@pytest.mark.parametrize(("method", "options"), [("HEAD", {}), ("GET", {"allow_empty": True}), ("DELETE", {})])
async def test_json_that_may_be_empty_and_is(method: str, options: dict[str, Any]) -> None:
    """An empty answer that says JSON, where that is no failure, is None and no crash."""
    async with extractor(answer(b"")) as subject:
        assert await subject.robust_http_request("http://a.test/", method, **options) is None


async def test_json_values_are_the_callers_own() -> None:
    """What one caller does to an answer from the cache, the next one does not see."""
    async with extractor(answer(b'{"rows":[1]}')) as subject:
        first = await subject.robust_http_request("http://a.test/")
        first["rows"].clear()
        second = await subject.robust_http_request("http://a.test/")
        second["rows"].clear()
        assert await subject.robust_http_request("http://a.test/") == {"rows": [1]}


async def test_parts_that_hang_are_asked_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that do not answer are given up after the limit, all at the same time, each with its own severity."""
    monkeypatch.setattr(health_report, "CHECK_TIMEOUT", 0.05)
    waiting = 0
    most = 0

    async def hang() -> None:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        try:
            await asyncio.Event().wait()
        finally:
            waiting -= 1

    parts = {"db_manager": SimpleNamespace(health=hang), "redis_client": SimpleNamespace(ping=hang)}
    async with extractor(**parts) as subject:
        health = await subject.health_check()
    assert most == 2
    assert (health["database"]["status"], health["redis"]["status"]) == ("unhealthy", "degraded")
    assert health["status"] == "unhealthy"
    assert health["cache"]["status"] == "healthy"
    assert "No answer" in health["database"]["message"]


async def test_the_numbers_stay_true_after_the_end() -> None:
    """After closing, the summary is that of the end: the breaker's state and the runtime do not change any more."""
    clock = FakeClock()
    breaker = CircuitBreakerConfig(failure_threshold=1)
    async with extractor(answer(status=500), circuit_config=breaker, clock=clock) as subject:
        with pytest.raises(ServerError):
            await subject.robust_http_request("http://a.test/")
        clock.move(4)
        assert subject.get_metrics_summary()["runtime_seconds"] == 4
    clock.move(100)
    summary = subject.get_metrics_summary()
    assert summary["circuit_breaker_state"] == "open"
    assert summary["runtime_seconds"] == 4
    assert summary["requests_per_second"] == 0.25
    assert (summary["total_requests"], summary["failed_requests"], summary["success_rate_percent"]) == (1, 1, 0)


async def test_no_numbers_before_the_first_request() -> None:
    """An extractor that asked for nothing reports zeros, and divides by none."""
    subject = extractor(clock=FakeClock())
    summary = subject.get_metrics_summary()
    assert summary["requests_per_second"] == summary["success_rate_percent"] == summary["cache_hit_rate_percent"] == 0
    assert summary["circuit_breaker_state"] == "closed"


async def test_one_failed_request_among_many() -> None:
    """Requests at the same time come back in order, the one that fails with its error in its place."""

    def by_path(sent: Any) -> Any:
        return answer(status=500) if sent.url.endswith("/2") else answer(sent.url[-1].encode())

    async with extractor(by_path) as subject:
        tasks = [subject.robust_http_request(f"http://a.test/{number}") for number in range(5)]
        results = await subject.concurrent_extract(tasks, max_concurrent=2)
    assert [result.value for result in results] == [0, 1, None, 3, 4]
    assert isinstance(results[2].error, ServerError)
