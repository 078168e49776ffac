"""Enrichment as a step of a run: rows that quality let pass get columns, on their way to the store."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.enrich import DataEnricher, Enriched, EnrichedValue, KnownFigures, Matcher
from headgate.enrich.enriched import LOCATION_FIELDS, provenance_of
from headgate.enrich.gazetteer import load_gazetteer
from headgate.enrich.matching.review import DECISION
from headgate.enrich.providers import Provider
from headgate.errors import ConfigError
from headgate.extract.enrichable import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.pipeline.enrichment import Enrichment, configured
from headgate.pipeline.stored_figures import StoredFigures
from headgate.store import Column, ColumnType, EntityTable, Store, reviews

INSTITUTION_ID = "institution_id"
MATCH_KIND = "match_kind"
PROVENANCE = "enrichment"
"""The column that says of every value where it comes from and how sure it is."""
FETCHED = "enriched_at"
"""The column that says when each source gave its values. It is never compared: it changes with every run."""

_TYPES = {str: ColumnType.TEXT, int: ColumnType.INTEGER, float: ColumnType.FLOAT, bool: ColumnType.BOOLEAN}
_OWN = (PROVENANCE, FETCHED)
_OF_A_MATCH = (INSTITUTION_ID, MATCH_KIND)


class Enriching:
    """Adds columns to the rows of the entities that say which school a row is.

    Args:
        steps: What is added, by entity.
        watched: What has warnings besides the enrichers, such as geocoders.
    """

    def __init__(self, steps: Mapping[str, EntityStep] | None = None, watched: Iterable[object] = ()) -> None:
        self._steps = dict(steps or {})
        self._watched = [*{id(step.enricher): step.enricher for step in self._steps.values()}.values(), *watched]

    def table(self, table: EntityTable) -> EntityTable:
        """Return the table of an entity with the columns that its rows get."""
        step = self._steps.get(table.name)
        return table if step is None else step.table(table)

    async def rows(self, entity: str, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
        """Return rows with what is found out about them; as many as came, in their order."""
        step = self._steps.get(entity)
        return rows if step is None or not rows else await step.rows(rows)

    @property
    def warnings(self) -> list[str]:
        """What went wrong, in sentences; a provider or geocoder that failed has failed no run."""
        found: list[str] = [message for one in self._watched for message in getattr(one, "warnings", ())]
        return list(dict.fromkeys(found))

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows were matched, by entity and kind of match."""
        return {name: dict(sorted(step.kinds.items())) for name, step in self._steps.items() if step.kinds}


NOTHING = Enriching()
"""Adds nothing."""


class EntityStep:
    """What is added to the rows of one entity.

    Args:
        spec: What the source says about the entity; it is enrichable.
        enricher: Who finds it out.
        providers: Whose figures are added.
        matched: Whether rows are matched with institutions; else they are only located.

    Raises:
        ConfigError: A provider declares a field that it cannot have.
    """

    def __init__(
        self, spec: EntitySpec, enricher: DataEnricher, providers: Sequence[Provider], *, matched: bool
    ) -> None:
        assert spec.enrichable is not None  # noqa: S101 - asked before the call
        self.enricher = enricher
        self.kinds: Counter[str] = Counter()
        self._key = spec.key[0]
        self._source = spec.enrichable
        self._matched = matched
        taken = {name.casefold() for name in spec.model.model_fields}
        types = _types(providers if self._source.figures else (), spec.name)
        self._fields = {field: kind for field, kind in types.items() if field.casefold() not in taken}
        self._extra = (*(_OF_A_MATCH if matched else ()), *_OWN)
        if clash := next((name for name in self._extra if name in taken), None):
            raise ConfigError(
                f"The entity '{spec.name}' has a field '{clash}', which is the name of a column of enrichment.",
                hint="Give the field another name, or do not declare the entity enrichable.",
            )

    def table(self, table: EntityTable) -> EntityTable:
        """Return the table with the columns that rows get."""
        columns = [Column(field, kind) for field, kind in self._fields.items()]
        columns += [Column(name, ColumnType.JSON if name in _OWN else ColumnType.TEXT) for name in self._extra]
        compare = replace(table.compare, ignore=table.compare.ignore | {FETCHED})
        return replace(table, columns=(*table.columns, *columns), compare=compare)

    async def rows(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rows with what is found out about them."""
        found = await self.enricher.enrich_schools(
            [school_of(self._source, self._key, row) for row in rows], figures=self._source.figures and self._matched
        )
        if self._matched:
            decided = [DECISION in one.match.evidence for one in found]
            self.kinds.update(
                "decided" if by_person else one.match.kind.value for one, by_person in zip(found, decided, strict=True)
            )
        return [self._row(row, one) for row, one in zip(rows, found, strict=True)]

    def _row(self, row: dict[str, Any], one: Enriched[Any]) -> dict[str, Any]:
        everything = one.everything()
        added: dict[str, Any] = {
            field: None if (value := everything.get(field)) is None else value.value for field in self._fields
        }
        said = {field: _untimed(provenance_of(value)) for field, value in everything.items() if field in self._fields}
        # the source's own fields stay as they are; who says something else is heard
        said |= {
            field: {"others": [_untimed({"value": value.value, **provenance_of(value)})]}
            for field, value in everything.items()
            if field not in self._fields and _differ(row.get(field), value.value)
        }
        provenance: dict[str, Any] = {"fields": said}
        if one.location is not None and one.location.unparsed:
            provenance["unparsed"] = [{"text": text, "reason": reason} for text, reason in one.location.unparsed]
        if self._matched:
            added |= {INSTITUTION_ID: one.match.institution_id, MATCH_KIND: one.match.kind.value}
            evidence = {name: round(weight, 2) for name, weight in sorted(one.match.evidence.items())}
            provenance["match"] = {"score": one.match.score, "evidence": evidence}
        return {**row, **added, PROVENANCE: provenance, FETCHED: _times(everything.values())}


@asynccontextmanager
async def open_enriching(
    extractor: ExtractorPlugin, source: str, config: PipelineConfig, store: Store, given: Enrichment | None
) -> AsyncIterator[Enriching]:
    """Prepare the step of a run: what code gave, else what the settings say, else nothing.

    Raises:
        ConfigError: A file, provider, geocoder or option is unusable.
        MissingExtraError: Addresses are to be read, and the extra ``enrich`` is not installed.
    """
    known = StoredFigures(store)
    specs = [spec for spec in extractor.entities if spec.enrichable is not None]
    if given is not None:
        yield await _prepared(specs, source, store, given, known)
        return
    if not config.enrich.is_on:
        yield NOTHING
        return
    async with configured(config, known) as enrichment:
        yield await _prepared(specs, source, store, enrichment, known)


async def _prepared(
    specs: Sequence[EntitySpec], source: str, store: Store, enrichment: Enrichment, known: KnownFigures
) -> Enriching:
    """Return the step; one enricher serves all entities whose rows are the same schools."""
    if not enrichment.is_on:
        return NOTHING
    if enrichment.providers and not enrichment.institutions:
        raise ConfigError("There are providers, and no institutions to match schools with.", hint="Give institutions.")
    matcher = await asyncio.to_thread(Matcher, enrichment.institutions)
    if any(spec.enrichable is not None and spec.enrichable.address for spec in specs):
        await asyncio.to_thread(load_gazetteer)
    enrichers: dict[str, DataEnricher] = {}
    steps = {}
    for spec in specs:
        _check(spec)
        group = decided_as(spec)
        if group not in enrichers:
            decisions = await reviews.decisions(store.context, source, group)
            enrichers[group] = DataEnricher(
                matcher,
                enrichment.providers,
                order=enrichment.order,
                decisions={one.key: one.choice for one in decisions},
                geocoder=enrichment.geocoder,
                known=known,
                clock=enrichment.clock,
            )
        steps[spec.name] = EntityStep(
            spec, enrichers[group], enrichment.providers, matched=bool(enrichment.institutions)
        )
    return Enriching(steps, [enrichment.geocoder])


def school_of(source: Enrichable, key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row under the names that enrichment reads."""
    named = {
        "name": source.name, "website": source.website, "state": source.state, "private": source.private,
        "address_html": source.address,
    }  # fmt: skip
    read = {name: None if field is None else row.get(field) for name, field in named.items()}
    return {"org_id": row[key], **read}


def decided_as(spec: EntitySpec) -> str:
    """Return the entity under whose name people's decisions about an entity's rows are kept."""
    return spec.name if spec.enrichable is None else spec.enrichable.decided_with or spec.name


def _check(spec: EntitySpec) -> None:
    assert spec.enrichable is not None  # noqa: S101 - asked before the call
    unknown = next((field for field in spec.enrichable.fields if field not in spec.model.model_fields), None)
    if unknown is not None or len(spec.key) != 1:
        wrong = f"reads the field '{unknown}', which it has not" if unknown else "has a key of several fields"
        raise ConfigError(
            f"The entity '{spec.name}' is declared enrichable and {wrong}.", hint="Mend the source's EntitySpec."
        )


def _types(providers: Sequence[Provider], entity: str) -> dict[str, ColumnType]:
    """Return the columns of the figures and of the location, each with its type."""
    found: dict[str, type] = {}
    for field, kind in [*LOCATION_FIELDS.items(), *(pair for one in providers for pair in one.fields.items())]:
        known = found.setdefault(field, kind)
        if known is not kind:
            if {known, kind} != {int, float}:
                raise ConfigError(
                    f"The field '{field}' of '{entity}' is of type {known.__name__} to one provider and of type "
                    f"{kind.__name__} to another.",
                    hint="Leave one of the providers out, or let it name its field otherwise.",
                )
            found[field] = float
    return {field: _TYPES[kind] for field, kind in found.items()}


def _differ(own: object, said: object) -> bool:
    """Say whether a source's own value and that of somebody else are not the same; capitals are no difference."""
    if isinstance(own, str) and isinstance(said, str):
        return own.casefold() != said.casefold()
    return own is not None and own != said


def _untimed(provenance: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing, and the times: they have a column of their own, which is not compared."""
    kept = {
        name: value
        for name, value in provenance.items()
        if value is not None and name not in {"fetched_at", "others"} and not (name == "stale" and value is False)
    }
    others = [_untimed(other) for other in provenance.get("others", ())]
    return {**kept, "others": others} if others else kept


def _times(values: Iterable[EnrichedValue]) -> dict[str, str]:
    """Return by source when its values were fetched."""
    found: dict[str, float] = {}
    for value in values:
        for one in (value, *value.others):
            found[one.source] = max(one.fetched_at, found.get(one.source, 0.0))
    return {
        source: datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for source, at in sorted(found.items())
    }
