"""The default transport, on aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping

import aiohttp

from headgate.config.policies import HttpConfig
from headgate.errors import (
    AttemptTimeoutError,
    ConnectError,
    ConnectionBrokenError,
    HeadgateError,
    InvalidURLError,
)
from headgate.http.cutoff import Cutoff
from headgate.http.transport import RawResponse, too_large
from headgate.http.url import redact
from headgate.http.wire import BROKEN, BodyTooLargeError, Way, exchange, target_of

_KEEPALIVE_SECONDS = 30.0
_DNS_CACHE_SECONDS = 300
_MAX_WAYS = 1024


class AiohttpTransport:
    """Sends attempts with aiohttp.

    Args:
        config: Timeouts, limits, proxy, TLS.
        ca_certificates: Certificates to trust besides the system's, as PEM.
    """

    def __init__(self, config: HttpConfig | None = None, *, ca_certificates: str | None = None) -> None:
        self._config = config or HttpConfig()
        self._ca_certificates = ca_certificates
        self._max_bytes = self._config.max_response_bytes
        self._cutoff = Cutoff()
        # the time of a whole attempt is kept by one timer for all of them: aiohttp's sets one for each
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._config.connect_timeout)
        self._connector: aiohttp.TCPConnector | None = None
        self._ways: dict[str, Way] = {}

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None, time_limit: float
    ) -> RawResponse:
        """Send a request and read the whole answer; see :meth:`Transport.send`."""
        connector = self._connector or self._open()
        try:
            origin, path = target_of(url)
            way = self._ways.get(origin) or self._new_way(origin)
        except ValueError:  # aiohttp.InvalidURL is one
            raise InvalidURLError(f"The URL {redact(url)!r} cannot be used.", hint="Check the address.") from None
        task = self._cutoff.enter(time_limit)
        try:
            message = way.message(method, path, headers, body)
            connection = await connector.connect(way.request, [], self._timeout)
            answer = await exchange(connection, method, message, max_bytes=self._max_bytes)
        except BodyTooLargeError:
            self._cutoff.leave(task)
            raise too_large(redact(url), self._config) from None
        except BROKEN as error:
            self._cutoff.leave(task)
            # from None: aiohttp's own words can hold the whole URL, and a log would print them
            raise self._translate(error, redact(url)) from None
        except asyncio.CancelledError:
            if not self._cutoff.leave(task):
                raise
            raise AttemptTimeoutError(
                f"{redact(url)} did not answer within {time_limit:g} seconds.",
                url=redact(url),
                hint="The host is slow or hangs; raise http.timeout_seconds if it needs longer.",
            ) from None
        except BaseException:
            self._cutoff.leave(task)
            raise
        self._cutoff.leave(task)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()

    def _open(self) -> aiohttp.TCPConnector:
        """Open the pool: here and not at construction, because it belongs to the loop that runs."""
        self._ways.clear()
        self._connector = aiohttp.TCPConnector(
            limit=self._config.max_connections,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            ttl_dns_cache=_DNS_CACHE_SECONDS,
            ssl=self._tls(),
        )
        return self._connector

    def _new_way(self, origin: str) -> Way:
        if len(self._ways) >= _MAX_WAYS:
            self._ways.clear()
        way = self._ways[origin] = Way(origin, user_agent=self._config.user_agent, proxy=self._config.proxy)
        return way

    def _tls(self) -> ssl.SSLContext | bool:
        if not self._config.verify_tls:
            return False
        if self._ca_certificates is None:
            return True
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=self._ca_certificates)
        return context

    def _translate(self, error: Exception, url: str) -> HeadgateError:
        """Say in Headgate's words what went wrong."""
        if isinstance(error, TimeoutError):
            return ConnectError(
                f"No connection to {url} within {self._config.connect_timeout:g} seconds.",
                url=url,
                hint="Check the host and the network, or raise http.connect_timeout.",
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return ConnectError(
                f"No trusted connection to {url}: {_reason(error)}.",
                url=url,
                hint="The certificate does not fit; http.verify_tls = false turns the check off.",
            )
        if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientProxyConnectionError):
            return ConnectError(
                f"No connection to {url}: {_reason(error)}.", url=url, hint="Check the host, the port and the network."
            )
        return ConnectionBrokenError(f"The connection to {url} broke: {_reason(error)}.", url=url)


def _reason(error: Exception) -> str:
    """Name an error without the address that aiohttp puts into its text."""
    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__
