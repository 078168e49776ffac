"""Enrichment: schools matched, their figures fetched, conflicts resolved, addresses located."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.enrich.address import AddressParser
from headgate.enrich.enriched import Enriched, EnrichedValue
from headgate.enrich.geocoding import Geocoder, OfflineGeocoder, geocode
from headgate.enrich.known_figures import Known, KnownFigures, MemoryKnownFigures
from headgate.enrich.location import Location
from headgate.enrich.matching import Match, Matcher
from headgate.enrich.providers.provider import Provider, Wanted
from headgate.errors import BugError, ConfigError, HeadgateError

S = TypeVar("S")


class _Answer(NamedTuple):
    """What one provider gave."""

    provider: Provider
    known: Mapping[str, Known]
    stale: bool


class DataEnricher:
    """Adds figures of public sources to schools, each with where it comes from, when, and how sure the match is.

    A provider that is down never fails a run: what it said last is used, marked stale, and the failure is in
    ``warnings``.

    Args:
        institutions: Rows of the institutions file: what schools are matched with.
        providers: The providers; the first one that has a field gives its value.
        order: Names of providers by field, where another order than that of ``providers`` is wanted. Providers that it
            leaves out come after it.
        decisions: What people decided about matches: institution ids by member id.
        geocoder: Who locates addresses; None takes the middle of the ZIP code, without a network.
        known: What providers said last; None keeps it in memory.
        clock: Where the time comes from.

    Raises:
        ConfigError: Two providers have one name, or ``order`` names one that is not there.
        UnexpectedShapeError: A row of the institutions has no id.
    """

    def __init__(
        self,
        institutions: Iterable[Mapping[str, Any]],
        providers: Sequence[Provider],
        *,
        order: Mapping[str, Sequence[str]] | None = None,
        decisions: Mapping[str, str | None] | None = None,
        geocoder: Geocoder | None = None,
        known: KnownFigures | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._matcher = Matcher(institutions)
        self._providers = list(providers)
        self._order = {field: list(names) for field, names in (order or {}).items()}
        _check_names([provider.name for provider in providers], self._order)
        self._decisions = dict(decisions or {})
        self._geocoder = geocoder
        self._known = known or MemoryKnownFigures()
        self._clock = clock
        self.warnings: list[str] = []
        """What went wrong since the enricher was made."""

    async def enrich_school_data(self, school: S) -> Enriched[S]:
        """Return one school with what is found out about it.

        Whole batches are matched better: of two schools that claim one institution only a batch knows.
        """
        return (await self.enrich_schools([school]))[0]

    async def enrich_schools(self, schools: Sequence[S]) -> list[Enriched[S]]:
        """Return schools with what is found out about them, in their order.

        Args:
            schools: Raw rows of the member list, rows of the database, or models of either.

        Raises:
            UnexpectedShapeError: A school has no id.
        """
        members = [_member_of(school) for school in schools]
        matches = self._matcher.match(members, decisions=self._decisions)
        wanted = [
            Wanted(match.institution_id, str(member["nameOfficial"]), member["memberOrgAddress"]["state"])
            for member, match in zip(members, matches, strict=True)
            if match.institution_id is not None
        ]
        answers = await asyncio.gather(*[self._ask(provider, wanted) for provider in self._providers])
        locations = await self._locate(schools)
        return [
            Enriched(school, match, self._values(match, answers), location)
            for school, match, location in zip(schools, matches, locations, strict=True)
        ]

    async def _ask(self, provider: Provider, wanted: Sequence[Wanted]) -> _Answer:
        if not wanted:
            return _Answer(provider, {}, stale=False)
        try:
            figures = await provider.figures(wanted)
        except BugError:
            raise
        except Exception as error:  # noqa: BLE001 - a provider, also somebody else's, never fails a run
            ids = [one.institution_id for one in wanted]
            kept = await self._known.recall(provider.name, ids)
            why = error.message if isinstance(error, HeadgateError) else f"{type(error).__name__}: {error}"
            self.warnings.append(f"{provider.name}: {why} Last known figures are used for {len(kept)} institutions.")
            return _Answer(provider, kept, stale=True)
        now = self._clock.time()
        fresh = {one: Known(found, now, provider.as_of) for one, found in figures.items()}
        # what a provider no longer knows is forgotten: it must not come back as stale
        forgotten = {one.institution_id: Known({}, now, None) for one in wanted if one.institution_id not in fresh}
        await self._known.remember(provider.name, {**fresh, **forgotten})
        return _Answer(provider, fresh, stale=False)

    def _values(self, match: Match, answers: Sequence[_Answer]) -> dict[str, EnrichedValue]:
        found: dict[str, list[EnrichedValue]] = {}
        for provider, known, stale in answers:
            said = known.get(match.institution_id or "")
            if said is None:
                continue
            confidence = round(match.score * provider.confidence, 4)
            for field, value in said.figures.items():
                one = EnrichedValue(value, provider.name, said.fetched_at, confidence, said.as_of, stale)
                found.setdefault(field, []).append(one)
        return {field: resolve(values, self._order.get(field, ())) for field, values in found.items()}

    async def _locate(self, schools: Sequence[object]) -> list[Location | None]:
        found: list[Location | None] = [None] * len(schools)
        addresses = {position: text for position, one in enumerate(schools) if (text := _get(one, "address_html"))}
        if not addresses:
            return found
        parsed = [AddressParser.parse(text) for text in addresses.values()]
        try:
            parsed = await geocode(parsed, self._geocoder or OfflineGeocoder())
        except BugError:
            raise
        except HeadgateError as error:
            self.warnings.append(f"geocoding: {error.message} The addresses have no points.")
        for position, location in zip(addresses, parsed, strict=True):
            found[position] = location
        return found


def resolve(values: Sequence[EnrichedValue], order: Sequence[str]) -> EnrichedValue:
    """Return the value of the first source in a declared order, with the others in it.

    The order alone decides, not which value is fresh: a value that changes whenever a provider is down would be a
    change that nobody made.

    Args:
        values: Values of one field, in the order of the providers; at least one.
        order: Names of sources; those it leaves out come after it, as they are.
    """
    places = {name: place for place, name in enumerate(order)}
    first, *others = sorted(values, key=lambda one: places.get(one.source, len(places)))
    return EnrichedValue(
        first.value, first.source, first.fetched_at, first.confidence, first.as_of, first.stale, tuple(others)
    )


def _check_names(names: Sequence[str], order: Mapping[str, Sequence[str]]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ConfigError(
            f"Two providers are called '{min(twice)}'.", hint="Give one of them another name: provider.name = '...'."
        )
    unknown = {name for listed in order.values() for name in listed} - set(names)
    if unknown:
        raise ConfigError(
            f"The order names the provider '{min(unknown)}', which is not there.",
            hint=f"The providers are: {', '.join(names) or 'none'}.",
        )


def _member_of(school: object) -> dict[str, Any]:
    """Return a school as a raw row of the member list, whatever form it has."""
    state = _get(school, "memberOrgAddress", "state")
    if isinstance(state, Mapping):
        state = state.get("state")
    private = _get(school, "privateFlag", "private")
    if isinstance(private, bool):
        private = "Y" if private else "N"
    return {
        "orgId": _get(school, "orgId", "org_id"),
        "nameOfficial": _get(school, "nameOfficial", "name") or "",
        "webSiteUrl": _get(school, "webSiteUrl", "website"),
        "memberOrgAddress": {"state": None if state is None else str(state)},
        "privateFlag": private,
    }


def _get(school: object, *names: str) -> Any:
    """Return the first of several fields that a row or a model has."""
    if isinstance(school, Mapping):
        return next((school[name] for name in names if school.get(name) is not None), None)
    return next((value for name in names if (value := getattr(school, name, None)) is not None), None)
