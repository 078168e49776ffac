"""The NCAA directory as a source."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel

from headgate.config.policies import CacheConfig, CircuitBreakerConfig, RateLimitConfig, RetryConfig
from headgate.errors import HeadgateError, UnexpectedShapeError
from headgate.extract.enrichable import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.extract.extractor import RobustExtractor
from headgate.extract.health_report import Database
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.quality.relationship import Condition, Operator, OrphanPolicy, Relationship
from headgate.quality.resemblance import Resemblance
from headgate.sources.ncaa.data import NCAAData
from headgate.sources.ncaa.detail import Values, parse_conference_page, parse_school_page
from headgate.sources.ncaa.endpoints import BASE_URL, Endpoints
from headgate.sources.ncaa.enums import Division
from headgate.sources.ncaa.listings import MEMBER_KEY, conferences_of, sport_codes
from headgate.sources.ncaa.models import (
    USABLE_URLS,
    Conference,
    ConferenceDetail,
    School,
    SchoolDetail,
    Sport,
)
from headgate.sources.ncaa.reader import DirectoryReader
from headgate.sources.ncaa.readings import Listing

SPORTS = EntitySpec("sports", Sport, ("code",))
CONFERENCES = EntitySpec("conferences", Conference, ("org_id",))
SCHOOLS = EntitySpec(
    "schools",
    School,
    ("org_id",),
    row_rules=(USABLE_URLS,),
    # campuses of one university share its site; they are two members all the same, so nothing is merged
    resembles=Resemblance(name="name", evidence={"website": 0.6, "state": 0.2}),
    enrichable=Enrichable("name", "website", "state", "private", address_from="school_details"),
)
CONFERENCE_DETAILS = EntitySpec("conference_details", ConferenceDetail, ("org_id",), row_rules=(USABLE_URLS,))
SCHOOL_DETAILS = EntitySpec(
    "school_details",
    SchoolDetail,
    ("org_id",),
    row_rules=(USABLE_URLS,),
    # the figures stand beside the school; its page adds the address
    enrichable=Enrichable(
        "name", "website", "state", "private", address="address_html", figures=False, decided_with=SCHOOLS.name
    ),
)

RELATIONSHIPS = (
    Relationship("conference", SCHOOLS.name, ("conference_id",), CONFERENCES.name, ("org_id",), OrphanPolicy.LATE),
    # an independent refers to the conference 0
    Relationship(
        "division_one_conference",
        SCHOOLS.name,
        ("conference_id",),
        CONFERENCES.name,
        ("org_id",),
        OrphanPolicy.QUARANTINE,
        required=True,
        when=(Condition("division", Operator.EQUALS, Division.I),),
    ),
)
"""A school's conference is one of the conferences, and a Division I school has one unless it is independent."""

_PARTITIONS = {division: f"division={division}" for division in Division}
_INDEPENDENT = 0
_PAGES_PER_BATCH = 50
_FAILURES_NAMED = 3


class _Part(NamedTuple):
    """One part of the directory on its way into :class:`NCAAData`."""

    listing: Listing | HeadgateError
    rows: Sequence[Any]
    model: type[BaseModel]
    what: str


class RobustNCAExtractor(RobustExtractor, ExtractorPlugin):
    """Schools, conferences and sports of the NCAA directory; on request also what their pages say.

    Args:
        db_manager: The database whose health is reported; everything before ``base_url`` as for
            :class:`~headgate.extract.extractor.RobustExtractor`.
        circuit_config: When a host is left alone.
        cache_config: How long answers are kept.
        rate_limit_config: How fast the directory is asked.
        retry_config: How often and when it is asked again.
        redis_client: A client of ``redis.asyncio`` for the second level of the cache.
        base_url: Scheme and host of the directory; ``None`` is the real one.
        details: Also read the page of each school and conference.
        **options: Further options of :class:`~headgate.extract.extractor.RobustExtractor`.

    Raises:
        InvalidURLError: The base URL is not an HTTP address.
    """

    name: ClassVar[str] = "ncaa"
    relationships = RELATIONSHIPS

    def __init__(  # noqa: PLR0917 - the order of RobustExtractor
        self,
        db_manager: Database | None = None,
        circuit_config: CircuitBreakerConfig | None = None,
        cache_config: CacheConfig | None = None,
        rate_limit_config: RateLimitConfig | None = None,
        retry_config: RetryConfig | None = None,
        redis_client: Any = None,
        *,
        base_url: str | None = BASE_URL,
        details: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            db_manager, circuit_config, cache_config, rate_limit_config, retry_config, redis_client, **options
        )
        endpoints = Endpoints(BASE_URL if base_url is None else base_url)
        self.base_url = endpoints.base_url
        """Where the directory is, without a closing slash."""
        self._reader = DirectoryReader(self, endpoints)
        self._details = details
        self.warnings: list[str] = []
        """What could not be proven or read in this run, in sentences."""

    @property
    def entities(self) -> Sequence[EntitySpec]:
        """The entities, parents before children; those of the pages only if they are read."""
        pages = (CONFERENCE_DETAILS, SCHOOL_DETAILS) if self._details else ()
        return (SPORTS, CONFERENCES, SCHOOLS, *pages)

    async def records(self) -> AsyncIterator[Records]:
        """Yield all rows; schools and their pages by division, such as ``division=II``.

        A listing is complete only if all three divisions are proven: a school that moved between two divisions and is
        missing from the new one must not be taken for deleted from the old one. A directory that lists nobody, or no
        sport, in all its answers is handed on as that, for the guard to hold.

        What an interrupted run has read is not asked for again: the listings, which have to be of one time, all or
        none of them, then the pages of each division.

        Raises:
            HeadgateError: A listing could not be read. A page that cannot be read is a warning.
        """
        listed: dict[tuple[str, str], Records] = {}
        async for batch in self._listing_batches():
            listed[batch.entity, batch.partition] = batch
            yield batch
        if self._details:
            async for batch in self._pages(listed):
                yield batch

    async def _listing_batches(self) -> AsyncIterator[Records]:
        """Yield the rows of the listings, one batch for each part."""
        parts = [(SPORTS.name, ""), (CONFERENCES.name, ""), *((SCHOOLS.name, name) for name in _PARTITIONS.values())]
        pages = [(CONFERENCE_DETAILS.name, ""), *((SCHOOL_DETAILS.name, name) for name in _PARTITIONS.values())]
        batches: dict[tuple[str, str], Records] = {}
        if not all(self.progress.is_read(*part) for part in parts):
            for part in (*parts, *pages):
                await self.progress.forget(*part)
            batches = {(batch.entity, batch.partition): batch for batch in await self._ask_for_listings()}
        proven = all(batch.complete and batch.rows for batch in batches.values())
        for part in parts:
            read = _each([batches[part]] if part in batches else [])
            async for batch in self.progress.resumable(*part, read, keep_if=lambda: proven):
                yield batch

    async def _ask_for_listings(self) -> list[Records]:
        members, sports = await self._listings()
        if isinstance(sports, HeadgateError):
            raise sports
        divisions = {division: _unless_error(listing) for division, listing in members.items()}
        deserted = not any(listing.rows for listing in divisions.values())
        complete = deserted or all(listing.complete for listing in divisions.values())
        conferences = conferences_of([row for listing in divisions.values() for row in listing.rows])
        return [
            Records(SPORTS.name, sports.rows, complete=sports.complete or not sports.rows),
            Records(CONFERENCES.name, conferences, complete=complete),
            *(
                Records(SCHOOLS.name, listing.rows, _PARTITIONS[division], complete=complete)
                for division, listing in divisions.items()
            ),
        ]

    async def extract_all_data_concurrent(self) -> NCAAData:
        """Return the directory as models, by division: ``d1_schools``, ``d1_conferences`` ... and ``sports``.

        Repeated rows count once. A part that fails neither shifts nor hides another: see :class:`NCAAData`.
        """
        members, sports = await self._listings()
        conferences = conferences_of([row for listing in members.values() for row in _rows(listing)])
        parts: dict[str, _Part] = {}
        for number, (division, listing) in enumerate(members.items(), start=1):
            what = f"division {division}"
            its_conferences = [row for row in conferences if division in row["divisions"]]
            parts[f"d{number}_schools"] = _Part(listing, _rows(listing), School, what)
            parts[f"d{number}_conferences"] = _Part(listing, its_conferences, Conference, what)
        parts["sports"] = _Part(sports, _rows(sports), Sport, "the sports")
        data = NCAAData()
        for name, part in parts.items():
            self._add(data, name, part)
        return data

    async def _listings(self) -> tuple[dict[Division, Listing | HeadgateError], Listing | HeadgateError]:
        """Read all listings at the same time and note what is doubtful."""
        self.warnings.clear()
        _ = self.client  # not open: one clear error, not one for each part
        reads: list[Callable[[], Awaitable[Any]]] = [self._reader.members, self._reader.sports]
        members, sports = (result.unwrap() for result in await self.concurrent_extract(reads))
        listings = [*members.values(), sports]
        self.warnings += [one.doubt for one in listings if isinstance(one, Listing) and one.doubt]
        return members, sports

    def _add(self, data: NCAAData, name: str, part: _Part) -> None:
        """Add a part of the directory, or the reason why it is not there."""
        if isinstance(part.listing, HeadgateError):
            data.errors[name] = part.listing
        elif not part.rows:
            data.errors[name] = UnexpectedShapeError(
                f"The listing of {part.what} has no rows.", hint="Ask again later; an empty directory is not believed."
            )
        else:
            valid, data.invalid[name] = self.validate_and_process_batch(part.rows, part.model)
            if not valid:
                data.errors[name] = UnexpectedShapeError(
                    f"None of the {len(part.rows)} rows of {part.what} is valid.",
                    hint=f"The reasons are in data.invalid['{name}'].",
                )
                return
            data[name] = list(_distinct(valid))
            if part.listing.complete:
                data.complete.add(name)

    async def _pages(self, listed: Mapping[tuple[str, str], Records]) -> AsyncIterator[Records]:
        """Yield what the pages say. They are complete only if every page of every school could be read."""
        conferences = listed[CONFERENCES.name, ""]
        codes = sport_codes(listed[SPORTS.name, ""].rows)
        org_ids = [row["conferenceId"] for row in conferences.rows if row["conferenceId"] != _INDEPENDENT]
        wanted = {"": org_ids}
        async for batch in self._pages_by_part(
            CONFERENCE_DETAILS, wanted, parse_conference_page, complete=conferences.complete
        ):
            yield batch
        schools = {name: listed[SCHOOLS.name, name] for name in _PARTITIONS.values()}
        wanted = {name: _org_ids(batch.rows) for name, batch in schools.items()}
        parse = partial(parse_school_page, sport_codes=codes)
        complete = all(batch.complete for batch in schools.values())
        async for batch in self._pages_by_part(SCHOOL_DETAILS, wanted, parse, complete=complete):
            yield batch

    async def _pages_by_part(
        self,
        entity: EntitySpec,
        wanted: Mapping[str, Sequence[int]],
        parse: Callable[..., Values],
        *,
        complete: bool,
    ) -> AsyncIterator[Records]:
        """Yield the pages of some ids, by partition, and at the end whether they are all."""
        failed: dict[int, HeadgateError] = {}
        for partition, org_ids in wanted.items():
            here: dict[int, HeadgateError] = {}
            read = self._pages_of(entity, org_ids, partition, parse, here)
            async for batch in self.progress.resumable(
                entity.name, partition, read, keep_if=partial(operator.not_, here)
            ):
                yield batch
            failed |= here
        self._warn_of(entity, failed, sum(map(len, wanted.values())))
        for partition in wanted:
            yield Records(entity.name, [], partition, complete=complete and not failed)

    async def _pages_of(
        self,
        entity: EntitySpec,
        org_ids: Sequence[int],
        partition: str,
        parse: Callable[..., Values],
        failed: dict[int, HeadgateError],
    ) -> AsyncIterator[Records]:
        """Yield the pages of some ids in batches, and note the ones that failed."""
        for start in range(0, len(org_ids), _PAGES_PER_BATCH):
            values, failures = await self._reader.pages(org_ids[start : start + _PAGES_PER_BATCH], parse)
            failed |= failures
            yield Records(entity.name, values, partition)

    def _warn_of(self, entity: EntitySpec, failed: Mapping[int, HeadgateError], pages: int) -> None:
        if not failed:
            return
        named = "; ".join(f"id {org_id}: {error.message}" for org_id, error in list(failed.items())[:_FAILURES_NAMED])
        self.warnings.append(
            f"{len(failed)} of {pages} pages of {entity.name} could not be read, so none of them is taken for deleted. "
            f"{named}"
        )


def _rows(listing: Listing | HeadgateError) -> Sequence[Any]:
    return () if isinstance(listing, HeadgateError) else listing.rows


async def _each(batches: Iterable[Records]) -> AsyncIterator[Records]:
    for batch in batches:
        yield batch


def _unless_error(listing: Listing | HeadgateError) -> Listing:
    if isinstance(listing, HeadgateError):
        raise listing
    return listing


def _org_ids(rows: Iterable[Any]) -> list[int]:
    """Return the usable ids of some members, each once, in order."""
    ids = (row.get(MEMBER_KEY) for row in rows if isinstance(row, Mapping))
    return list(dict.fromkeys(one for one in ids if isinstance(one, int) and not isinstance(one, bool)))


def _distinct(models: Iterable[BaseModel]) -> Iterator[BaseModel]:
    """Yield each model once, by what its entity is told apart by."""
    seen: set[Any] = set()
    for model in models:
        key = model.code if isinstance(model, Sport) else getattr(model, "org_id", None)
        if key not in seen:
            seen.add(key)
            yield model
