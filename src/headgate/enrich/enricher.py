"""Enrichment: schools matched, their figures fetched, conflicts resolved, addresses located."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.enrich.address import AddressParser
from headgate.enrich.enriched import ADDRESS, INSTITUTION, LOCATION, PLACES, Enriched, EnrichedValue, Place
from headgate.enrich.geocoding import Geocoder, OfflineGeocoder, geocode, with_point
from headgate.enrich.known_figures import Known, KnownFigures, MemoryKnownFigures
from headgate.enrich.location import Location
from headgate.enrich.matching import Match, Matcher, MatchKind
from headgate.enrich.matching.review import DECISION
from headgate.enrich.members import first_of, member_of
from headgate.enrich.places import place_of_institution, point_of_institution
from headgate.enrich.providers.fitting import fitting
from headgate.enrich.providers.provider import Figures, Provider, Wanted
from headgate.errors import BugError, ConfigError, HeadgateError, UnexpectedShapeError

S = TypeVar("S")

_MANY_LOST = 20
"""Institutions that a provider may suddenly not know any more, whatever the share."""
_NAMED = 3
"""Values that are named in a warning."""


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
        institutions: Rows of the institutions file: what schools are matched with; or a matcher made of them.
        providers: The providers; the first one that has a field gives its value.
        order: Names of providers by field, where another order than that of ``providers`` is wanted. Providers that it
            leaves out come after it. ``location`` is the order of ``address`` and ``institutions`` for the whole place.
        decisions: What people decided about matches: institution ids by member id.
        geocoder: Who locates addresses that are not those of the matched institution; None takes the middle of the ZIP
            code, without a network.
        known: What providers said last; None keeps it in memory.
        clock: Where the time comes from.

    Raises:
        ConfigError: Two providers have one name, or ``order`` names one that is not there.
        UnexpectedShapeError: A row of the institutions has no id.
    """

    def __init__(
        self,
        institutions: Iterable[Mapping[str, Any]] | Matcher,
        providers: Sequence[Provider] = (),
        *,
        order: Mapping[str, Sequence[str]] | None = None,
        decisions: Mapping[str, str | None] | None = None,
        geocoder: Geocoder | None = None,
        known: KnownFigures | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._matcher = institutions if isinstance(institutions, Matcher) else Matcher(institutions)
        self._providers = list(providers)
        self._order = {field: list(names) for field, names in (order or {}).items()}
        declared = self._order.pop(LOCATION, [])
        check_names([provider.name for provider in providers], self._order)
        self._place_order = place_order(declared)
        self._decisions = dict(decisions or {})
        self._geocoder = geocoder
        self._known = known or MemoryKnownFigures()
        self._clock = clock
        self._claims: dict[str, str] = {}
        self.warnings: list[str] = []
        """What went wrong since the enricher was made."""

    async def enrich_school_data(self, school: S) -> Enriched[S]:
        """Return one school with what is found out about it.

        Whole batches are matched better: of two schools that claim one institution, the first one that comes has it.
        """
        return (await self.enrich_schools([school]))[0]

    async def enrich_schools(self, schools: Sequence[S], *, figures: bool = True) -> list[Enriched[S]]:
        """Return schools with what is found out about them, in their order.

        Args:
            schools: Raw rows of the member list, rows of the database, or models of either.
            figures: Whether the providers are asked; without them schools are only matched and located.

        Raises:
            UnexpectedShapeError: A school has no id.
        """
        members = [member_of(school) for school in schools]
        matches = await self._matched(members)
        answers: list[_Answer] = []
        if figures:
            wanted = [
                Wanted(match.institution_id, str(member["nameOfficial"]), member["memberOrgAddress"]["state"])
                for member, match in zip(members, matches, strict=True)
                if match.institution_id is not None
            ]
            answers = await asyncio.gather(*[self._ask(provider, wanted) for provider in self._providers])
        places = await self._locate(schools, matches)
        return [
            Enriched(school, match, self._values(match, answers), where)
            for school, match, where in zip(schools, matches, places, strict=True)
        ]

    async def claim(self, schools: Sequence[object]) -> None:
        """Let schools have their institutions before any other that comes later; no provider is asked."""
        await self._matched([member_of(school) for school in schools])

    async def _matched(self, members: Sequence[dict[str, Any]]) -> list[Match]:
        # a thread: thousands of members take seconds, and what else runs must go on
        return self._unclaimed(await asyncio.to_thread(self._matcher.match, members, decisions=self._decisions))

    def _unclaimed(self, matches: Sequence[Match]) -> list[Match]:
        """Take a match back where a school of an earlier batch has the institution; decisions of people stand."""
        found = []
        for match in matches:
            institution_id, member_id = match.institution_id, str(match.member_id)
            decided = DECISION in match.evidence
            if institution_id is not None and not decided:
                owner = self._claims.setdefault(institution_id, member_id)
                if owner != member_id:
                    self.warnings.append(
                        f"{member_id} and {owner} are both like institution {institution_id}: {owner} came first, and "
                        f"{member_id} is left to a person."
                    )
                    match = replace(match, institution_id=None, kind=MatchKind.AMBIGUOUS)  # noqa: PLW2901
            found.append(match)
        return found

    async def _ask(self, provider: Provider, wanted: Sequence[Wanted]) -> _Answer:
        if not wanted:
            return _Answer(provider, {}, stale=False)
        try:
            figures = self._fitting(provider, await provider.figures(wanted))
            await self._refuse_sudden_loss(provider, wanted, figures)
        except BugError:
            raise
        except Exception as error:  # noqa: BLE001 - a provider, also somebody else's, never fails a run
            ids = [one.institution_id for one in wanted]
            kept = await self._known.recall(provider.name, ids)
            why = error.message if isinstance(error, HeadgateError) else f"{type(error).__name__}: {error}"
            self.warnings.append(f"{provider.name}: {why} Last known figures are used for {len(kept)} institutions.")
            return _Answer(provider, kept, stale=True)
        now = self._clock.time()
        as_of = provider.as_of if fitting(provider.as_of, str) is not None else None
        fresh = {one: Known(found, now, as_of) for one, found in figures.items()}
        # what a provider no longer knows is forgotten: it must not come back as stale
        forgotten = {one.institution_id: Known({}, now, None) for one in wanted if one.institution_id not in fresh}
        await self._known.remember(provider.name, {**fresh, **forgotten})
        return _Answer(provider, fresh, stale=False)

    async def _refuse_sudden_loss(
        self, provider: Provider, wanted: Sequence[Wanted], figures: Mapping[str, Figures]
    ) -> None:
        """Refuse an answer that lacks most of what the provider knew: a table that was cut off looks like one.

        Raises:
            UnexpectedShapeError: It lacks most of it, and that is no handful.
        """
        absent = [one.institution_id for one in wanted if not figures.get(one.institution_id)]
        lost = sum(1 for known in (await self._known.recall(provider.name, absent)).values() if known.figures)
        if lost >= _MANY_LOST and lost > len(wanted) - len(absent):
            raise UnexpectedShapeError(
                f"It lacks {lost} institutions that it knew, and has {len(wanted) - len(absent)}: it looks cut off.",
                hint="Look at what the provider publishes.",
            )

    def _fitting(self, provider: Provider, said: Mapping[str, Figures]) -> dict[str, Figures]:
        """Leave out values that are not what the provider promised, with one warning."""
        found: dict[str, Figures] = {}
        unfit: list[str] = []
        for institution_id, figures in said.items():
            values = {field: fitting(value, provider.fields.get(field)) for field, value in figures.items()}
            unfit += [f"{field} of {institution_id}" for field, value in values.items() if value is None]
            found[str(institution_id)] = {field: value for field, value in values.items() if value is not None}
        if unfit:
            self.warnings.append(
                f"{provider.name}: {len(unfit)} values are not of the type it declares and are left out: "
                f"{', '.join(unfit[:_NAMED])}{', ...' if len(unfit) > _NAMED else '.'}"
            )
        return found

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

    async def _locate(self, schools: Sequence[object], matches: Sequence[Match]) -> list[list[Place]]:
        """Return where schools are by their own addresses and by their institutions, what counts first."""
        now = self._clock.time()
        of_institution = [self._institution(match) for match in matches]
        addresses = {at: text for at, one in enumerate(schools) if (text := first_of(one, "address_html"))}
        located = await asyncio.to_thread(_read, addresses, of_institution) if addresses else {}
        open_at = [at for at, location in located.items() if location.latitude is None]
        if open_at:
            try:
                points = await geocode([located[at] for at in open_at], self._geocoder or OfflineGeocoder())
                located |= zip(open_at, points, strict=True)
            except BugError:
                raise
            except HeadgateError as error:
                self.warnings.append(f"geocoding: {error.message} {len(open_at)} addresses have no points.")
        places: list[list[Place]] = []
        for at, (school, match, institution) in enumerate(zip(schools, matches, of_institution, strict=True)):
            known = []
            if at in located:
                known.append(Place(located[at], ADDRESS, first_of(school, "address_fetched_at") or now, 1.0))
            if institution is not None:
                known.append(Place(institution, INSTITUTION, now, match.score))
            places.append(sorted(known, key=self._rank))
        return places

    def _rank(self, place: Place) -> tuple[bool, int]:
        """Rank places: one that names neither city nor ZIP code is where nobody knows, then the order decides."""
        nowhere = place.location.city is None and place.location.zip_code is None
        return nowhere, self._place_order.index(place.source)

    def _institution(self, match: Match) -> Location | None:
        row = None if match.institution_id is None else self._matcher.institution(match.institution_id)
        return None if row is None else place_of_institution(row, INSTITUTION)


def _read(addresses: Mapping[int, str], institutions: Sequence[Location | None]) -> dict[int, Location]:
    """Return addresses in their parts, with the points of their institutions as far as they are there."""
    located = {at: AddressParser.parse(text) for at, text in addresses.items()}
    return {at: with_point(one, point_of_institution(one, institutions[at])) for at, one in located.items()}


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


def check_names(names: Sequence[str], order: Mapping[str, Sequence[str]]) -> None:
    """Refuse two providers of one name, and an order that names one that is not there.

    Raises:
        ConfigError: It is so.
    """
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


def place_order(declared: Sequence[str]) -> tuple[str, ...]:
    """Return the order of those who say where a school is; those that are left out come after it.

    Raises:
        ConfigError: It names somebody else.
    """
    unknown = next((name for name in declared if name not in PLACES), None)
    if unknown is not None:
        raise ConfigError(
            f"The order of the location names '{unknown}', which says nothing about places.",
            hint=f"Those who do are: {', '.join(PLACES)}.",
        )
    return tuple(dict.fromkeys((*declared, *PLACES)))
