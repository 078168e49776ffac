"""The matching of a source's schools with institutions, and what people decide about it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.enrich import Decision, Match, Matcher, decided, to_review
from headgate.enrich.matching.review import DECISION
from headgate.enrich.members import member_of
from headgate.enrich.providers import read_institutions
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.registry import PluginManager
from headgate.pipeline.enriching import decided_as
from headgate.pipeline.entity_step import school_of
from headgate.pipeline.source import open_source
from headgate.store import Review, Store, reviews


class StoredReviews:
    """Keeps decisions of people about the schools of one entity in the store.

    Args:
        store: The store.
        source: The source.
        entity: The entity.
    """

    def __init__(self, store: Store, source: str, entity: str) -> None:
        self._context = store.context
        self._about = (source, entity)

    async def decisions(self) -> list[Decision]:
        """Return the decisions that count, one per school."""
        return [
            Decision(one.key, one.choice, one.decided_by, one.decided_at.timestamp(), one.note)
            for one in await reviews.decisions(self._context, *self._about)
        ]

    async def decide(self, *made: Decision) -> None:
        """Keep decisions, all or none."""
        kept = [
            Review(one.member_id, one.institution_id, one.decided_by, _moment(one.decided_at), one.note) for one in made
        ]
        await reviews.decide(self._context, *self._about, kept)

    async def withdraw(self, member_ids: Collection[str]) -> int:
        """Forget decisions and return how many there were."""
        return await reviews.withdraw(self._context, *self._about, member_ids)


@dataclass(frozen=True, slots=True)
class SourceMatches:
    """Which institution each school of a source is.

    Args:
        source: The source.
        entity: The entity whose rows the schools are.
        matches: One match per school, by the order of their keys.
        schools: What is known of each school, by its id as text: ``name``, ``state``, ``website``.
        decisions: What people decided, by id as text.
        matcher: The institutions.
    """

    source: str
    entity: str
    matches: Sequence[Match]
    schools: Mapping[str, Mapping[str, Any]]
    decisions: Mapping[str, Decision]
    matcher: Matcher = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many schools were matched, by kind; those that a person decided apart."""
        return dict(Counter("decided" if DECISION in one.evidence else one.kind.value for one in self.matches))

    @property
    def waiting(self) -> list[Match]:
        """The matches that a person should look at, the least sure first."""
        return to_review(self.matches)

    def name_of(self, institution_id: str | None) -> str | None:
        """Return the name of an institution, as the file has it."""
        row = None if institution_id is None else self.matcher.institution(institution_id)
        return None if row is None else str(row.get("NAME") or "")

    def as_dict(self, matches: Sequence[Match]) -> dict[str, Any]:
        """Return some of the matches as plain values, with the counts of all."""
        return {
            "source": self.source,
            "entity": self.entity,
            "counts": self.counts,
            "matches": [self._as_dict(one) for one in matches],
        }

    def _as_dict(self, one: Match) -> dict[str, Any]:
        return {
            "member_id": one.member_id,
            **{name: value for name, value in self.schools[str(one.member_id)].items() if name != "org_id"},
            "kind": one.kind.value,
            "score": one.score,
            "institution_id": one.institution_id,
            "institution": self.name_of(one.institution_id),
            "evidence": _rounded(one.evidence),
            "candidates": [
                {**candidate._asdict(), "score": round(candidate.score, 2), "evidence": _rounded(candidate.evidence)}
                for candidate in one.candidates
            ],
        }

    def choices(
        self, *, accept: Sequence[str] = (), choose: Mapping[str, str] | None = None, reject: Sequence[str] = ()
    ) -> dict[str, str | None]:
        """Return what a person says as institution ids by school: nothing is kept yet.

        Args:
            accept: Schools whose first candidate is right.
            choose: Institutions by school.
            reject: Schools that are none of the institutions.

        Raises:
            ConfigError: A school or institution does not exist, is named twice, or has no candidate to accept.
        """
        chosen: dict[str, str | None] = {}
        said = [*((one, None) for one in accept), *(choose or {}).items()]
        for member_id in [*(one for one, _ in said), *reject]:
            self.check_school(member_id)
            if member_id in chosen:
                raise ConfigError(f"Two things are said about school {member_id}.", hint="Say one of them.")
            chosen[member_id] = None
        for member_id, institution_id in said:
            if institution_id is not None and self.matcher.institution(institution_id) is None:
                raise ConfigError(
                    f"There is no institution '{institution_id}' in the file.",
                    hint="Name its IPEDSID, as the file has it.",
                )
            chosen[member_id] = institution_id or self._first(member_id)
        return chosen

    def check_school(self, member_id: str) -> None:
        """Refuse an id that no school has.

        Raises:
            ConfigError: It is so.
        """
        if member_id not in self.schools:
            raise ConfigError(
                f"There is no school {member_id} among the rows of '{self.entity}'.",
                hint="'headgate match review' lists the schools that wait, each with its id.",
            )

    def _first(self, member_id: str) -> str:
        match = next(one for one in self.matches if str(one.member_id) == member_id)
        if not match.candidates:
            raise ConfigError(
                f"School {member_id} is like no institution: there is nothing to accept.",
                hint="Choose one by its id, or reject them all.",
            )
        return match.candidates[0].institution_id


async def match_source(
    source: str,
    *,
    config: PipelineConfig,
    store: Store,
    institutions: Path | None = None,
    entity: str | None = None,
    plugins: PluginManager | None = None,
) -> SourceMatches:
    """Match the schools that the store has of a source with institutions; decisions of people win.

    Args:
        source: Name of the source.
        config: The settings.
        store: The store.
        institutions: The file of institutions; none: the configured one.
        entity: The entity whose rows are the schools; none: the one that the source declares.
        plugins: The sources; none: those that are installed.

    Raises:
        ConfigError: There is no file of institutions, no such entity, or nothing was synced yet.
        UnexpectedShapeError: The file is another one.
    """
    file = institutions or config.enrich.institutions
    if file is None:
        raise ConfigError(
            "There is no file of institutions to match with.",
            hint="Name it with --institutions, or set enrich.institutions.",
        )
    async with open_source(
        source, config=config, db=store.db, plugins=plugins or PluginManager(), base_url=None, details=False
    ) as extractor:
        spec = _school_entity(extractor.entities, source, entity)
    assert spec.enrichable is not None  # noqa: S101 - chosen for it
    if spec.name not in await store.entities():
        raise ConfigError(
            f"The database has no rows of '{spec.name}' yet.", hint=f"Run 'headgate sync {source}' first."
        )
    rows = [row async for row in store.as_of(spec.name, store.context.now())]
    schools = [school_of(spec.enrichable, spec.key[0], row) for row in rows]
    made = await StoredReviews(store, source, decided_as(spec)).decisions()
    matcher = await asyncio.to_thread(Matcher, await read_institutions(file))
    matches = await asyncio.to_thread(matcher.match, map(member_of, schools), decisions=decided(made))
    kept = {
        str(school["org_id"]): {name: school[name] for name in ("org_id", "name", "state", "website")}
        for school in schools
    }
    return SourceMatches(source, decided_as(spec), matches, kept, {one.member_id: one for one in made}, matcher)


def _school_entity(specs: Sequence[EntitySpec], source: str, name: str | None) -> EntitySpec:
    found = {spec.name: spec for spec in specs if spec.enrichable is not None and decided_as(spec) == spec.name}
    if name is not None and name in found:
        return found[name]
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    known = ", ".join(found) or "none"
    if name is None:
        message = f"The source '{source}' has {len(found)} entities whose rows are schools."
        raise ConfigError(message, hint=f"Name one with --entity: {known}." if found else "Let it declare one.")
    raise ConfigError(f"'{name}' is no entity of '{source}' whose rows are schools.", hint=f"There are: {known}.")


def _rounded(evidence: Mapping[str, float]) -> dict[str, float]:
    return {name: round(weight, 2) for name, weight in evidence.items()}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
