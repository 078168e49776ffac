"""The default transport, on aiohttp."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from urllib.parse import quote

import aiohttp
from multidict import istr
from yarl import URL

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

_CONTENT_ENCODING = istr("Content-Encoding")
_SENT_AS_THEY_ARE = "%!#$&'()*+,/:;=?@[]~"
_NOTHING_TO_QUOTE = re.compile(r"[\w.\-~%!#$&'()*+,/:;=?@\[\]]*", re.ASCII).fullmatch
_KEEPALIVE_SECONDS = 30.0
_DNS_CACHE_SECONDS = 300


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
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None, time_limit: float
    ) -> RawResponse:
        """Send a request and read the whole answer; see :meth:`Transport.send`."""
        session = self._session or self._open()
        try:
            target = _as_written(url)
        except ValueError:
            raise InvalidURLError(f"The URL {redact(url)!r} cannot be used.", hint="Check the address.") from None
        task = self._cutoff.enter(time_limit)
        try:
            async with session.request(method, target, headers=headers, data=body, allow_redirects=False) as response:
                answer_headers = response.headers
                if _CONTENT_ENCODING not in answer_headers and 0 <= (response.content_length or -1) <= self._max_bytes:
                    content = await response.read()
                else:
                    content = await self._read_limited(response, url)
                answer = RawResponse(response.status, answer_headers, content)
        except (aiohttp.ClientError, OSError) as error:
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
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Open the pool: here and not at construction, because it belongs to the loop that runs."""
        connector = aiohttp.TCPConnector(
            limit=self._config.max_connections,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            ttl_dns_cache=_DNS_CACHE_SECONDS,
            ssl=self._tls(),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._config.user_agent},
            # the time of a whole attempt is kept by one timer for all of them: aiohttp's sets one for each
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._config.connect_timeout),
            proxy=self._config.proxy,
        )
        # aiohttp repeats a request by itself when a kept connection turns out dead; here every attempt takes a token
        # and is counted, so that is left to the retry policy. There is no public switch.
        self._session._retry_connection = False  # noqa: SLF001
        return self._session

    def _tls(self) -> ssl.SSLContext | bool:
        if not self._config.verify_tls:
            return False
        if self._ca_certificates is None:
            return True
        context = ssl.create_default_context()
        context.load_verify_locations(cadata=self._ca_certificates)
        return context

    async def _read_limited(self, response: aiohttp.ClientResponse, url: str) -> bytes:
        """Read a body whose final size is not known, and stop at the limit."""
        if response.method == "HEAD":
            return b""
        if (response.content_length or 0) > self._max_bytes:
            response.close()
            raise too_large(redact(url), self._config)
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > self._max_bytes:
                response.close()
                raise too_large(redact(url), self._config)
        return bytes(content)

    def _translate(self, error: Exception, url: str) -> HeadgateError:
        """Say in Headgate's words what went wrong."""
        if isinstance(error, aiohttp.InvalidURL):
            return InvalidURLError(f"The URL {url!r} cannot be used.", hint="Check the address.")
        if isinstance(error, aiohttp.ConnectionTimeoutError):
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


def _as_written(url: str) -> URL:
    """Return a URL that is sent as it was written: aiohttp would turn ``%2F`` in a query into ``/``."""
    if _NOTHING_TO_QUOTE(url):
        return URL(url, encoded=True)
    if not url.isascii():
        return URL(url)
    return URL(quote(url, safe=_SENT_AS_THEY_ARE), encoded=True)


def _reason(error: Exception) -> str:
    """Name an error without the address that aiohttp puts into its text."""
    cause = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return type(cause).__name__
