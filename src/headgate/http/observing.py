"""Who watches requests while they are under way: a tracer. Without one, nothing is spent on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Protocol

from headgate.http.attempt import Attempts, Budget
from headgate.http.hosts import Host
from headgate.http.redirects import Hop
from headgate.http.transport import RawResponse
from headgate.http.url import redact
from headgate.http.verdict import Wanted


class Watched(Protocol):
    """A request or an attempt under way."""

    def headers(self) -> Mapping[str, str]:
        """Return what is sent along, such as ``traceparent``; nothing for a request as a whole."""
        ...

    def answered(self, status: int) -> None:
        """Note the status of the answer."""
        ...


class RequestObserver(Protocol):
    """Entered around requests and attempts. It must not raise and must return at once."""

    def request(self, method: str, url: str) -> AbstractContextManager[Watched]:
        """Watch a request that memory could not answer; the URL holds no secret."""
        ...

    def attempt(self, method: str, url: str, number: int) -> AbstractContextManager[Watched]:
        """Watch one attempt of a request, the first one having the number 1."""
        ...


OBSERVER: ContextVar[RequestObserver | None] = ContextVar("headgate_request_observer", default=None)
"""Who watches the requests of every client that is made in this context, and is given nobody else."""


class ObservedAttempts:
    """Attempts that somebody watches.

    Args:
        attempts: What sends them.
        observer: Who watches.
    """

    def __init__(self, attempts: Attempts, observer: RequestObserver) -> None:
        self._attempts = attempts
        self._observer = observer

    async def send(
        self, host: Host, hop: Hop, wanted: Wanted, budget: Budget, on_wire: asyncio.Event | None = None
    ) -> RawResponse:
        """Send one attempt, as :meth:`Attempts.send` does."""
        with self._observer.attempt(hop.method, redact(hop.url), budget.attempts + 1) as watched:
            if headers := watched.headers():
                hop = hop._replace(headers={**(hop.headers or {}), **headers})
            raw = await self._attempts.send(host, hop, wanted, budget, on_wire)
            watched.answered(raw.status)
            return raw
