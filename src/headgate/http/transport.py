"""What carries one attempt over the wire: the protocol that transports follow, and nothing about policies.

The same contract tests run over every transport: ``tests/integration/http/test_transport_contract.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from multidict import CIMultiDictProxy

from headgate.config.policies import HttpConfig
from headgate.errors import ResponseTooLargeError


class RawResponse:
    """What the host sent: any status, the whole body, decompressed.

    Attributes:
        status: HTTP status.
        headers: Names in any case, repeated ones kept.
        body: The whole body.
        parsed: The body decoded, if it was due as JSON and found to be that; set by whoever checked it.
    """

    __slots__ = ("body", "headers", "parsed", "status")

    def __init__(self, status: int, headers: CIMultiDictProxy[str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.parsed: Any = None


class Transport(Protocol):
    """One attempt, over a pool of connections.

    A transport follows no redirect, retries nothing, keeps no cookies and asks no environment variable for a proxy.
    A cancelled ``send`` leaves no connection behind that anybody could get the rest of an answer from.
    """

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None, time_limit: float
    ) -> RawResponse:
        """Send a request and read the whole answer.

        Args:
            method: The method, in upper case.
            url: An absolute http or https URL without user and password.
            headers: Headers of this request; ``User-Agent`` and ``Accept-Encoding`` are the transport's.
            body: The body, already encoded.
            time_limit: Seconds for everything: connecting, sending, and reading the body to its end.

        Raises:
            ConnectError: The host cannot be reached.
            ConnectionBrokenError: The connection broke, or what came is not HTTP.
            AttemptTimeoutError: The time ran out.
            ResponseTooLargeError: The body is larger than the limit; the rest was not read.
            InvalidURLError: The URL cannot be used.
        """
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def too_large(url: str, config: HttpConfig) -> ResponseTooLargeError:
    """Return the error for a body over the limit.

    Args:
        url: The URL, already without secrets.
        config: Where the limit comes from.
    """
    return ResponseTooLargeError(
        f"The answer of {url} is larger than {config.max_response_bytes} bytes; the rest was not read.",
        hint="Raise http.max_response_bytes if answers of this size are expected.",
    )
