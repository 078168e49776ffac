"""Extraction on a real cluster: two workers, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fixtures.redis_server import RedisServer
from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig
from headgate.errors import ConfigError, RequestRejectedError, RetryLaterError
from headgate.extract.extractor import RobustExtractor

distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
redis = pytest.importorskip("redis.asyncio", reason="the extra 'redis' is not installed")

from headgate.scale import DaskExtraction  # noqa: E402 - after the question whether it can be imported

pytestmark = pytest.mark.timeout(180)


class Upstream:
    """Answers numbers, and notes when it was asked."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer the number that was asked for; 7 does not exist."""
        self.times.append(asyncio.get_running_loop().time())
        number = int(request.match_info["number"])
        return web.Response(status=404) if number == 7 else web.json_response({"number": number})


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """The server, listening on loopback."""
    upstream = Upstream()
    app = web.Application()
    app.router.add_get("/{number}", upstream.answer)
    async with TestServer(app) as server:
        upstream.url = str(server.make_url("")).rstrip("/")
        yield upstream


@pytest.fixture
async def cluster() -> AsyncIterator[Any]:
    """An asynchronous client of a cluster of two worker processes."""
    async with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", asynchronous=True
        ) as cluster,
        distributed.Client(cluster, asynchronous=True) as client,
    ):
        yield client


def opener(redis_url: str | None = None, rate: float = float("inf"), burst: int = 20) -> Any:
    """Return what makes the extractor of a worker."""

    def make() -> RobustExtractor:
        # imported on the worker: the function travels there by value
        from redis.asyncio import from_url  # noqa: PLC0415

        limit = RateLimitConfig(requests_per_second=rate, burst_size=burst, shared=redis_url is not None)
        return RobustExtractor(
            cache_config=CacheConfig(enabled=False),
            rate_limit_config=limit,
            redis_client=None if redis_url is None else from_url(redis_url),
            http_config=HttpConfig(respect_robots=False),
        )

    return make


def asking(url: str) -> Any:
    """Return what asks for one number."""

    async def ask(extractor: RobustExtractor, number: int) -> int:
        answer = await extractor.robust_http_request(f"{url}/{number}")
        return int(answer["number"])

    return ask


async def test_outcomes_come_in_order_each_with_its_value_or_its_error(cluster: Any, upstream: Upstream) -> None:
    """One item fails, and neither shifts nor hides another; both workers did some of the work."""
    async with DaskExtraction(cluster, opener(), batch_size=3) as extraction:
        outcomes = [one async for one in extraction.extract(asking(upstream.url), range(40))]
        counted = await extraction.metrics()
    assert [one.value for one in outcomes] == [None if number == 7 else number for number in range(40)]
    assert isinstance(outcomes[7].error, RequestRejectedError)
    assert outcomes[7].error.status == 404
    assert [one["total_requests"] > 0 for one in counted.values()] == [True, True]
    assert sum(one["total_requests"] for one in counted.values()) == 40


async def test_all_workers_together_keep_to_one_rate(
    cluster: Any, upstream: Upstream, redis_server: RedisServer
) -> None:
    """In no second is the upstream asked more often than the rate and the burst allow one process."""
    async with DaskExtraction(cluster, opener(redis_server.url, rate=20.0, burst=5), batch_size=5) as extraction:
        outcomes = [one async for one in extraction.extract(asking(upstream.url), range(10, 70))]
    assert all(one.ok for one in outcomes)
    times = sorted(upstream.times)
    most = max(sum(start <= time < start + 1.0 for time in times) for start in times)
    # a request may be under way for a moment after its token was granted
    assert most <= 20 + 5 + 2
    assert times[-1] - times[0] >= (60 - 5) / 20 * 0.9


async def test_a_worker_that_dies_costs_no_item(cluster: Any, upstream: Upstream) -> None:
    """One of two workers is killed in the middle, and every item is there all the same."""
    url = upstream.url
    pids = list((await cluster.run(os.getpid)).values())

    async def slowly(extractor: RobustExtractor, number: int) -> int:
        await asyncio.sleep(0.05)
        return int((await extractor.robust_http_request(f"{url}/{number}"))["number"])

    got = []
    async with DaskExtraction(cluster, opener(), batch_size=2) as extraction:
        async for one in extraction.extract(slowly, range(10, 60)):
            got.append(one.unwrap())
            if len(got) == 5:
                os.kill(pids[0], signal.SIGKILL)
    assert got == list(range(10, 60))


async def test_leaving_early_ends_the_work(cluster: Any, upstream: Upstream) -> None:
    """Of endless items only as many are asked for as are under way."""

    def endless() -> Any:
        number = 10
        while True:
            yield number
            number += 1

    async with DaskExtraction(cluster, opener(), batch_size=2) as extraction:
        outcomes = extraction.extract(asking(upstream.url), endless())
        first = [await anext(outcomes) for _ in range(3)]
        await outcomes.aclose()
    assert [one.value for one in first] == [10, 11, 12]
    assert len(upstream.times) <= 2 * (3 * 2 + 2)


async def test_an_error_that_cannot_travel_arrives_as_its_words(cluster: Any) -> None:
    """An exception of a kind that no other process can build is told, and harms no other item."""

    async def fail(_: RobustExtractor, number: int) -> int:
        class OddError(Exception):
            def __init__(self, *, needed: int) -> None:
                super().__init__(f"needed {needed}")

        if number == 1:
            raise OddError(needed=number)
        return number

    async with DaskExtraction(cluster, opener()) as extraction:
        outcomes = [one async for one in extraction.extract(fail, range(3))]
    assert [one.value for one in outcomes] == [0, None, 2]
    assert "needed 1" in str(outcomes[1].error)


async def test_a_cluster_without_workers_says_so() -> None:
    """Nobody waits for ever."""
    async with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", asynchronous=True) as cluster,
        distributed.Client(cluster, asynchronous=True) as client,
    ):
        with pytest.raises(RetryLaterError, match="no worker"):
            await DaskExtraction(client, opener(), patience=0.3).__aenter__()


async def test_an_extractor_that_cannot_be_opened_fails_before_any_item(cluster: Any) -> None:
    """What the factory raises is raised where the extraction is opened."""

    def make() -> RobustExtractor:
        raise ConfigError("No key was given.")

    with pytest.raises(ConfigError, match="No key was given"):
        await DaskExtraction(cluster, make).__aenter__()


async def test_a_cluster_that_goes_away_is_an_error_to_retry(upstream: Upstream) -> None:
    """What was extracted before is the caller's; the rest raises, and leaving raises nothing more."""
    cluster = await distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", asynchronous=True
    )
    async with (
        distributed.Client(cluster, asynchronous=True) as client,
        DaskExtraction(client, opener(), batch_size=1) as extraction,
    ):
        outcomes = extraction.extract(asking(upstream.url), range(10, 1000))
        assert (await anext(outcomes)).value == 10
        await cluster.close()
        with pytest.raises(RetryLaterError, match="went away"):
            await _all(outcomes)


async def _all(outcomes: AsyncIterator[Any]) -> None:
    async for one in outcomes:
        assert one.ok
