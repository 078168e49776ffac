"""What a sink is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from headgate.events.cloud_event import CloudEvent


class Sink(ABC):
    """A place that events go to. A plug-in is a class, or a function, that is called with its name and settings.

    An event may come more than once, with the same id and the same bytes. Events of one source and partition come in
    order.
    """

    batch: int = 1
    """How many events :meth:`send` takes at a time."""
    concurrency: int = 1
    """How many calls of :meth:`send` may be under way at a time; they are about different partitions."""

    async def open(self) -> None:  # noqa: B027 - a sink may have nothing to open
        """Get ready. Called once before the first event of a session.

        Raises:
            SinkUnavailableError: It cannot be reached.
        """

    @abstractmethod
    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Take events, in their order; when this returns they are safe.

        Raises:
            EventRefusedError: It will never take this event. Of several, they are sent again one by one.
            SinkUnavailableError: It takes nothing now.
            SinkFailedError: It failed, as does any other exception.
        """

    async def close(self) -> None:  # noqa: B027 - a sink may have nothing to close
        """Let go of what :meth:`open` opened. Called once after the last event of a session."""
