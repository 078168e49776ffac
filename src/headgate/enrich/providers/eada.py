"""Equity in Athletics (EADA): what institutions report about their athletics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig
from headgate.enrich.providers.provider import FieldTypes, Figures, Provider, Wanted
from headgate.enrich.providers.tables import is_url, number, read_bytes, read_table
from headgate.errors import UnexpectedShapeError
from headgate.http import HttpClient, Transport
from headgate.metrics import ExtractionMetrics

_TOTALS = {
    "athletics_revenue": "GRND_TOTAL_REVENUE",
    "athletics_expenses": "GRND_TOTAL_EXPENSE",
    "athletes_men": "UNDUP_CT_PARTIC_MEN",
    "athletes_women": "UNDUP_CT_PARTIC_WOMEN",
}
_TYPES: FieldTypes = {
    "athletics_revenue": float, "athletics_expenses": float, "athletes_men": int, "athletes_women": int,
}  # fmt: skip
_PER_SPORT = {
    "athletics_revenue": "TOTAL_REV_MENWOMEN",
    "athletics_expenses": "TOTAL_EXP_MENWOMEN",
}
_YEAR = "YEAR"


class EADAProvider(Provider):
    """Gives revenue and expenses of athletics in dollars, and how many take part, from the published file.

    Reads the file of institutions (``GRND_TOTAL_REVENUE``, ...), one row each; or the file of sports
    (``total_rev_menwomen``, ...), whose rows are added up: revenue and expenses only, since a person in two sports
    would be counted twice. Of several years in one file the latest counts.

    Args:
        location: The file as CSV, or its URL.
        as_of: The year it is about; None takes it from a column ``year``, where there is one.
        transport: What carries requests, instead of the network.
        cache: What is kept of answers.
        metrics: Where requests are counted.
        clock: Where the time comes from.
    """

    name = "eada"
    fields = _TYPES

    def __init__(
        self,
        location: str | Path,
        *,
        as_of: str | None = None,
        transport: Transport | None = None,
        cache: CacheConfig | None = None,
        metrics: ExtractionMetrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._location = location
        self.as_of = as_of
        self._client = (
            HttpClient(transport=transport, cache=cache, metrics=metrics, clock=clock) if is_url(location) else None
        )

    async def figures(self, wanted: Sequence[Wanted]) -> Mapping[str, Figures]:
        """Return the figures of the institutions that are in the file.

        Raises:
            ConfigError: The file cannot be read.
            RetryLaterError: The URL cannot be fetched now.
            UnexpectedShapeError: It is another file.
        """
        where = str(self._location)
        rows = read_table(await read_bytes(self._location, self._client), where, {"UNITID"})
        if years := [year for row in rows if (year := number(row.get(_YEAR))) is not None]:
            latest = max(years)
            rows = [row for row in rows if number(row.get(_YEAR)) == latest]
            self.as_of = self.as_of or str(latest)
        ids = {one.institution_id for one in wanted}
        read = _reader(rows[0].keys(), where)
        return read([row for row in rows if row["UNITID"].strip() in ids])

    async def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            await self._client.close()


def _reader(columns: AbstractSet[str], where: str) -> Callable[[Sequence[Mapping[str, str]]], dict[str, Figures]]:
    if columns >= {_TOTALS["athletics_revenue"], _TOTALS["athletics_expenses"]}:
        return _institutions
    if columns >= {*_PER_SPORT.values()}:
        return _sports
    raise UnexpectedShapeError(
        f"{where} is neither EADA's file of institutions nor that of sports.",
        hint="Save InstLevel or Schools of the published archive as CSV.",
    )


def _institutions(rows: Sequence[Mapping[str, str]]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for row in rows:
        values = {field: number(row.get(column)) for field, column in _TOTALS.items()}
        found[row["UNITID"].strip()] = {field: value for field, value in values.items() if value is not None}
    return found


def _sports(rows: Sequence[Mapping[str, str]]) -> dict[str, Figures]:
    sums: dict[str, dict[str, int | float]] = defaultdict(dict)
    for row in rows:
        of_one = sums[row["UNITID"].strip()]
        for field, column in _PER_SPORT.items():
            if (value := number(row.get(column))) is not None:
                of_one[field] = of_one.get(field, 0) + value
    return {one: dict(values) for one, values in sums.items()}
