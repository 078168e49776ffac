"""What every transport promises, tried against real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import importlib
import shutil
import ssl
import subprocess
import traceback
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.raw_server import RawServer, Seen, drip, hang, json_reply, reply, reset, truncate
from headgate.config.policies import HttpConfig
from headgate.errors import (
    AttemptTimeoutError,
    ConnectError,
    ConnectionBrokenError,
    InvalidURLError,
    ResponseTooLargeError,
)
from headgate.http.aiohttp_transport import AiohttpTransport
from headgate.http.transport import RawResponse, Transport

Make = Callable[..., Transport]


@pytest.fixture(params=["aiohttp", "fast"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Make transports, and close them afterwards."""
    made: list[Transport] = []
    transport: type[Any] = AiohttpTransport
    if request.param == "fast":
        pytest.importorskip("wreq", reason="the extra 'fast' is not installed")
        transport = importlib.import_module("headgate.http.fast_transport").FastTransport

    def new(ca_certificates: str | None = None, **settings: Any) -> Transport:
        made.append(transport(HttpConfig(**settings), ca_certificates=ca_certificates))
        return made[-1]

    yield new
    for one in made:
        await one.close()


async def get(transport: Transport, url: str, **options: Any) -> RawResponse:
    """Send a GET with the defaults of a caller who wants nothing special."""
    defaults: dict[str, Any] = {"headers": None, "body": None, "time_limit": 10.0}
    return await transport.send(options.pop("method", "GET"), url, **{**defaults, **options})


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened elsewhere, at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_answer_arrives_with_status_headers_and_body(make: Make, raw_server: RawServer) -> None:
    """Status, body, and headers in any case, repeated ones in their order."""
    raw_server.routes["/x"] = (
        b"HTTP/1.1 203 Fine\r\nX-One: a\r\nContent-Length: 2\r\nx-one: b\r\nX-Latin: caf\xc3\xa9\r\n\r\nhi"
    )
    answer = await get(make(), raw_server.url + "/x")
    assert (answer.status, answer.body) == (203, b"hi")
    assert answer.headers.getall("x-ONE") == ["a", "b"]
    assert answer.headers["X-Latin"] == "café"


async def test_what_is_sent_arrives_unchanged(make: Make, raw_server: RawServer) -> None:
    """Method, query, headers and body reach the host; the User-Agent is honest."""
    raw_server.routes["/x"] = json_reply()
    transport = make(user_agent="headgate-test/1 (+mailto:a@example.org)")
    url = raw_server.url + "/x?q=a%2Fb&empty=&s=%20"
    await get(transport, url, method="POST", headers={"X-Mine": "1"}, body=b"\x00raw")
    seen = raw_server.seen[0]
    assert (seen.method, seen.target, seen.body) == ("POST", "/x?q=a%2Fb&empty=&s=%20", b"\x00raw")
    assert seen.header("X-Mine") == "1"
    assert seen.header("User-Agent") == "headgate-test/1 (+mailto:a@example.org)"
    assert "gzip" in (seen.header("Accept-Encoding") or "")
    assert seen.header("Cookie") is None
    assert seen.header("Referer") is None


async def test_news_before_the_answer_is_passed_over(make: Make, raw_server: RawServer) -> None:
    """100 and 103 are not the answer: the answer follows."""
    raw_server.routes["/x"] = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </y>\r\n\r\n" + json_reply()
    )
    transport = make()
    for _ in range(2):
        assert (await get(transport, raw_server.url + "/x")).body == b'{"ok":true}'


async def test_a_body_that_ends_with_the_connection_arrives_whole(make: Make, raw_server: RawServer) -> None:
    """Hosts of the old kind announce no length and hang up at the end."""

    async def old(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nabc")
        await writer.drain()
        writer.write(b"de" * 50_000)
        await writer.drain()
        writer.close()

    raw_server.routes["/x"] = old
    transport = make()
    for _ in range(2):
        assert (await get(transport, raw_server.url + "/x")).body == b"abc" + b"de" * 50_000


async def test_what_follows_an_answer_is_not_the_next_answer(make: Make, raw_server: RawServer) -> None:
    """Bytes that nobody asked for spoil the connection: the next request is answered with what is its own."""
    raw_server.routes["/x"] = json_reply() + reply(200, b"not yours")
    raw_server.routes["/y"] = reply(200, b"yours")
    transport = make()
    with contextlib.suppress(ConnectionBrokenError):
        await get(transport, raw_server.url + "/x")
    assert (await get(transport, raw_server.url + "/y")).body == b"yours"


async def test_an_answer_that_comes_before_the_request_was_sent(make: Make, raw_server: RawServer) -> None:
    """A host that refuses a large body without reading it is understood, and no rest of the body is left behind."""

    async def refuse(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(413, b"too much"))

    async def read_the_head_only(reader: asyncio.StreamReader) -> Seen:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return Seen(*head.split(" ", 2)[:2], [], b"")

    raw_server.routes["/x"] = refuse
    raw_server.routes["/y"] = json_reply()
    raw_server._read = read_the_head_only  # type: ignore[method-assign]
    transport = make()
    with contextlib.suppress(ConnectionBrokenError):
        answer = await get(transport, raw_server.url + "/x", method="POST", body=b"x" * 30_000_000)
        assert answer.status == 413
    assert (await get(transport, raw_server.url + "/y")).body == b'{"ok":true}'


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_every_method_is_sent(make: Make, raw_server: RawServer, method: str) -> None:
    """The methods of the web, each as it is called."""
    raw_server.routes["/x"] = (
        reply(204) if method != "HEAD" else b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
    )
    answer = await get(make(), raw_server.url + "/x", method=method)
    assert raw_server.seen[0].method == method
    assert answer.body == b""


async def test_connections_are_used_again(make: Make, raw_server: RawServer) -> None:
    """Ten requests in a row need one connection."""
    raw_server.routes["/x"] = json_reply()
    transport = make()
    for _ in range(10):
        await get(transport, raw_server.url + "/x")
    assert raw_server.accepted == 1


async def test_cookies_are_not_kept(make: Make, raw_server: RawServer) -> None:
    """What one request is given to remember is not sent with the next."""
    raw_server.routes["/x"] = json_reply(Set_Cookie="session=1; Path=/")
    transport = make()
    url = f"http://localhost:{raw_server.port}/x"  # cookies of an address without a name are often dropped anyway
    await get(transport, url)
    await get(transport, url)
    assert raw_server.seen[1].header("Cookie") is None


async def test_redirects_are_not_followed(make: Make, raw_server: RawServer) -> None:
    """They are the client's business: the transport hands them over."""
    raw_server.routes["/x"] = reply(302, Location="/y")
    answer = await get(make(), raw_server.url + "/x")
    assert (answer.status, answer.headers["Location"]) == (302, "/y")
    assert raw_server.times("/y") == 0


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compressed_bodies_are_unpacked(make: Make, raw_server: RawServer, coding: str) -> None:
    """The body is what was meant, not what was sent."""
    packed = gzip.compress(b"x" * 5000) if coding == "gzip" else zlib.compress(b"x" * 5000)
    raw_server.routes["/x"] = reply(200, packed, Content_Encoding=coding)
    assert (await get(make(), raw_server.url + "/x")).body == b"x" * 5000


async def test_a_body_in_chunks_arrives_whole(make: Make, raw_server: RawServer) -> None:
    """No length is announced, and the end is the last chunk."""
    raw_server.routes["/x"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert (await get(make(), raw_server.url + "/x")).body == b"abcde"


async def test_a_body_over_the_limit_is_refused(make: Make, raw_server: RawServer) -> None:
    """A length that is announced is refused before the body is read, and its connection is not used again."""
    raw_server.routes["/x"] = [b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", json_reply()]
    transport = make(max_response_bytes=1000)
    with pytest.raises(ResponseTooLargeError, match="1000 bytes"):
        await get(transport, raw_server.url + "/x")
    assert (await get(transport, raw_server.url + "/x")).body == b'{"ok":true}'


async def test_a_stream_over_the_limit_is_cut_off(make: Make, raw_server: RawServer) -> None:
    """A body without an end is read up to the limit, and then the connection is closed."""
    written = 0

    async def pour(_request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing() and written < 200_000_000:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            written += 65536
            await writer.drain()

    raw_server.routes["/x"] = pour
    with pytest.raises(ResponseTooLargeError):
        await get(make(max_response_bytes=100_000), raw_server.url + "/x")
    await until(lambda: not raw_server.connections)
    assert written < 100_000_000


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(make: Make, raw_server: RawServer) -> None:
    """The limit holds after decompression: 50 KB on the wire, 50 MB in truth."""
    raw_server.routes["/x"] = reply(200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(ResponseTooLargeError):
        await get(make(max_response_bytes=1_000_000), raw_server.url + "/x")


async def test_a_body_of_exactly_the_limit_is_fine(make: Make, raw_server: RawServer) -> None:
    """The limit is the largest size allowed, packed or not."""
    raw_server.routes["/plain"] = reply(200, b"x" * 1000)
    raw_server.routes["/packed"] = reply(200, gzip.compress(b"x" * 1000), Content_Encoding="gzip")
    transport = make(max_response_bytes=1000)
    for path in ("/plain", "/packed"):
        assert len((await get(transport, raw_server.url + path)).body) == 1000


@pytest.mark.parametrize("handler", [hang, drip], ids=["hang", "drip"])
async def test_the_time_limit_holds_for_headers_and_body(make: Make, raw_server: RawServer, handler: Any) -> None:
    """A host that says nothing, or never comes to an end, is left after the time limit, and hung up on."""
    raw_server.routes["/x"] = handler
    with pytest.raises(AttemptTimeoutError, match=r"0\.2 seconds"):
        await get(make(), raw_server.url + "/x", time_limit=0.2)
    await until(lambda: not raw_server.connections)


async def test_a_tls_handshake_without_an_end_is_a_failed_connection(make: Make) -> None:
    """The time to connect, TLS included, has a limit of its own."""
    async with RawServer() as silent:  # speaks HTTP, and waits for a request that never comes
        with pytest.raises(ConnectError):
            await get(make(connect_timeout=0.2), f"https://127.0.0.1:{silent.port}/", time_limit=30.0)


@pytest.mark.parametrize("handler", [reset, truncate], ids=["reset", "truncated"])
async def test_a_broken_connection_is_told_apart(make: Make, raw_server: RawServer, handler: Any) -> None:
    """A reset before the answer, or a body that ends too early, is never taken for an answer."""
    raw_server.routes["/x"] = handler
    with pytest.raises(ConnectionBrokenError):
        await get(make(), raw_server.url + "/x")


async def test_a_dead_kept_connection_is_not_silently_tried_again(make: Make, raw_server: RawServer) -> None:
    """Every attempt is counted by the client: the transport repeats none that the host has seen."""
    raw_server.routes["/x"] = json_reply()
    raw_server.routes["/reset"] = reset
    transport = make()
    await get(transport, raw_server.url + "/x")
    with pytest.raises(ConnectionBrokenError):
        await get(transport, raw_server.url + "/reset")
    assert raw_server.times("/reset") == 1


@pytest.mark.parametrize(
    "garbage",
    [b"this is not HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"],
    ids=["no HTTP", "negative length"],
)
async def test_what_is_not_http_is_a_broken_connection(make: Make, raw_server: RawServer, garbage: bytes) -> None:
    """Nothing is guessed into bytes that follow no grammar."""
    raw_server.routes["/x"] = garbage
    with pytest.raises(ConnectionBrokenError):
        await get(make(), raw_server.url + "/x")


async def test_a_body_that_does_not_unpack_is_a_broken_connection(make: Make, raw_server: RawServer) -> None:
    """Bytes that call themselves gzip and are not are no answer."""
    raw_server.routes["/x"] = reply(200, b"certainly not gzip", Content_Encoding="gzip")
    with pytest.raises(ConnectionBrokenError):
        await get(make(), raw_server.url + "/x")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/?token=s3cret", "http://no-such-host.invalid/?token=s3cret"])
async def test_a_host_that_cannot_be_reached_is_named_without_secrets(make: Make, url: str) -> None:
    """The error names the address and not the token in it, and neither does its traceback in a log."""
    with pytest.raises(ConnectError) as caught:
        await get(make(), url)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in caught.value.url
    assert caught.value.hint


async def test_a_url_that_cannot_be_used_says_so(make: Make) -> None:
    """An address that cannot be read is the caller's mistake, not the host's."""
    with pytest.raises(InvalidURLError):
        await get(make(), "http://[half-an-address/")


@pytest.mark.parametrize("handler", [hang, drip], ids=["before headers", "in the body"])
async def test_cancelling_closes_the_connection(make: Make, raw_server: RawServer, handler: Any) -> None:
    """Twenty cancelled requests leave no connection behind, and the transport works on."""
    raw_server.routes["/x"] = handler
    raw_server.routes["/ok"] = json_reply()
    transport = make()
    tasks = [asyncio.create_task(get(transport, raw_server.url + "/x")) for _ in range(20)]
    await until(lambda: raw_server.times("/x") == 20)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {asyncio.CancelledError}
    await until(lambda: not raw_server.connections)
    assert (await get(transport, raw_server.url + "/ok")).status == 200


async def test_closing_closes_the_connections(make: Make, raw_server: RawServer) -> None:
    """Nothing is kept open behind the caller's back."""
    raw_server.routes["/x"] = json_reply()
    transport = make()
    await get(transport, raw_server.url + "/x")
    await transport.close()
    await until(lambda: not raw_server.connections)


async def test_a_proxy_carries_the_request(make: Make, raw_server: RawServer) -> None:
    """With a proxy, the request goes there, and names the host it is for; its own credentials go along."""

    async def forward(request: Seen, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json_reply())

    raw_server.routes["http://upstream.invalid/x"] = forward
    transport = make(proxy=raw_server.url.replace("://", "://user:pw@"))
    answer = await get(transport, "http://upstream.invalid/x")
    assert answer.status == 200
    assert raw_server.seen[0].target == "http://upstream.invalid/x"
    assert raw_server.seen[0].header("Proxy-Authorization") == "Basic dXNlcjpwdw=="


async def test_the_environment_names_no_proxy(
    make: Make, raw_server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy is set in the configuration or not used at all."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    raw_server.routes["/x"] = json_reply()
    assert (await get(make(), raw_server.url + "/x")).status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1 that nobody has signed but itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate to test TLS with")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.fixture
async def tls_server(certificate: tuple[Path, Path]) -> AsyncIterator[RawServer]:
    """Serve https with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with RawServer({"/x": json_reply()}, tls=context) as server:
        yield server


async def test_a_certificate_nobody_trusts_is_refused(make: Make, tls_server: RawServer) -> None:
    """No request is sent to a host that cannot prove who it is."""
    with pytest.raises(ConnectError, match="certificate"):
        await get(make(), tls_server.url + "/x")
    assert tls_server.seen == []


async def test_a_trusted_certificate_is_accepted(
    make: Make, tls_server: RawServer, certificate: tuple[Path, Path]
) -> None:
    """A certificate that was handed in counts."""
    transport = make(ca_certificates=certificate[0].read_text())
    assert (await get(transport, tls_server.url + "/x")).status == 200


async def test_a_trusted_certificate_of_another_host_is_refused(
    make: Make, tls_server: RawServer, certificate: tuple[Path, Path]
) -> None:
    """The name in the certificate must be the name in the URL."""
    transport = make(ca_certificates=certificate[0].read_text())
    with pytest.raises(ConnectError):
        await get(transport, f"https://localhost:{tls_server.port}/x")


async def test_a_proxy_opens_a_tunnel_to_a_host_that_encrypts(
    make: Make, raw_server: RawServer, tls_server: RawServer, certificate: tuple[Path, Path]
) -> None:
    """The proxy learns the host and its own credentials; what is asked goes through unread, over one tunnel."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def tunnel(_request: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", tls_server.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    raw_server.routes[f"127.0.0.1:{tls_server.port}"] = tunnel
    proxy = raw_server.url.replace("://", "://user:pw@")
    transport = make(proxy=proxy, ca_certificates=certificate[0].read_text())
    for _ in range(3):
        assert (await get(transport, tls_server.url + "/x", headers={"X-Mine": "1"})).body == b'{"ok":true}'
    assert [request.method for request in raw_server.seen] == ["CONNECT"]
    assert raw_server.seen[0].header("Proxy-Authorization") == "Basic dXNlcjpwdw=="
    assert tls_server.seen[-1].header("Proxy-Authorization") is None
    assert (tls_server.seen[-1].target, tls_server.seen[-1].header("X-Mine")) == ("/x", "1")


async def test_the_check_of_certificates_can_be_turned_off(make: Make, tls_server: RawServer) -> None:
    """Only when the configuration says so."""
    assert (await get(make(verify_tls=False), tls_server.url + "/x")).status == 200
