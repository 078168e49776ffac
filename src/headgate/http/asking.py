"""From a request to an answer: ``robots.txt``, the host's policies, and the redirects."""

from __future__ import annotations

from headgate.config.policies import HttpConfig
from headgate.http.attempt import Budget
from headgate.http.hosts import HostTable
from headgate.http.redirects import REDIRECTS, Hop, follow, too_many
from headgate.http.robots import RobotsGate
from headgate.http.sender import Sender
from headgate.http.transport import RawResponse
from headgate.http.url import origin
from headgate.http.verdict import Wanted


class Asker:
    """Asks a host, and those it redirects to; each hop is under the policies of its own host.

    Args:
        config: Whether ``robots.txt`` is obeyed, how many redirects are followed.
        hosts: The policies of each host.
        robots: The gate that every hop passes.
        sender: Sends one hop with its retries.
    """

    def __init__(self, config: HttpConfig, hosts: HostTable, robots: RobotsGate, sender: Sender) -> None:
        self._obeys_robots = config.respect_robots
        self._max_redirects = config.max_redirects
        self._hosts = hosts
        self._robots = robots
        self._sender = sender

    async def ask(
        self, hop: Hop, wanted: Wanted, budget: Budget, *, obey_robots: bool = True
    ) -> tuple[RawResponse, Hop]:
        """Return the answer, and the request that brought it.

        Args:
            hop: The first request.
            wanted: What the caller wants of the answer.
            budget: Time and attempts, for all hops together.
            obey_robots: False only for ``robots.txt`` itself.

        Raises:
            HeadgateError: There is no usable answer.
        """
        seen: list[str] | None = None
        while True:
            host = self._hosts.get(origin(hop.url))
            if obey_robots and self._obeys_robots and not self._robots.allows_already(hop.url, host):
                await self._robots.check(hop.url, host)
            raw = await self._sender.send(host, hop, wanted, budget)
            status = raw.status
            if status not in REDIRECTS:
                return raw, hop
            seen = [*(seen or ()), f"{hop.method} {hop.url}"]
            hop = follow(hop, status, raw.headers.get("Location"))
            if (error := too_many(hop, status, seen, self._max_redirects)) is not None:
                raise error
