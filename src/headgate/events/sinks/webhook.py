"""A webhook: each event a signed POST."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
from yarl import URL

from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, EventRefusedError, SinkFailedError, SinkUnavailableError
from headgate.events.cloud_event import CONTENT_TYPE, CloudEvent
from headgate.events.sinks.addresses import ForbiddenAddressError, public_socket
from headgate.events.sinks.signing import Signer
from headgate.events.sinks.sink import Sink

_NOT_NOW = frozenset({401, 402, 403, 404, 405, 407, 408, 410, 421, 425, 426, 429, 502, 503, 504})
"""Statuses that speak about the receiver, and not about the event."""
_SMALL = 4096
"""Bytes of an answer that are read; the connection of a longer one is closed unread."""
_CLIENT_ERROR, _SERVER_ERROR = range(400, 500), range(500, 600)
_REDIRECT, _SUCCESS = range(300, 400), range(200, 300)


class WebhookSink(Sink):
    """Posts each event to a URL, signed after Standard Webhooks. Redirects are failures: a signature goes nowhere else.

    Unless private addresses are allowed, it connects by TLS and to public addresses only: what counts is the address
    of the connection itself, whatever the name resolved to before.

    Args:
        name: Its name.
        config: Its settings.

    Raises:
        ConfigError: The URL or a secret cannot be used.
    """

    def __init__(self, name: str, config: SinkConfig) -> None:
        self.concurrency = config.concurrency
        self._name = name
        self._config = config
        self._url = _url(name, config)
        self._signer = Signer(config.secrets, name)
        self._session: aiohttp.ClientSession | None = None
        self._forbidden = ""

    async def open(self) -> None:
        """Make a session without cookies, proxies of the environment, and compression."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.concurrency, socket_factory=None if self._config.allow_private else self._public_socket
            ),
            timeout=aiohttp.ClientTimeout(total=self._config.timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": "headgate", "Accept-Encoding": "identity"},
        )

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Post events one after the other."""
        for event in events:
            await self._post(event)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, event: CloudEvent) -> None:
        assert self._session is not None, "open() comes first"  # noqa: S101 - a mistake of the caller
        body = event.to_json()
        headers = {"Content-Type": CONTENT_TYPE, **self._signer.headers(event.id, int(time.time()), body)}
        try:
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                said = await _read_a_little(response)
                self._judge(response.status, said)
        except TimeoutError:
            raise SinkFailedError(f"The webhook gave no answer within {self._config.timeout:g} s.") from None
        except aiohttp.ClientConnectorError as error:
            raise self._unreachable(error) from error
        except aiohttp.InvalidURL:
            raise SinkUnavailableError("The host in the URL of the webhook is no name and no address.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SinkFailedError(f"The webhook broke the connection: {type(error).__name__}.") from error

    def _judge(self, status: int, said: str) -> None:
        if status in _SUCCESS:
            return
        answer = f"The webhook answered {status}{said}."
        if status in _REDIRECT:
            raise SinkUnavailableError(
                f"The webhook answered {status}: redirects are not followed.", hint="Set the URL it leads to."
            )
        if status in _NOT_NOW:
            raise SinkUnavailableError(answer)
        if status in _CLIENT_ERROR:
            raise EventRefusedError(answer)
        raise SinkFailedError(answer)

    def _public_socket(self, info: tuple[Any, ...]) -> socket.socket:
        try:
            return public_socket(info)
        except ForbiddenAddressError as error:
            self._forbidden = str(error)
            raise

    def _unreachable(self, error: aiohttp.ClientConnectorError) -> SinkUnavailableError:
        if self._forbidden:
            return SinkUnavailableError(
                f"The webhook was not called: {self._forbidden}.",
                hint=f"Set events.sinks.{self._name}.allow_private = true if it belongs there.",
            )
        reason = error.os_error
        return SinkUnavailableError(f"The webhook cannot be reached: {reason.strerror or type(reason).__name__}.")


def _url(name: str, config: SinkConfig) -> URL:
    if config.url is None:
        raise ConfigError(f"The webhook '{name}' has no URL.", hint=f"Set events.sinks.{name}.url.")
    try:
        url = URL(config.url.get_secret_value())
    except ValueError:
        url = URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(f"The URL of the webhook '{name}' cannot be used.", hint="Begin it with https:// and a name.")
    if url.scheme == "http" and not config.allow_private:
        raise ConfigError(
            f"The webhook '{name}' would be called without TLS.",
            hint=f"Use https://, or set events.sinks.{name}.allow_private = true in a network of your own.",
        )
    return url


async def _read_a_little(response: aiohttp.ClientResponse) -> str:
    """Return the beginning of an answer for a message; close the connection of one that is long, slow or broken."""
    try:
        text = await response.content.read(_SMALL)
    except (aiohttp.ClientError, OSError, TimeoutError):
        text = b""
    if not response.content.at_eof():
        response.close()
    first = text.decode("utf-8", "replace").strip().partition("\n")[0]
    shown = "".join(letter for letter in first[:80] if letter.isprintable())
    return f": {shown}" if shown else ""
