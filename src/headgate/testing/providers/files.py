"""A replica of a site that publishes files: tables and feeds, each under its path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from aiohttp import web

from headgate.testing.providers.server import ProviderReplica

_TYPES = {".csv": "text/csv", ".json": "application/json"}


class FileReplica(ProviderReplica):
    """Serves the files it is given.

    Args:
        files: Contents by path, such as ``{"/eada/2023.csv": "unitid,..."}``; may be changed while it serves.
        faults: What goes wrong; the route is ``file``.
        seed: Same seed, same requests: same faults.
    """

    def __init__(self, files: Mapping[str, str], *, faults: str | None = None, seed: int = 0) -> None:
        super().__init__(faults=faults, seed=seed)
        self.files = dict(files)

    def routes(self) -> list[web.RouteDef]:
        """Return one route for all paths."""
        return [web.get("/{path:.*}", self._file, name="file")]

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.path)
        if content is None:
            return web.Response(status=404, text="no such file")
        content_type = _TYPES.get(PurePosixPath(request.path).suffix, "text/plain")
        return web.Response(text=content, content_type=content_type)
