"""Standard output, for a pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from headgate.config.events import SinkConfig
from headgate.errors import SinkUnavailableError
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks.sink import Sink


class StandardOutputSink(Sink):
    """Prints each event as a line of JSON.

    Args:
        _name: Its name.
        _config: Its settings; it needs none.
    """

    batch = 1000

    def __init__(self, _name: str, _config: SinkConfig) -> None:
        self._out = sys.stdout.buffer

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Print events; whoever reads too slowly makes delivery wait."""
        try:
            await asyncio.to_thread(self._print, b"".join(event.to_json() + b"\n" for event in events))
        except OSError as error:
            raise SinkUnavailableError("Nobody reads standard output any more.") from error

    def _print(self, lines: bytes) -> None:
        self._out.write(lines)
        self._out.flush()
