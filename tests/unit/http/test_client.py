"""The client at its edges: what goes in, who is counted, how it ends."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any

import pytest

from headgate.clock import SYSTEM_CLOCK
from headgate.config.policies import CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.errors import BugError, ConfigError, ConnectionBrokenError, InvalidURLError, MissingExtraError
from headgate.health import HealthStatus
from headgate.http import HttpClient
from headgate.http.cutoff import Cutoff
from headgate.http.hosts import HostTable
from headgate.metrics import ExtractionMetrics
from headgate.testing.clock import FakeClock
from headgate.testing.transport import answer


@pytest.mark.parametrize("url", ["", "h/x", "ftp://h/x", "http://", "http://h:99999/"])
async def test_a_bad_url_is_the_callers_mistake(make: Any, url: str) -> None:
    """Nothing is sent, no breaker hears of it, and the request counts as failed."""
    client, transport = make()
    with pytest.raises(InvalidURLError):
        await client.request(url)
    assert transport.sent == []
    assert client.breakers == {}
    assert client.metrics.failed_requests == 1


@pytest.mark.parametrize(
    "options",
    [
        {"method": "BREW"},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"X-A\n": "a"}},
        {"headers": {"": "a"}},
        {"headers": {"X-A": 1}},
        {"json": 1, "data": b"x"},
        {"json": object()},
    ],
)
async def test_a_request_that_cannot_be_sent_is_refused(make: Any, options: dict[str, Any]) -> None:
    """Unknown methods, smuggled headers, two bodies, what is no JSON."""
    client, transport = make()
    with pytest.raises(ConfigError) as caught:
        await client.request("http://h/x", **{"method": "POST", **options})
    assert caught.value.hint
    assert transport.sent == []


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({"json": {"a": [1]}}, b'{"a":[1]}', "application/json"),
        ({"data": b"\x00"}, b"\x00", None),
        ({"data": "é"}, "é".encode(), "text/plain; charset=utf-8"),
        ({"data": {"a": "x y", "b": [1, 2]}}, b"a=x+y&b=1&b=2", "application/x-www-form-urlencoded"),
        ({"json": 1, "headers": {"content-type": "application/x+json"}}, b"1", "application/x+json"),
    ],
)
async def test_bodies_are_encoded(make: Any, options: Any, body: bytes, content_type: str | None) -> None:
    """Each with its type, unless the caller names one."""
    client, transport = make()
    await client.request("http://h/x", "post", **options)
    sent = transport.sent[0]
    assert (sent.method, sent.body) == ("POST", body)
    assert {name.lower(): value for name, value in sent.headers.items()}.get("content-type") == content_type


async def test_where_a_body_ends_is_not_the_callers_to_say(make: Any) -> None:
    """Headers that would move the end of the body are left out: what follows it would be taken for another request."""
    client, transport = make()
    misleading = {"content-length": "99", "Transfer-Encoding": "chunked", "X": "1"}
    await client.request("http://h/x", "POST", data=b"abc", headers=misleading)
    assert transport.sent[0].headers == {"X": "1"}


async def test_credentials_in_the_url_become_a_header(make: Any) -> None:
    """And nothing of them is left in the address, the cache's key or the response."""
    client, transport = make()
    response = await client.request("http://user:pw@h/x", params={"q": 1})
    assert transport.sent[0].url == response.url == "http://h/x?q=1"
    assert transport.sent[0].headers["Authorization"] == "Basic dXNlcjpwdw=="
    with pytest.raises(ConfigError):
        await client.request("http://user:pw@h/x", headers={"X": "\n"})


async def test_a_closed_client_says_so(make: Any) -> None:
    """The transport that was handed in stays open: it belongs to whoever made it."""
    client, transport = make()
    async with client:
        await client.request("http://h/x")
    with pytest.raises(ConfigError, match="closed"):
        await client.request("http://h/y")
    assert not transport.closed


async def test_a_mistake_of_ours_gives_the_permit_back(make: Any, clock: FakeClock) -> None:
    """A transport that raises what it should not is no verdict about the host, and leaks nothing."""
    client, _ = make(BugError("Oh no."), RuntimeError("Worse."), answer(), rate_limit={"concurrent_limit": 1})
    for error in (BugError, RuntimeError):
        with pytest.raises(error):
            await client.request("http://h/x")
    assert (await client.request("http://h/x")).status == 200
    assert client.breakers["http://h:80"].failure_count == 0


async def test_health_names_the_hosts_that_are_not_well(make: Any) -> None:
    """Healthy before the first request, and with a report for each host afterwards."""
    client, _ = make(
        ConnectionBrokenError("x", url="http://h/"), circuit={"failure_threshold": 1}, retry={"max_attempts": 1}
    )
    assert (await client.health()).status is HealthStatus.HEALTHY
    with pytest.raises(ConnectionBrokenError):
        await client.request("http://h/x")
    report = await client.health()
    assert report.status is HealthStatus.DEGRADED
    assert report.message == "Not well: http://h:80."
    assert report.details["hosts"]["http://h:80"]["state"] == "open"


async def test_the_transport_is_the_one_that_was_chosen() -> None:
    """By its name in the configuration."""
    pytest.importorskip("wreq", reason="the extra 'fast' is not installed")
    async with HttpClient(http=HttpConfig(transport="fast")) as client:
        assert type(client._transport).__name__ == "FastTransport"


async def test_a_transport_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """And how to get it."""
    monkeypatch.setitem(sys.modules, "wreq", None)
    monkeypatch.delitem(sys.modules, "headgate.http.fast_transport", raising=False)
    with pytest.raises(MissingExtraError, match="fast") as caught:
        HttpClient(http=HttpConfig(transport="fast"))
    assert "headgate[fast]" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "options", [{"deadline": 0.0}, {"deadline": -1.0}, {"timeout": 0.0}, {"timeout": float("nan")}]
)
async def test_no_time_is_no_default(make: Any, options: dict[str, float]) -> None:
    """Zero seconds are a mistake, not 'whatever is usual'."""
    client, transport = make()
    with pytest.raises(ConfigError, match="greater than zero"):
        await client.request("http://h/x", **options)
    assert transport.sent == []


# --- hosts -------------------------------------------------------------------------------------------------


def table(max_hosts: int) -> HostTable:
    """Make a table of hosts."""
    return HostTable(
        CircuitBreakerConfig(failure_threshold=1),
        RateLimitConfig(),
        RetryConfig(),
        clock=SYSTEM_CLOCK,
        rng=random.Random(1),
        metrics=ExtractionMetrics(),
        max_hosts=max_hosts,
    )


def test_the_table_forgets_the_host_that_was_idle_the_longest() -> None:
    """It is bounded, and using a host keeps it."""
    hosts = table(3)
    for name in "abc":
        hosts.get(name)
    kept = hosts.get("a")
    hosts.get("d")
    assert [host.origin for host in hosts.all()] == ["c", "a", "d"]
    assert hosts.get("a") is kept


def test_what_matters_is_not_forgotten() -> None:
    """An open breaker, a pause, a call under way: each keeps its host, beyond the bound if it must be."""
    hosts = table(2)
    broken, paused, busy = hosts.get("broken"), hosts.get("paused"), None
    broken.breaker.on_failure(broken.breaker.acquire(), 0.1)
    paused.limiter.pause(60.0)
    busy = hosts.get("busy")
    busy.limiter.try_acquire_slot()
    for name in "xyz":
        hosts.get(name)
    assert [host.origin for host in hosts.all()] == ["broken", "paused", "busy", "z"]


# --- the last line behind deadlines ---------------------------------------------------------------------------


async def test_what_is_overdue_is_cancelled_and_knows_why() -> None:
    """One timer, the earliest first; who left in time is not touched (real time: some hundredths of a second)."""
    cutoff = Cutoff()
    cut: list[float] = []

    async def work(seconds: float, needed: float) -> str:
        task = cutoff.enter(seconds)
        try:
            await asyncio.sleep(needed)
        except asyncio.CancelledError:
            if cutoff.leave(task):
                cut.append(seconds)
                return "cut off"
            raise
        cutoff.leave(task)
        return "in time"

    results = await asyncio.gather(work(30.0, 0.0), work(0.04, 60.0), work(0.02, 60.0), work(30.0, 0.06))
    assert results == ["in time", "cut off", "cut off", "in time"]
    assert cut == [0.02, 0.04]
    assert len(cutoff) == 0


async def test_a_cancellation_from_outside_stays_one() -> None:
    """Also when the time is up in the same instant: the caller's wish comes first."""
    cutoff = Cutoff()
    verdicts: list[bool] = []

    async def work() -> None:
        task = cutoff.enter(0.0)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            verdicts.append(cutoff.leave(task))
            raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    cutoff._expire(asyncio.get_running_loop())
    with pytest.raises(asyncio.CancelledError):
        await task
    assert verdicts == [False]
