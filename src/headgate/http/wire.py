"""One exchange over a connection of aiohttp's pool: the request goes out in one piece, the answer comes back whole.

aiohttp's connector opens, secures and keeps the connections, and its parser reads the answers. Its session, request and
response objects do much that an attempt has no use for (cookies, redirects, netrc, traces, payloads of any kind), and
would take half of the time of a whole request.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import aiohttp
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict, istr
from yarl import URL

from headgate.errors import ConfigError
from headgate.http.transport import RawResponse
from headgate.http.url import split_credentials

if TYPE_CHECKING:
    from aiohttp import StreamReader
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

BROKEN = (aiohttp.ClientError, aiohttp.EofStream, HttpProcessingError, OSError)
"""What an exchange raises when the connection breaks, or when what comes is not HTTP."""

_CONTENT_LENGTH, _CONTENT_TYPE = istr("Content-Length"), istr("Content-Type")
_PROXY_AUTHORIZATION = istr("Proxy-Authorization")
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_TYPE = frozenset({"POST", "PUT", "PATCH"})
_SWITCHING_PROTOCOLS = 101
_FINAL = 200

_SENT_AS_THEY_ARE = "%!#$&'()*+,/:;=?@[]~"
# scheme and host, then a path in which there is nothing to quote
_PLAIN = re.compile(r"(https?://[a-z0-9.\-]+(?::[0-9]+)?)(/[\w.\-~%!$&'()*+,/:;=?@\[\]]*)", re.ASCII).fullmatch
_NOTHING_TO_QUOTE = re.compile(r"[\w.\-~%!#$&'()*+,/:;=?@\[\]]*", re.ASCII).fullmatch


class BodyTooLargeError(Exception):
    """The body is larger than the limit; the rest was not read."""


class Target(NamedTuple):
    """Where a request goes.

    Args:
        origin: Scheme, host and port, as they are written in the URL.
        path: Path and query, as they are sent.
    """

    origin: str
    path: str


def target_of(url: str) -> Target:
    """Take a URL apart; what is sent is as it was written: ``%2F`` in a query stays ``%2F``.

    Raises:
        ValueError: It cannot be read.
    """
    match = _PLAIN(url)
    if match is not None:
        return Target(match[1], match[2])
    if _NOTHING_TO_QUOTE(url):
        parts = URL(url, encoded=True)
    elif url.isascii():
        parts = URL(quote(url, safe=_SENT_AS_THEY_ARE), encoded=True)
    else:
        parts = URL(url)
    return Target(str(parts.origin()), parts.raw_path_qs)


class Way:
    """How requests get to one origin: made once, used by all of them.

    Args:
        origin: Scheme, host and port.
        user_agent: The ``User-Agent`` header.
        proxy: Where requests are sent instead, or none.

    Raises:
        aiohttp.InvalidURL: It names no host.
        ConfigError: A header cannot be sent.
    """

    __slots__ = ("_head", "_prefix", "request")

    def __init__(self, origin: str, *, user_agent: str, proxy: str | None) -> None:
        self.request = aiohttp.ClientRequest(
            "GET",
            URL(origin),
            headers={"User-Agent": user_agent},
            loop=asyncio.get_running_loop(),
            proxy=None if proxy is None else URL(proxy),
        )
        # a proxy is told the whole address; through a tunnel the host itself is asked
        self._prefix = origin if proxy is not None and not self.request.is_ssl() else ""
        if self._prefix and (credentials := split_credentials(proxy or "")[1]) is not None:
            self.request.headers[_PROXY_AUTHORIZATION] = credentials
        self._head = _lines(self.request.headers)

    def message(self, method: str, path: str, headers: Mapping[str, str] | None, body: bytes | None) -> bytes:
        """Return a request as it goes over the wire.

        Raises:
            ConfigError: A header cannot be sent.
        """
        if headers or body is not None or method not in _WITHOUT_BODY:
            head = _lines(self._headers(method, headers, body))
        else:
            head = self._head
        start = f"{method} {self._prefix}{path} HTTP/1.1\r\n{head}\r\n".encode()
        return start + body if body else start

    def _headers(self, method: str, headers: Mapping[str, str] | None, body: bytes | None) -> CIMultiDict[str]:
        """Return the headers of a request: those of all, the caller's in their place, and how long the body is."""
        sent = self.request.headers.copy()
        sent.update(headers or {})
        if body is not None or method not in _WITHOUT_BODY:
            sent[_CONTENT_LENGTH] = str(len(body or b""))
            if method in _WITH_TYPE:
                sent.setdefault(_CONTENT_TYPE, "application/octet-stream")
        return sent


async def exchange(connection: Connection, method: str, message: bytes, *, max_bytes: int) -> RawResponse:
    """Send a request and read the answer to its end; the connection is given back if it can be used again, else closed.

    Args:
        connection: Taken from the pool for this.
        method: The method.
        message: The request; see :meth:`Way.message`.
        max_bytes: The largest body that is read.

    Raises:
        BodyTooLargeError: The body is larger.
        aiohttp.ClientError, HttpProcessingError, OSError: See :data:`BROKEN`.
    """
    protocol = connection.protocol
    if protocol is None or protocol.transport is None:
        connection.close()
        raise aiohttp.ServerDisconnectedError
    try:
        protocol.set_response_params(skip_payload=method == "HEAD", read_until_eof=True)
        protocol.transport.write(message)
        answer = await _read_answer(protocol, max_bytes)
        # an answer that came before the request was sent leaves the rest of the request in the way of the next one
        if protocol.transport is not None and protocol.transport.get_write_buffer_size():
            protocol.force_close()
    except BaseException:
        connection.close()
        raise
    connection.release()
    return answer


async def _read_answer(protocol: ResponseHandler, max_bytes: int) -> RawResponse:
    while True:
        message, payload = await protocol.read()
        if message.code >= _FINAL or message.code == _SWITCHING_PROTOCOLS:
            break
    if payload.is_eof():
        # most answers come in one piece, and are there by now
        body = payload.read_nowait()
        if len(body) > max_bytes:
            raise BodyTooLargeError
    else:
        if int(message.headers.get(_CONTENT_LENGTH, 0)) > max_bytes:
            raise BodyTooLargeError
        body = await _read_to_the_end(payload, max_bytes)
    return RawResponse(message.code, message.headers, body)


async def _read_to_the_end(payload: StreamReader, max_bytes: int) -> bytes:
    chunks = []
    size = 0
    while chunk := await payload.readany():
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLargeError
    return b"".join(chunks)


def _lines(headers: Mapping[str, str]) -> str:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if "\0" in lines or lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
        raise ConfigError(
            "A header of the request cannot be sent: it holds a line break.",
            hint="Names and values are text without line breaks; look at http.user_agent, too.",
        )
    return lines
