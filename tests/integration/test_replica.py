"""The replica over HTTP: its interfaces, its quirks, its faults."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from headgate.errors import BugError, ConfigError
from headgate.testing import NCAAReplica

LIST = "/directory/api/directory/memberList"
SPORTS = "/directory/api/common/sportList"
PAGE = "/directory/orgDetail"


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """Give a plain client that gives up soon."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


async def test_listing(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """The listing has 942 members, 301, 255 and 386 by division, and forbids keeping them."""
    async with client.get(f"{replica.url}{LIST}?type=12") as answer:
        members = await answer.json()
        assert answer.headers["Cache-Control"] == "no-cache, no-store"
        assert "ETag" not in answer.headers
    counts = []
    for division in ("I", "II", "III"):
        async with client.get(f"{replica.url}{LIST}?type=12&division={division}") as answer:
            counts.append(len(await answer.json()))
    assert (len(members), counts) == (942, [301, 255, 386])


@pytest.mark.parametrize("query", ["division=1", "division=I", "type=12&division=1", "", "type=9"])
async def test_the_trap(replica: NCAAReplica, client: aiohttp.ClientSession, query: str) -> None:
    """Without the type, or with an Arabic division, the answer is 200 with no body at all."""
    async with client.get(f"{replica.url}{LIST}?{query}") as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, "0", b"")


async def test_listing_by_sport(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A sport code cuts the listing to its sponsors; every recorded member sponsors baseball."""
    sizes = {}
    for code in ("MBA", "WTE", "XXX"):
        async with client.get(f"{replica.url}{LIST}?type=12&sportCode={code}") as answer:
            sizes[code] = len(await answer.json())
    assert sizes["MBA"] == 942
    assert 0 < sizes["WTE"] < 942
    assert sizes["XXX"] == 0


async def test_sports_pages_and_robots(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """The other interfaces answer, and requests are counted by route."""
    async with client.get(replica.url + SPORTS) as answer:
        assert len(await answer.json()) == 108
    for org_id, status in ((2, 200), (923, 200), (0, 404), (999_999, 404), ("x", 404), ("", 404)):
        async with client.get(f"{replica.url}{PAGE}?id={org_id}") as answer:
            assert answer.status == status
            assert answer.content_type == "text/html"
    async with client.get(f"{replica.url}/robots.txt") as answer:
        assert "Disallow: /stats/" in await answer.text()
    assert replica.requests == {"sportList": 1, "orgDetail": 6, "robots": 1}


async def test_another_year(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """The year can change while the replica runs."""
    replica.set_year(2023)
    async with client.get(f"{replica.url}{LIST}?type=12") as answer:
        members = await answer.json()
    assert {row["academicYear"] for row in members} == {2023}
    assert len(members) == 943


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        ("429@3s", 429, {"Retry-After": "3"}),
        ("503@2s", 503, {"Retry-After": "2"}),
        ("500", 500, {}),
        ("empty", 200, {"Content-Length": "0"}),
        ("html", 200, {"Content-Type": "text/html; charset=utf-8"}),
    ],
)
async def test_faults_in_place_of_an_answer(
    replica: NCAAReplica, client: aiohttp.ClientSession, fault: str, status: int, headers: dict[str, str]
) -> None:
    """A fault can answer instead of the application, on its own route only."""
    replica.set_faults(f"sportList:{fault}")
    async with client.get(replica.url + SPORTS) as answer:
        assert answer.status == status
        assert headers.items() <= dict(answer.headers).items()
    async with client.get(f"{replica.url}/robots.txt") as answer:
        assert answer.status == 200
    assert replica.faults.injected == {fault.partition("@")[0]: 1}


async def test_reset(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A reset breaks the connection before any answer, and the next request works."""
    replica.set_faults("sportList:reset")  # every time: aiohttp's client tries a broken connection once more by itself
    with pytest.raises(aiohttp.ClientOSError):
        await client.get(replica.url + SPORTS)
    replica.set_faults(None)
    async with client.get(replica.url + SPORTS) as answer:
        assert answer.status == 200


async def test_hang(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A hanging request gets nothing, and does not keep the replica from stopping."""
    replica.set_faults("sportList:hang")
    with pytest.raises(TimeoutError):
        await client.get(replica.url + SPORTS, timeout=aiohttp.ClientTimeout(total=0.2))
    hanging = asyncio.create_task(client.get(replica.url + SPORTS).__aenter__())
    while replica.requests["sportList"] < 2:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await replica.__aexit__()
    with pytest.raises(aiohttp.ClientError):
        await hanging


async def test_hang_for_a_while(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """With a duration, a hanging request ends in a reset."""
    replica.set_faults("sportList:hang@50ms")
    with pytest.raises(aiohttp.ClientError):
        await client.get(replica.url + SPORTS)


async def test_drip(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A slow answer is whole, and in many pieces."""
    replica.set_faults("sportList:drip@200ms")
    async with client.get(replica.url + SPORTS) as answer:
        pieces = [piece async for piece in answer.content.iter_any()]
        assert len(pieces) > 5
        assert len(b"".join(pieces)) == int(answer.headers["Content-Length"]) == 6128


async def test_truncated(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A truncated body is shorter, and its length does not give that away."""
    replica.set_faults("sportList:truncate")
    async with client.get(replica.url + SPORTS) as answer:
        body = await answer.read()
        assert len(body) == int(answer.headers["Content-Length"]) < 6128
        with pytest.raises(ValueError, match=r"column"):
            await answer.json()


async def test_rows_gone_and_repeated(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """Faults in rows come through in the order in which they are written."""
    replica.set_faults("memberList:partial,new_field;sportList:duplicate")
    async with client.get(f"{replica.url}{LIST}?type=12&division=I") as answer:
        rows = await answer.json()
    assert len(rows) == 201
    assert all("fieldOfTomorrow" in row for row in rows)
    async with client.get(replica.url + SPORTS) as answer:
        assert len(await answer.json()) == 118


async def test_row_faults_leave_pages_alone(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """A fault in rows does nothing to a page."""
    async with client.get(f"{replica.url}{PAGE}?id=2") as answer:
        page = await answer.text()
    replica.set_faults("orgDetail:partial")
    async with client.get(f"{replica.url}{PAGE}?id=2") as answer:
        assert await answer.text() == page


async def test_faults_begin_again(replica: NCAAReplica, client: aiohttp.ClientSession) -> None:
    """The sequence of faults can begin again, and can be stopped."""
    statuses = []
    replica.set_faults("sportList:500 x1")
    for action in (None, None, replica.reset_faults, None, lambda: replica.set_faults(None)):
        if action is not None:
            action()
        async with client.get(replica.url + SPORTS) as answer:
            statuses.append(answer.status)
    assert statuses == [500, 200, 500, 200, 200]


def test_only_for_this_machine() -> None:
    """It listens on loopback addresses only."""
    for host in ("0.0.0.0", "192.168.1.1", "example.org", "::"):
        with pytest.raises(ConfigError, match="does not listen"):
            NCAAReplica(schools=1, host=host)


async def test_port_in_use(replica: NCAAReplica) -> None:
    """A port that is taken, or none, is refused with a hint."""
    for port in (int(replica.url.rpartition(":")[2]), 70_000):
        with pytest.raises(ConfigError, match=f"port {port}"):
            await NCAAReplica(schools=1, port=port).__aenter__()


def test_url_before_listening() -> None:
    """The URL is known only once it listens."""
    with pytest.raises(BugError):
        _ = NCAAReplica(schools=1).url


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_as_a_process(stop: signal.Signals) -> None:
    """As a process of its own it prints its URL once it listens, and stops cleanly when told to."""
    code = "from headgate.testing.replica import NCAAReplica, serve; serve(NCAAReplica(schools=5))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        async with aiohttp.ClientSession() as session, session.get(f"{url}{LIST}?type=12") as answer:
            assert len(await answer.json()) == 5
        process.send_signal(stop)
        _, errors = await asyncio.wait_for(process.communicate(), 10)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, errors) == (0, b"")


async def test_a_route_that_is_not_there(replica: NCAAReplica) -> None:
    """A misspelt route is refused, not silently spared."""
    with pytest.raises(ConfigError, match="no route 'memberlist'") as caught:
        NCAAReplica(schools=5, faults="mild;memberlist:429")
    assert "memberList" in (caught.value.hint or "")
    with pytest.raises(ConfigError, match="no route 'x'"):
        replica.set_faults("x:500")
