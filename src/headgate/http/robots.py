"""``robots.txt``: asked for once per host and day, and obeyed (RFC 9309)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from protego import Protego

from headgate.clock import Clock
from headgate.errors import (
    RequestRejectedError,
    RetryLaterError,
    RobotsDisallowedError,
)
from headgate.http.url import redact
from headgate.resilience.cache.single_flight import SingleFlight

if TYPE_CHECKING:
    from headgate.http.hosts import Host

FRESH_SECONDS = 86_400.0
"""Seconds the rules of a host are trusted."""

_MAX_CHARACTERS = 500 * 1024
_PRODUCT = re.compile(r"[A-Za-z0-9_\-.]+")


class Rules:
    """The rules of one host for one user agent.

    Args:
        text: The file; None: there is none, and everything is allowed.
        user_agent: The whole ``User-Agent``; its product name is what rules are written for.
        fresh_until: Monotonic seconds until they are trusted.
    """

    __slots__ = ("_agent", "_parsed", "fresh_until")

    def __init__(self, text: str | None, user_agent: str, *, fresh_until: float) -> None:
        product = _PRODUCT.match(user_agent)
        self._agent = product[0] if product else user_agent
        self._parsed = Protego.parse(text[:_MAX_CHARACTERS]) if text and text.strip() else None
        self.fresh_until = fresh_until

    def allows(self, url: str) -> bool:
        """Whether the URL may be asked for."""
        return self._parsed is None or self._parsed.can_fetch(url, self._agent)

    @property
    def seconds_between_requests(self) -> float | None:
        """The slowest of ``Crawl-delay`` and ``Request-rate``, in seconds per request; None if neither is there."""
        if self._parsed is None:
            return None
        delays = [self._parsed.crawl_delay(self._agent) or 0.0]
        if (rate := self._parsed.request_rate(self._agent)) is not None and rate.requests > 0:
            delays.append(rate.seconds / rate.requests)
        return max(delays) or None


class RobotsGate:
    """Lets a request pass if the host's ``robots.txt`` does.

    A host without the file (any 4xx) allows everything. A host that cannot be asked (5xx, 429, no connection) allows
    nothing until it can, unless an older copy is at hand: then that one counts.

    Args:
        fetch: Returns the text of a ``robots.txt`` by its URL; raises the errors of a request.
        user_agent: The ``User-Agent`` that requests carry.
        clock: Where the time comes from.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[str]], *, user_agent: str, clock: Clock) -> None:
        self._fetch = fetch
        self._user_agent = user_agent
        self._clock = clock
        self._flights: SingleFlight[Rules] = SingleFlight()

    def allows_already(self, url: str, host: Host) -> bool:
        """Whether the rules are at hand and allow it: then there is nothing to wait for."""
        rules = host.rules
        return rules is not None and self._clock.monotonic() < rules.fresh_until and rules.allows(url)

    async def check(self, url: str, host: Host) -> None:
        """Let the request pass or not.

        Raises:
            RobotsDisallowedError: The rules forbid it.
            RetryLaterError: The rules cannot be read now, so nothing may be asked.
        """
        rules = host.rules
        if rules is None or self._clock.monotonic() >= rules.fresh_until:
            flight = self._flights.get(host.origin) or self._flights.start(host.origin, self._load, host)
            rules = await self._flights.wait(flight)
        if not rules.allows(url):
            raise RobotsDisallowedError(
                f"robots.txt of {host.origin} does not allow {redact(url)}.",
                hint="Ask its owner, or set http.respect_robots = false if you have a right to it.",
            )

    async def close(self) -> None:
        """Stop what is being fetched."""
        await self._flights.close()

    async def _load(self, host: Host) -> Rules:
        old = host.rules
        try:
            text: str | None = await self._fetch(f"{host.origin}/robots.txt")
        except RequestRejectedError:
            text = None
        except RetryLaterError as error:
            return self._unreadable(host, old, error)
        rules = Rules(text, self._user_agent, fresh_until=self._clock.monotonic() + FRESH_SECONDS)
        if (delay := rules.seconds_between_requests) is not None:
            host.slow_down_to(1.0 / delay)
        host.rules = rules
        return rules

    @staticmethod
    def _unreadable(host: Host, old: Rules | None, error: RetryLaterError) -> Rules:
        if old is not None:
            return old
        error.message = f"robots.txt of {host.origin} cannot be read, so nothing may be asked there: {error.message}"
        error.hint = f"{error.hint or 'Try again later.'} With http.respect_robots = false it is not asked for."
        raise error
