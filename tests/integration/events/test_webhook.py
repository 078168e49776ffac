"""The webhook against a server that misbehaves byte by byte."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as Official
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from fixtures.raw_server import RawServer, Seen, drip, hang, reply, reset
from fixtures.sinks import event
from headgate.config.events import SinkConfig
from headgate.errors import EventRefusedError, SinkFailedError, SinkUnavailableError
from headgate.events.sinks import Sink, make_sink

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
async def hook(raw_server: RawServer) -> AsyncIterator[Sink]:
    """Return a webhook that calls the server."""
    async with _opened(f"{raw_server.url}/hook") as sink:
        yield sink


class _opened:  # noqa: N801 - used like a function
    """A webhook that may call this machine, opened."""

    def __init__(self, url: str, *, allow_private: bool = True, timeout: float = 10.0) -> None:
        config = SinkConfig(
            type="webhook",
            url=SecretStr(url),
            secrets=(SecretStr(SECRET),),
            allow_private=allow_private,
            timeout=timeout,
        )
        self.sink = make_sink("hook", config)

    async def __aenter__(self) -> Sink:
        await self.sink.open()
        return self.sink

    async def __aexit__(self, *_: object) -> None:
        await self.sink.close()


async def test_signed_event_arrives(raw_server: RawServer, hook: Sink) -> None:
    """What arrives is a CloudEvent whose signature an independent verifier accepts."""
    raw_server.routes["/hook"] = reply(204)
    await hook.send([event(5)])
    [request] = raw_server.seen
    assert request.method == "POST"
    assert request.header("Content-Type") == "application/cloudevents+json; charset=utf-8"
    assert request.header("webhook-id") == "5"
    Webhook(SECRET).verify(request.body, dict(request.headers))
    assert JSONFormat().read(Official, request.body).get_data() == {"n": 5}


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
async def test_refusal_is_the_events_fault(raw_server: RawServer, hook: Sink, status: int) -> None:
    """A 4xx that speaks about the event refuses it, with the beginning of what the receiver said."""
    raw_server.routes["/hook"] = reply(status, b"field \x1b[31mx is missing\nsecond line")
    with pytest.raises(EventRefusedError, match=rf"answered {status}: field \[31mx is missing\."):
        await hook.send([event(1)])


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 502, 503, 504])
async def test_receiver_that_takes_nothing_now(raw_server: RawServer, hook: Sink, status: int) -> None:
    """Statuses that speak about the receiver make it unavailable."""
    raw_server.routes["/hook"] = reply(status)
    with pytest.raises(SinkUnavailableError, match=f"answered {status}"):
        await hook.send([event(1)])


async def test_server_error_may_be_either(raw_server: RawServer, hook: Sink) -> None:
    """Whose fault a 500 is, is not known."""
    raw_server.routes["/hook"] = reply(500)
    with pytest.raises(SinkFailedError, match="answered 500"):
        await hook.send([event(1)])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(raw_server: RawServer, hook: Sink, status: int) -> None:
    """A redirect is a failure: neither the event nor its signature goes anywhere else."""
    raw_server.routes["/hook"] = reply(status, Location=f"{raw_server.url}/elsewhere")
    raw_server.routes["/elsewhere"] = reply(204)
    with pytest.raises(SinkUnavailableError, match="redirects are not followed"):
        await hook.send([event(1)])
    assert [request.path for request in raw_server.seen] == ["/hook"]


async def test_receiver_that_hangs(raw_server: RawServer) -> None:
    """A receiver that says nothing is left after its time."""
    raw_server.routes["/hook"] = hang
    async with _opened(f"{raw_server.url}/hook", timeout=0.1) as sink:
        with pytest.raises(SinkFailedError, match=r"no answer within 0\.1 s"):
            await sink.send([event(1)])


async def test_receiver_that_hangs_up(raw_server: RawServer, hook: Sink) -> None:
    """A connection that breaks is a failure, and the next event makes a new one."""
    raw_server.routes["/hook"] = reset
    with pytest.raises(SinkFailedError, match="broke the connection"):
        await hook.send([event(1)])
    raw_server.routes["/hook"] = reply(200)
    await hook.send([event(1)])


async def test_endless_answer_is_not_read(raw_server: RawServer, hook: Sink) -> None:
    """An answer of 10 GB counts by its status; its connection is closed and its body left where it is."""
    sent = 0

    async def flood(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    raw_server.routes["/hook"] = flood
    await hook.send([event(1)])
    await hook.close()
    for _ in range(1000):
        if not raw_server.connections:
            break
        await asyncio.sleep(0.005)
    assert sent < 50_000_000


async def test_endless_refusal_is_not_read(raw_server: RawServer, hook: Sink) -> None:
    """Of a long refusal only the beginning is read."""
    raw_server.routes["/hook"] = reply(400, b"y" * 5_000_000)
    with pytest.raises(EventRefusedError) as refused:
        await hook.send([event(1)])
    assert len(refused.value.message) < 200


async def test_dripping_answer_is_taken(raw_server: RawServer, hook: Sink) -> None:
    """A success is one as soon as its status is there, however slowly the body follows."""
    raw_server.routes["/hook"] = drip
    await hook.send([event(1)])


async def test_own_machine_is_forbidden() -> None:
    """A webhook that resolves to this machine is not called, and the message says what to do."""
    accepted = 0

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
        async with _opened(f"https://{host}:{port}/hook", allow_private=False) as sink:
            with pytest.raises(SinkUnavailableError):
                await sink.send([event(1)])
    async with _opened(f"https://127.0.0.1:{port}/hook", allow_private=False) as sink:
        with pytest.raises(SinkUnavailableError, match=r"127\.0\.0\.1 is an address of the own machine") as refused:
            await sink.send([event(1)])
    assert "allow_private" in str(refused.value.hint)
    server.close()
    assert accepted == 0


async def test_name_that_changes_its_address_is_still_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the address of the connection: a name that was public a moment ago helps nobody."""
    looked_up = []

    async def rebinding(_loop: object, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        address = "93.184.216.34" if len(looked_up) > 1 else "10.0.0.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", rebinding)
    async with _opened("https://example.org/hook", allow_private=False) as sink:
        with pytest.raises(SinkUnavailableError, match=r"10\.0\.0\.8 is an address of the own machine"):
            await sink.send([event(1)])
    assert looked_up == ["example.org"]


async def test_nobody_listens() -> None:
    """A host that refuses connections is unavailable."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        async with _opened(f"http://127.0.0.1:{port}/hook") as sink:
            with pytest.raises(SinkUnavailableError, match="cannot be reached"):
                await sink.send([event(1)])
