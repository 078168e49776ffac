"""The fast transport, on wreq (Rust): the same contract as the default one, a multiple of its speed.

It needs the extra ``fast``. It speaks HTTP/1.1 and imitates no browser. pyreqwest was the other candidate: there a
cancelled request keeps its connection until the timeout, so it did not pass the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from multidict import CIMultiDict, CIMultiDictProxy

from headgate.config.policies import HttpConfig
from headgate.errors import (
    AttemptTimeoutError,
    ConnectError,
    ConnectionBrokenError,
    HeadgateError,
    InvalidURLError,
    MissingExtraError,
)
from headgate.http.transport import RawResponse, too_large
from headgate.http.url import redact

try:
    import wreq
    from wreq import exceptions as wreq_errors
    from wreq import redirect
except ImportError as error:
    raise MissingExtraError("The fast transport", "fast") from error

if TYPE_CHECKING:
    from wreq import Client

_POOL_IDLE = timedelta(seconds=30)
_METHODS = {name: getattr(wreq.Method, name) for name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")}
# wreq's errors have no base of their own
_ERRORS = (
    wreq_errors.BodyError,
    wreq_errors.BuilderError,
    wreq_errors.ConnectionError,
    wreq_errors.ConnectionResetError,
    wreq_errors.DecodingError,
    wreq_errors.ProxyConnectionError,
    wreq_errors.RequestError,
    wreq_errors.TimeoutError,
    wreq_errors.TlsError,
)


class FastTransport:
    """Sends attempts with wreq.

    Args:
        config: Timeouts, limits, proxy, TLS.
        ca_certificates: Certificates to trust besides the system's, as PEM.
    """

    def __init__(self, config: HttpConfig | None = None, *, ca_certificates: str | None = None) -> None:
        self._config = config or HttpConfig()
        self._ca_certificates = ca_certificates
        self._max_bytes = self._config.max_response_bytes
        self._timeout_seconds = self._config.timeout_seconds
        self._client: Client | None = None

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None, body: bytes | None, time_limit: float
    ) -> RawResponse:
        """Send a request and read the whole answer; see :meth:`Transport.send`."""
        client = self._client or self._open()
        options: dict[str, Any] = {}
        if headers:
            options["headers"] = headers
        if body is not None:
            options["body"] = body
        if time_limit != self._timeout_seconds:
            options["timeout"] = timedelta(seconds=time_limit)
        try:
            async with client.request(_METHODS[method], url, **options) as response:
                length = response.content_length
                if length is not None and length <= self._max_bytes:
                    content = bytes(await response.bytes())
                else:
                    content = await self._read_limited(method, response, url)
                return RawResponse(response.status.as_int(), _headers(response.headers), content)
        except _ERRORS as error:
            # from None: wreq's own words hold the whole URL, and a log would print them
            raise self._translate(error, redact(url), time_limit) from None

    async def close(self) -> None:
        """Close all connections that are not in use; the others follow when their answer has been read."""
        self._client = None

    def _open(self) -> Client:
        config = self._config
        self._client = wreq.Client(
            user_agent=config.user_agent,
            headers={"Accept": "*/*"},
            redirect=redirect.Policy.none(),
            referer=False,
            timeout=timedelta(seconds=config.timeout_seconds),
            connect_timeout=timedelta(seconds=config.connect_timeout),
            pool_idle_timeout=_POOL_IDLE,
            pool_max_size=config.max_connections,
            http1_only=True,
            tls_verify=self._tls(),
            **({"proxies": [wreq.Proxy.all(config.proxy)]} if config.proxy else {"no_proxy": True}),
        )
        return self._client

    def _tls(self) -> Any:
        if not self._config.verify_tls or self._ca_certificates is None:
            return self._config.verify_tls
        return wreq.CertStore(pem_certs=[self._ca_certificates], default_paths=True)

    async def _read_limited(self, method: str, response: Any, url: str) -> bytes:
        """Read a body whose final size is not known, and stop at the limit."""
        if method == "HEAD":
            return b""
        content = bytearray()
        if (response.content_length or 0) <= self._max_bytes:
            async with response.stream() as stream:
                async for chunk in stream:
                    if isinstance(chunk, memoryview):  # the rest are trailers
                        content += chunk
                    if len(content) > self._max_bytes:
                        break
                else:
                    return bytes(content)
        await response.close()
        raise too_large(redact(url), self._config)

    def _translate(self, error: Exception, url: str, time_limit: float) -> HeadgateError:
        """Say in Headgate's words what went wrong; wreq's own text names the URL and is not passed on."""
        text = str(error)
        if isinstance(error, wreq_errors.BuilderError):
            return InvalidURLError(f"The URL {url!r} cannot be used.", hint="Check the address.")
        if isinstance(error, wreq_errors.ConnectionError | wreq_errors.ProxyConnectionError | wreq_errors.TlsError):
            return ConnectError(
                f"No connection to {url}: {_reason(text)}.", url=url, hint="Check the host, the port and the network."
            )
        if isinstance(error, wreq_errors.TimeoutError) or "TimedOut" in text:
            return AttemptTimeoutError(
                f"{url} did not answer within {time_limit:g} seconds.",
                url=url,
                hint="The host is slow or hangs; raise http.timeout_seconds if it needs longer.",
            )
        return ConnectionBrokenError(f"The connection to {url} broke: {type(error).__name__}.", url=url)


def _headers(headers: Any) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(
        CIMultiDict([(str(name, "ascii"), str(value, "utf-8", "surrogateescape")) for name, value in headers])
    )


def _reason(text: str) -> str:
    """Name what wreq's description of a failed connection is about."""
    if "dns error" in text:
        return "the name of the host is not known"
    if "CERTIFICATE" in text.upper():
        return "its certificate is not trusted"
    if "TimedOut" in text or "timed out" in text.lower():
        return "it took too long"
    if "ConnectionRefused" in text:
        return "connection refused"
    return "the host cannot be reached"
