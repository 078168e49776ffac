"""The College Scorecard of the US Department of Education."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig
from headgate.enrich.providers.provider import FieldTypes, Figures, Provider, Wanted
from headgate.enrich.providers.tables import number
from headgate.errors import ConfigError, UnexpectedShapeError
from headgate.http import HttpClient, Transport
from headgate.metrics import ExtractionMetrics

BASE_URL = "https://api.data.gov/ed/collegescorecard/v1"
KEY_VARIABLE = "COLLEGE_SCORECARD_API_KEY"

_PAGE = 100
_FIELDS = {
    "enrolment": "latest.student.size",
    "tuition_in_state": "latest.cost.tuition.in_state",
    "tuition_out_of_state": "latest.cost.tuition.out_of_state",
    "cost_of_attendance": "latest.cost.attendance.academic_year",
    "net_price": "latest.cost.avg_net_price.overall",
    "admission_rate": "latest.admissions.admission_rate.overall",
    "completion_rate": "latest.completion.completion_rate_4yr_150nt",
    "median_earnings": "latest.earnings.10_yrs_after_entry.median",
}
_TYPES: FieldTypes = {field: int if field == "enrolment" else float for field in _FIELDS}


class ScorecardProvider(Provider):
    """Gives enrolment, tuition, cost, admission, completion and earnings; needs a key, which is free.

    Asks for a hundred institutions at a time, with the key in a header, so that it is in no log and no cache key. Money
    is in dollars a year, rates are shares of 1; earnings are the median ten years after entry.

    Args:
        api_key: The key; None reads it from the environment variable ``COLLEGE_SCORECARD_API_KEY``.
        base_url: Where the API is.
        transport: What carries requests, instead of the network.
        cache: What is kept of answers.
        metrics: Where requests are counted.
        clock: Where the time comes from.

    Raises:
        ConfigError: There is no key.
    """

    name = "scorecard"
    fields = _TYPES
    as_of = "latest"

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str = BASE_URL,
        transport: Transport | None = None,
        cache: CacheConfig | None = None,
        metrics: ExtractionMetrics | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        key = api_key or os.environ.get(KEY_VARIABLE, "")
        if not key.strip():
            raise ConfigError(
                "The College Scorecard needs an API key.",
                hint=f"Get one at https://api.data.gov/signup and set {KEY_VARIABLE}.",
            )
        self._key = key.strip()
        self._base_url = base_url.rstrip("/")
        self._client = HttpClient(
            http=HttpConfig(respect_robots=False),
            # a key may ask 1,000 times an hour; all members of the directory are ten requests
            rate_limit=RateLimitConfig(requests_per_second=1, burst_size=10, concurrent_limit=2),
            cache=cache,
            transport=transport,
            metrics=metrics,
            clock=clock,
        )

    async def figures(self, wanted: Sequence[Wanted]) -> Mapping[str, Figures]:
        """Return the figures of the institutions that the Scorecard knows.

        Raises:
            RequestRejectedError: The key is not accepted.
            RetryLaterError: The API does not answer.
            UnexpectedShapeError: It answers something else than its documentation says.
        """
        ids = sorted({one.institution_id for one in wanted if one.institution_id.isdecimal()}, key=int)
        found: dict[str, Figures] = {}
        for start in range(0, len(ids), _PAGE):
            found |= await self._some(ids[start : start + _PAGE])
        return found

    async def _some(self, ids: Sequence[str]) -> dict[str, Figures]:
        """Ask for up to a hundred institutions; turn the pages, for an API that gives fewer per page than asked."""
        found: dict[str, Figures] = {}
        page, seen, total = 0, 0, 1
        while seen < total:
            rows, total = await self._page(ids, page)
            if total > len(ids):
                raise _unexpected(f"it has {total} institutions where {len(ids)} were asked for")
            if not rows and seen < total:
                raise _unexpected(f"page {page} is empty, and {total - seen} of {total} institutions are missing")
            found.update(_read(row) for row in rows)
            seen += len(rows)
            page += 1
        return found

    async def _page(self, ids: Sequence[str], page: int) -> tuple[list[Any], int]:
        response = await self._client.request(
            f"{self._base_url}/schools",
            params={
                "id": ",".join(ids),
                "fields": ",".join(["id", *_FIELDS.values()]),
                "per_page": _PAGE,
                "page": page,
            },
            headers={"X-Api-Key": self._key},
            expect="json",
        )
        try:
            answer = response.json()
            rows, total = answer["results"], int(answer["metadata"]["total"])
        except (KeyError, TypeError, ValueError):
            raise _unexpected("it has no 'results' with their 'total'") from None
        if not isinstance(rows, list):
            raise _unexpected("its 'results' are no list")
        return rows, total

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()


def _read(row: Any) -> tuple[str, Figures]:
    try:
        values = {field: number(row.get(name)) for field, name in _FIELDS.items()}
        return str(int(row["id"])), {field: value for field, value in values.items() if value is not None}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _unexpected("a row has no id") from None


def _unexpected(why: str) -> UnexpectedShapeError:
    return UnexpectedShapeError(
        f"The College Scorecard gave an answer that is not what it promises: {why}.",
        hint="Try again later; if it stays so, the interface has changed.",
    )
