"""What providers said last, kept in the store: the words of enrichment and those of the store, introduced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from headgate.enrich import Known
from headgate.store import Remembered, Store, memory


class StoredFigures:
    """Keeps what providers and geocoders said from run to run.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._context = store.context

    async def recall(self, provider: str, institution_ids: Sequence[str]) -> Mapping[str, Known]:
        """Return what a provider said last about institutions."""
        found = await memory.recall(self._context, provider, institution_ids)
        return {
            one: Known(said.value["figures"], said.at.timestamp(), said.value["as_of"]) for one, said in found.items()
        }

    async def remember(self, provider: str, known: Mapping[str, Known]) -> None:
        """Keep what a provider said."""
        said = {
            one: Remembered(
                {"figures": dict(what.figures), "as_of": what.as_of}, datetime.fromtimestamp(what.fetched_at, UTC)
            )
            for one, what in known.items()
        }
        await memory.remember(self._context, provider, said)
