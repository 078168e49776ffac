"""What all replicas of providers share: a server on the loopback interface, faults, counters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from headgate.errors import BugError
from headgate.testing.faults import FaultInjector
from headgate.testing.faults.middleware import route_name

_SHUTDOWN_SECONDS = 0.1


class ProviderReplica(ABC):
    """A replica of a provider on a free port of the loopback interface, as an asynchronous context manager.

    Args:
        faults: What goes wrong, in the language of :mod:`headgate.testing.faults`.
        seed: Same seed, same requests: same faults.
    """

    def __init__(self, *, faults: str | None = None, seed: int = 0) -> None:
        self.faults = FaultInjector(faults, seed=seed)
        """The faults; ``faults.injected`` counts how often each kind struck."""
        self.requests: Counter[str] = Counter()
        """How often each route was asked, faults included."""
        self.user_agents: set[str] = set()
        """Who asked."""
        self._runner: web.AppRunner | None = None
        self._url: str | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """Return the routes, each with a name."""

    @property
    def url(self) -> str:
        """Where the replica listens, without a closing slash."""
        if self._url is None:
            raise BugError("The replica was asked for its URL before it listened.", hint="Use: async with ...")
        return self._url

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests[route_name(request)] += 1
        self.user_agents.add(request.headers.get("User-Agent", ""))
        return await handler(request)

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(middlewares=[self._count, self.faults.middleware])
        app.router.add_routes(self.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runner = runner
        self._url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop, without waiting for requests that hang."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
