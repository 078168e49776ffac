"""The whole client against a host that misbehaves on real sockets, over each transport."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fixtures.raw_server import RawServer, Seen, drip, hang, json_reply, reply, reset, truncate
from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.errors import (
    AttemptTimeoutError,
    CircuitOpenError,
    ConnectionBrokenError,
    HeadgateError,
    RateLimitedError,
    ResponseTooLargeError,
    ServerError,
    UnusableBodyError,
)
from headgate.http import HttpClient

Make = Callable[..., HttpClient]


@pytest.fixture(params=["aiohttp", "fast"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Make clients that are quick to retry and keep nothing on disk."""
    if request.param == "fast":
        pytest.importorskip("wreq", reason="the extra 'fast' is not installed")
    clients: list[HttpClient] = []

    def new(*, http: Any = None, circuit: Any = None, rate_limit: Any = None, retry: Any = None) -> HttpClient:
        fast = {"requests_per_second": float("inf"), "concurrent_limit": 50}
        client = HttpClient(
            http=HttpConfig(**{"transport": request.param, "respect_robots": False, **(http or {})}),
            circuit=CircuitBreakerConfig(**(circuit or {})),
            cache=CacheConfig(second_level="none"),
            rate_limit=RateLimitConfig(**{**fast, **(rate_limit or {})}),
            retry=RetryConfig(**{"base_delay": 0.001, **(retry or {})}),
        )
        clients.append(client)
        return client

    yield new
    for client in clients:
        await client.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened elsewhere, at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


FAULTS: dict[str, tuple[Any, type[HeadgateError]]] = {
    "reset": (reset, ConnectionBrokenError),
    "truncated body": (truncate, ConnectionBrokenError),
    "empty 200": (json_reply(b""), UnusableBodyError),
    "HTML as JSON": (json_reply(b"<!DOCTYPE html><html>Sorry</html>"), UnusableBodyError),
    "JSON cut off": (json_reply(b'{"rows": [1, 2'), UnusableBodyError),
    "500": (reply(500, b"oops"), ServerError),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ConnectionBrokenError),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_that_passes_costs_one_more_attempt(make: Make, raw_server: RawServer, fault: str) -> None:
    """The caller gets its answer, and the counters say what it took."""
    raw_server.routes["/x"] = [FAULTS[fault][0], json_reply()]
    client = make()
    response = await client.request(raw_server.url + "/x", expect="json")
    assert (response.json(), response.attempts) == ({"ok": True}, 2)
    metrics = client.metrics
    assert (metrics.total_requests, metrics.successful_requests, metrics.failed_requests) == (1, 1, 0)
    assert (metrics.attempts, metrics.failed_attempts, metrics.retries) == (2, 1, 1)
    assert raw_server.times("/x") == 2


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_that_stays_is_told_by_its_name_and_opens_the_breaker(
    make: Make, raw_server: RawServer, fault: str
) -> None:
    """After three attempts; the breaker is open after five, and the host is left alone."""
    broken, error = FAULTS[fault]
    raw_server.routes["/x"] = broken
    client = make(circuit={"failure_threshold": 5})
    with pytest.raises(error) as caught:
        await client.request(raw_server.url + "/x", expect="json")
    assert getattr(caught.value, "attempts", None) == 3
    with pytest.raises(error):
        await client.request(raw_server.url + "/x", expect="json")
    with pytest.raises(CircuitOpenError):
        await client.request(raw_server.url + "/x", expect="json")
    assert raw_server.times("/x") == 5
    assert client.metrics.circuit_breaker_trips == 1


@pytest.mark.parametrize("handler", [hang, drip], ids=["hang", "drip"])
async def test_a_host_that_hangs_opens_the_breaker(make: Make, raw_server: RawServer, handler: Any) -> None:
    """The time of an attempt ends inside the breaker; then nobody waits for the host, and nothing stays open."""
    raw_server.routes["/x"] = handler
    client = make(http={"timeout_seconds": 0.1}, circuit={"failure_threshold": 3}, retry={"max_attempts": 1})
    for _ in range(3):
        with pytest.raises(AttemptTimeoutError):
            await client.request(raw_server.url + "/x")
    with pytest.raises(CircuitOpenError):
        await client.request(raw_server.url + "/x")
    await until(lambda: not raw_server.connections)


async def test_a_deadline_shorter_than_the_timeout_opens_the_breaker_too(make: Make, raw_server: RawServer) -> None:
    """Callers who are always in a hurry still find out that the host hangs."""
    raw_server.routes["/x"] = hang
    client = make(http={"timeout_seconds": 30.0}, circuit={"failure_threshold": 2})
    for _ in range(2):
        with pytest.raises(HeadgateError):
            await client.request(raw_server.url + "/x", deadline=0.15)
    with pytest.raises(CircuitOpenError):
        await client.request(raw_server.url + "/x", deadline=0.15)


async def test_retry_after_is_obeyed_by_every_task(make: Make, raw_server: RawServer) -> None:
    """One is told to wait a second: no request of any task arrives before that."""
    loop = asyncio.get_running_loop()
    arrivals: list[float] = []

    async def busy(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrivals.append(loop.time())
        first = len(arrivals) == 1
        writer.write(reply(429, b"", Retry_After="1") if first else json_reply())

    for n in range(5):
        raw_server.routes[f"/{n}"] = busy
    client = make()
    first = asyncio.create_task(client.request(raw_server.url + "/0"))
    await until(lambda: client.metrics.rate_limit_pauses == 1)
    told_at = loop.time()
    others = [client.request(raw_server.url + f"/{n}") for n in range(1, 5)]
    responses = await asyncio.gather(first, *others)
    assert [response.status for response in responses] == [200] * 5
    assert min(arrivals[1:]) >= told_at + 0.9
    assert client.metrics.circuit_breaker_trips == 0


async def test_a_long_pause_is_not_waited_for(make: Make, raw_server: RawServer) -> None:
    """A server cannot hold a caller for an hour."""
    raw_server.routes["/x"] = reply(503, b"", Retry_After="3600")
    with pytest.raises(RateLimitedError) as caught:
        await make().request(raw_server.url + "/x", deadline=30.0)
    assert caught.value.retry_after == 3600.0
    assert raw_server.times("/x") == 1


async def test_credentials_do_not_follow_to_another_host(make: Make, raw_server: RawServer) -> None:
    """The other host answers, and has seen no secret."""
    async with RawServer({"/y": json_reply(b'"there"')}) as other:
        raw_server.routes["/x"] = reply(302, b"", Location=other.url + "/y")
        response = await make().request(
            raw_server.url.replace("://", "://user:pw@") + "/x", headers={"X-Api-Key": "s3cret", "Cookie": "a=b"}
        )
        assert response.json() == "there"
        assert raw_server.seen[0].header("X-Api-Key") == "s3cret"
        assert raw_server.seen[0].header("Authorization") == "Basic dXNlcjpwdw=="
        for name in ("Authorization", "X-Api-Key", "Cookie"):
            assert other.seen[0].header(name) is None


async def test_a_huge_body_is_not_read_to_its_end(make: Make, raw_server: RawServer) -> None:
    """It is refused at the limit, and not asked for again."""

    async def pour(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()

    raw_server.routes["/x"] = pour
    with pytest.raises(ResponseTooLargeError):
        await make(http={"max_response_bytes": 1_000_000}).request(raw_server.url + "/x")
    assert raw_server.times("/x") == 1
    await until(lambda: not raw_server.connections)


async def test_ten_thousand_cancellations_leak_nothing(make: Make, raw_server: RawServer) -> None:
    """Cancelled at random: while queueing for slot or token, on the wire, in the body, as leader and as follower."""
    chance = random.Random(20220117)

    async def sometimes(_request: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind = chance.random()
        if kind < 0.02:
            await reset(_request, reader, writer)
            return
        if kind < 0.3:
            await asyncio.sleep(chance.random() * 0.01)
        writer.write(json_reply())

    raw_server.routes["/x"] = sometimes
    client = make(
        http={"max_connections": 20},
        circuit={"failure_threshold": 1_000_000, "failure_ratio": None},
        rate_limit={"requests_per_second": 5_000.0, "burst_size": 5, "concurrent_limit": 8},
    )
    url = raw_server.url + "/x"

    async def one(number: int) -> None:
        # a third of them share an address, and so a flight
        address = f"{url}?n={number if number % 3 else number // 30}"
        task = asyncio.create_task(client.request(address, max_age=0.0))
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for start in range(0, 10_000, 100):
        await asyncio.gather(*(one(number) for number in range(start, start + 100)))

    await until(lambda: len(asyncio.all_tasks()) == 1 + len(raw_server._tasks))
    host = client._hosts.all()[0]
    assert (host.limiter.in_flight, host.limiter.waiting) == (0, 0)
    assert len(client._cutoff) == 0
    metrics = client.metrics
    finished = metrics.successful_requests + metrics.failed_requests + metrics.cancelled_requests
    assert finished == metrics.total_requests
    assert metrics.cancelled_requests > 5_000
    assert 0 < metrics.attempts < 10_000
    # nothing that was cancelled sits on a connection, and everything still works
    assert (await asyncio.gather(*(client.request(f"{url}?again={n}") for n in range(50))))[0].status == 200
    gc.collect()
    await until(lambda: len(raw_server.connections) <= 20)
