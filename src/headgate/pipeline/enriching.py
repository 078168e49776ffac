"""Enrichment as a step of a run: rows that quality let pass get columns, on their way to the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from headgate.config.settings import PipelineConfig
from headgate.enrich import DataEnricher, KnownFigures, Matcher
from headgate.enrich.gazetteer import load_gazetteer
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.pipeline.addresses import Addresses
from headgate.pipeline.enrichment import Enrichment, configured
from headgate.pipeline.entity_step import EntityStep
from headgate.pipeline.stored_figures import StoredFigures
from headgate.store import EntityTable, Store, reviews


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

    def waits(self, entity: str) -> bool:
        """Tell whether the rows of an entity have to wait until those of another have come."""
        step = self._steps.get(entity)
        return step is not None and step.source.address_from in self._steps

    async def expect(self, entity: str, rows: Sequence[dict[str, Any]]) -> None:
        """Let rows that wait claim their institutions first, because they came first."""
        await self._steps[entity].claim(rows)

    def adds_to(self, entity: str) -> bool:
        """Tell whether rows of an entity get anything."""
        return entity in self._steps

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
    declared = [spec.enrichable for spec in specs if spec.enrichable is not None]
    if any(one.address for one in declared):
        await asyncio.to_thread(load_gazetteer)
    addresses = {
        entity: Addresses(known, f"{source}.{entity}", enrichment.clock)
        for entity in {one.address_from for one in declared}
        if entity is not None
    }
    enrichers: dict[str, DataEnricher] = {}
    steps = {}
    for spec in specs:
        _check(spec, specs)
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
            spec, enrichers[group], enrichment.providers, matched=bool(enrichment.institutions), addresses=addresses
        )
    return Enriching(steps, [enrichment.geocoder])


def decided_as(spec: EntitySpec) -> str:
    """Return the entity under whose name people's decisions about an entity's rows are kept."""
    return spec.name if spec.enrichable is None else spec.enrichable.decided_with or spec.name


def _check(spec: EntitySpec, specs: Sequence[EntitySpec]) -> None:
    assert spec.enrichable is not None  # noqa: S101 - asked before the call
    unknown = next((field for field in spec.enrichable.fields if field not in spec.model.model_fields), None)
    if unknown is not None or len(spec.key) != 1:
        wrong = f"reads the field '{unknown}', which it has not" if unknown else "has a key of several fields"
        raise ConfigError(
            f"The entity '{spec.name}' is declared enrichable and {wrong}.", hint="Mend the source's EntitySpec."
        )
    giver = next((one.enrichable for one in specs if one.name == spec.enrichable.address_from), None)
    if giver is not None and giver.address is None:
        raise ConfigError(
            f"The entity '{spec.name}' has its addresses from '{spec.enrichable.address_from}', which has none.",
            hint="Say in its Enrichable which field has the address.",
        )
