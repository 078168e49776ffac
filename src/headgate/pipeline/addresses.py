"""Addresses that the rows of one entity have, remembered for those of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headgate.clock import Clock
from headgate.enrich import Known, KnownFigures

_FIELD = "address_html"


class Addresses:
    """What the rows of an entity said last about where schools are.

    Args:
        known: Keeps it.
        topic: Tells the entity from all others.
        clock: Gives the time that an address is stamped with.
    """

    def __init__(self, known: KnownFigures, topic: str, clock: Clock) -> None:
        self._known = known
        self._topic = topic
        self._clock = clock

    async def remember(self, said: Mapping[str, str | None]) -> None:
        """Keep addresses by the ids of schools; one that is None is forgotten."""
        now = self._clock.time()
        figures = {key: {} if address is None else {_FIELD: address} for key, address in said.items()}
        await self._known.remember(self._topic, {key: Known(what, now, None) for key, what in figures.items()})

    async def recall(self, keys: Iterable[str]) -> dict[str, tuple[str, float]]:
        """Return addresses by the ids of schools, each with when it was read: seconds since the Unix epoch."""
        found = await self._known.recall(self._topic, list(keys))
        return {
            key: (str(what.figures[_FIELD]), what.fetched_at) for key, what in found.items() if _FIELD in what.figures
        }
