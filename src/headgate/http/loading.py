"""What the cache calls when it has no answer: ask the host, and say what is to be kept."""

from __future__ import annotations

from headgate.clock import Clock
from headgate.config.policies import CacheConfig
from headgate.errors import RequestRejectedError
from headgate.http.asking import Asker
from headgate.http.attempt import Budget
from headgate.http.caching import NEGATIVE, nothing_there, to_fetched, to_not_modified, with_conditions
from headgate.http.redirects import Hop
from headgate.http.transport import RawResponse
from headgate.http.verdict import Wanted
from headgate.resilience.cache import Entry, Fetched, NotModified

_NOT_MODIFIED = 304


class Load:
    """The loader of one request.

    Attributes:
        called: Whether the cache asked for the answer (and not somebody else's request did).
        answer: The success that came and the request that brought it, None if none did; only the request that this
            belongs to may use it.
    """

    __slots__ = ("_asker", "_budget", "_clock", "_config", "_hop", "_wanted", "answer", "called")

    def __init__(
        self, asker: Asker, hop: Hop, wanted: Wanted, budget: Budget, *, config: CacheConfig, clock: Clock
    ) -> None:
        self._asker = asker
        self._hop = hop
        self._wanted = wanted
        self._budget = budget
        self._config = config
        self._clock = clock
        self.called = False
        self.answer: tuple[RawResponse, Hop] | None = None

    async def __call__(self, stale: Entry | None) -> Fetched | NotModified:
        """Ask the host, offering the stale entry's validators if it has some."""
        self.called = True
        asked, wanted = with_conditions(self._hop, self._wanted, stale)
        try:
            raw, last = await self._asker.ask(asked, wanted, self._budget)
        except RequestRejectedError as error:
            if error.status not in NEGATIVE:
                raise
            return nothing_there(error.status)
        now = self._clock.time()
        if stale is not None and raw.status == _NOT_MODIFIED:
            return to_not_modified(raw, stale, self._config, now=now)
        self.answer = raw, last
        return to_fetched(raw, last.url, self._config, asked_for=self._hop.url, now=now)
