"""What providers said last: used when they do not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from headgate.enrich.providers.provider import Figures


class Known(NamedTuple):
    """What a provider said about an institution, and when.

    Attributes:
        figures: The values by field.
        fetched_at: Seconds since the Unix epoch.
        as_of: What time they are about, in words.
    """

    figures: Figures
    fetched_at: float
    as_of: str | None


class KnownFigures(Protocol):
    """Keeps what providers said, from run to run. Bring your own by writing two methods."""

    async def recall(self, provider: str, institution_ids: Sequence[str]) -> Mapping[str, Known]:
        """Return what a provider said last about institutions."""
        ...

    async def remember(self, provider: str, known: Mapping[str, Known]) -> None:
        """Keep what a provider said; institutions that are not mentioned keep what they have."""
        ...


class MemoryKnownFigures:
    """Keeps it in memory: for one process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}

    async def recall(self, provider: str, institution_ids: Sequence[str]) -> Mapping[str, Known]:
        """Return what a provider said last about institutions."""
        keys = [(provider, one) for one in institution_ids]
        return {key[1]: self._known[key] for key in keys if key in self._known}

    async def remember(self, provider: str, known: Mapping[str, Known]) -> None:
        """Keep what a provider said."""
        self._known.update({(provider, one): what for one, what in known.items()})
