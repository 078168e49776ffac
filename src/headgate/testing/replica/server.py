"""The replica as a server: for tests inside one event loop, for people as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Self

from aiohttp import web

from headgate.errors import BugError, ConfigError
from headgate.testing.faults import FaultInjector, FaultPlan
from headgate.testing.replica.app import ReplicaApp
from headgate.testing.replica.directory import Directory, load_directory
from headgate.testing.replica.evolve import directory_in
from headgate.testing.replica.fictional import invent_directory

_SHUTDOWN_SECONDS = 0.1
_ROUTES = frozenset({"memberList", "sportList", "orgDetail", "robots", "*"})


class NCAAReplica:
    """A replica of the NCAA directory on the loopback interface, as an asynchronous context manager.

    Args:
        port: The port; 0 takes a free one.
        data_dir: A folder with a recorded directory; ``None`` invents the schools.
        schools: How many schools are invented.
        year: The year to serve, from 2022 on; ``None`` is the first one.
        faults: What goes wrong, in the language of :mod:`headgate.testing.faults`.
        seed: Same seed: same schools, same changes, same faults.
        host: A loopback address.

    Raises:
        ConfigError: The data, the year, the faults, the host or the port cannot be used.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data_dir: Path | str | None = None,
        schools: int = 1100,
        year: int | None = None,
        faults: str | None = None,
        seed: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        _require_loopback(host)
        self._host = host
        self._port = port
        self._base = (
            invent_directory(schools, seed=seed) if data_dir is None else load_directory(Path(data_dir), seed=seed)
        )
        self.directory: Directory = directory_in(self._base.year if year is None else year, self._base)
        """What is served now."""
        _require_routes(faults)
        self.faults = FaultInjector(faults, seed=seed)
        """The faults; ``faults.injected`` counts how often each kind struck."""
        self._app = ReplicaApp(lambda: self.directory, self.faults)
        self._runner: web.AppRunner | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Where the replica listens, without a closing slash."""
        if self._url is None:
            raise BugError(
                "The replica was asked for its URL before it listened.", hint="Use: async with NCAAReplica()"
            )
        return self._url

    @property
    def requests(self) -> Counter[str]:
        """How often each route was asked, faults included: memberList, sportList, orgDetail, robots."""
        return self._app.requests

    @property
    def year(self) -> int:
        """The year that is served."""
        return self.directory.year

    def set_year(self, year: int) -> None:
        """Serve another year from the next request on."""
        self.directory = directory_in(year, self._base)

    def set_faults(self, faults: str | None) -> None:
        """Let other things go wrong from the next request on; ``None`` stops all faults."""
        _require_routes(faults)
        self.faults.reset(faults or "")

    def reset_faults(self) -> None:
        """Begin the sequence of faults again, as if no request had come yet."""
        self.faults.reset()

    async def __aenter__(self) -> Self:
        """Listen."""
        runner = web.AppRunner(self._app.build(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            raise ConfigError(
                f"The replica cannot listen on {self._host}, port {self._port}: {str(error).rstrip('.')}.",
                hint="Choose another port, or 0 for a free one.",
            ) from None
        self._runner = runner
        port = runner.addresses[0][1]
        self._url = f"http://[{self._host}]:{port}" if ":" in self._host else f"http://{self._host}:{port}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop, without waiting for requests that hang."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _require_routes(faults: str | None) -> None:
    unknown = sorted(set(FaultPlan.parse(faults).by_route) - _ROUTES)
    if unknown:
        raise ConfigError(
            f"The replica has no route '{unknown[0]}', so nothing can go wrong there.",
            hint=f"Its routes are: {', '.join(sorted(_ROUTES))}.",
        )


def _require_loopback(host: str) -> None:
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    raise ConfigError(
        f"The replica does not listen on '{host}': it is for this machine only.",
        hint="Use a loopback address such as 127.0.0.1.",
    )


def serve(replica: NCAAReplica, announce: Callable[[str], None] | None = None) -> None:
    """Serve a replica until SIGINT or SIGTERM comes.

    Args:
        replica: The replica, not yet started.
        announce: Called with the URL once the replica listens; ``None`` writes it to standard output, on one line.

    Raises:
        ConfigError: The replica cannot listen on its host and port.
    """
    asyncio.run(_serve_until_stopped(replica, announce or _print_url))


def _print_url(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


async def _serve_until_stopped(replica: NCAAReplica, announce: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stop_signal in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stop_signal, stopped.set)
    async with replica:
        announce(replica.url)
        await stopped.wait()
