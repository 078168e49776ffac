"""Rankings: public JSON feeds, one list of ranks each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import orjson

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig
from headgate.enrich.matching.names import name_of
from headgate.enrich.providers.provider import Figures, Provider, Wanted
from headgate.enrich.providers.tables import is_url, number, read_bytes
from headgate.errors import UnexpectedShapeError
from headgate.http import HttpClient, Transport
from headgate.metrics import ExtractionMetrics

_IDS = ("unitid", "ipeds_id", "institution_id", "id")
_NAMES = ("school", "name", "institution", "team")
_RANKS = ("rank", "ranking", "position")
_VOTES = re.compile(r"\s*\(\d+\)\s*$")
_DEEPEST = 4


class RankingsProvider(Provider):
    """Gives the rank of each institution in a list.

    The list is the first list of objects in the feed. An object has a rank, and an id of IPEDS or a name; names of
    columns are read in any case. A name counts if ``names`` says whose it is, or if it is the whole name of exactly one
    of the schools asked for: a short name that two schools could have is never guessed at. ``T-5`` is rank 5.

    Args:
        location: URL of the feed, or a file.
        field: The name of the field, such as ``"rank_ap_football"``.
        names: Institution ids by the names the feed uses.
        transport: What carries requests, instead of the network.
        cache: What is kept of answers.
        metrics: Where requests are counted.
        clock: Where the time comes from.
    """

    name = "rankings"
    confidence: ClassVar[float] = 0.9

    def __init__(
        self,
        location: str | Path,
        *,
        field: str = "rank",
        names: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        cache: CacheConfig | None = None,
        metrics: ExtractionMetrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._location = location
        self._field = field
        self.fields = {field: int}
        self._names = {name_of(name).squashed: institution_id for name, institution_id in (names or {}).items()}
        self._client = (
            HttpClient(transport=transport, cache=cache, metrics=metrics, clock=clock) if is_url(location) else None
        )

    async def figures(self, wanted: Sequence[Wanted]) -> Mapping[str, Figures]:
        """Return the ranks of the institutions that are in the list.

        Raises:
            ConfigError: The file cannot be read.
            RetryLaterError: The feed cannot be fetched now.
            UnexpectedShapeError: It is no list of ranks.
        """
        content = await read_bytes(self._location, self._client)
        try:
            feed = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise self._no_ranking("it is no JSON") from None
        rows = _rows(feed)
        if not rows:
            raise self._no_ranking("it holds no list of objects")
        if isinstance(feed, Mapping) and isinstance(updated := feed.get("updated"), str):
            self.as_of = updated
        ranks = [(row, rank) for row in rows if (rank := _rank(row)) is not None]
        if not ranks:
            raise self._no_ranking("no object of its list has a rank")
        return {one: {self._field: rank} for one, rank in _assigned(ranks, wanted, self._names).items()}

    def _no_ranking(self, why: str) -> UnexpectedShapeError:
        return UnexpectedShapeError(
            f"{self._location} is no ranking: {why}.", hint="Name a feed with one list of objects, each with a rank."
        )

    async def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            await self._client.close()


def _rows(feed: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Return the first list of objects, with names of columns in small letters."""
    if isinstance(feed, list) and feed and all(isinstance(row, Mapping) for row in feed):
        return [{str(name).lower(): value for name, value in row.items()} for row in feed]
    if isinstance(feed, Mapping) and depth < _DEEPEST:
        for value in feed.values():
            if found := _rows(value, depth + 1):
                return found
    return []


def _rank(row: Mapping[str, Any]) -> int | None:
    value = _first(row, _RANKS)
    found = number(str(value).lstrip("T-").lstrip("#")) if value is not None else None
    return int(found) if found is not None and found >= 1 else None


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _assigned(
    ranks: Sequence[tuple[Mapping[str, Any], int]], wanted: Sequence[Wanted], names: Mapping[str, str]
) -> dict[str, int]:
    ids = {one.institution_id for one in wanted}
    by_name: dict[str, set[str]] = defaultdict(set)
    for one in wanted:
        by_name[name_of(one.name).squashed].add(one.institution_id)
    by_name |= {name: {institution_id} & ids for name, institution_id in names.items()}
    found: dict[str, int] = {}
    for row, rank in ranks:
        given = _first(row, _IDS)
        if given is not None:
            if str(given) in ids:
                found[str(given)] = rank
            continue
        name = _VOTES.sub("", str(_first(row, _NAMES) or ""))
        named = by_name.get(name_of(name).squashed, set()) if name else set()
        if len(named) == 1:
            found[next(iter(named))] = rank
    return found
