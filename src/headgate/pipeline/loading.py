"""From a batch of raw rows to the store: judged, staged, or put into quarantine."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import orjson

from headgate.config.targets import TargetConfig
from headgate.errors import ConfigError
from headgate.extract.entity import EntitySpec
from headgate.extract.plugin import ExtractorPlugin
from headgate.extract.records import Records
from headgate.metrics import ExtractionMetrics
from headgate.pipeline.dumping import dumper
from headgate.pipeline.enriching import NOTHING, Enriching
from headgate.pipeline.judging import EntityJudge
from headgate.pipeline.keys import KeyReader
from headgate.pipeline.relationships import parents_of, relationships_of
from headgate.pipeline.report import RuleCount
from headgate.pipeline.settling import settlement
from headgate.pipeline.waiting import Waiting
from headgate.quality import BatchResult, InvalidItem, Severity
from headgate.quality.entity_settings import EntitySettings, load_all_settings
from headgate.store import EntityTable, QuarantinedRow, Run

CACHED_ROWS = 250
"""Rows taken from raw to staged in one go, where nothing is looked up for them."""


class _Entity:
    """What loading needs to know of one entity, prepared once per run."""

    def __init__(
        self, spec: EntitySpec, settings: EntitySettings, enriching: Enriching, target: TargetConfig | None
    ) -> None:
        self.spec = spec
        table = EntityTable.from_model(
            spec.name, spec.model, spec.key, settle=settlement(spec, settings), target=target
        )
        self.table = enriching.table(table)
        self.judge = EntityJudge(spec, settings)
        self.dump = dumper(spec.model)
        self.keys = KeyReader(spec)
        self.came = False

    def quarantined(self, item: InvalidItem) -> QuarantinedRow:
        """Return a refused row as the store keeps it."""
        raw: Mapping[str, Any] = item.row if isinstance(item.row, Mapping) else {"value": item.row}
        key = self.keys.read(item.row)
        return QuarantinedRow(
            # what strict JSON cannot say (NaN, half a surrogate pair, endless nesting) is kept as lenient JSON text
            raw=raw if _is_strict_json(item.row, item.row_json()) else {"unreadable": item.row_json()},
            reasons=_reasons(item),
            key=key if key is None or _is_strict_json(key) else None,
        )


class Loading:
    """Takes the batches of one run to the store.

    Args:
        extractor: The source; its entities are prepared here, so that a wrong declaration fails before any request.
        batch_size: Rows validated and staged at a time: what bounds the memory.
        quality: What the configuration says about quality, by entity.
        metrics: Where refused rows are counted.
        enriching: What good rows are enriched with.
        targets: By entity, the table of an application that its rows land in.

    Raises:
        ConfigError: An entity is declared twice, or its rules or columns are unusable.
    """

    def __init__(
        self,
        extractor: ExtractorPlugin,
        *,
        batch_size: int,
        quality: Mapping[str, Mapping[str, Any]] | None = None,
        metrics: ExtractionMetrics | None = None,
        enriching: Enriching = NOTHING,
        targets: Mapping[str, TargetConfig] | None = None,
    ) -> None:
        self._batch_size = batch_size
        self._enriching = enriching
        self._waiting = Waiting()
        settings = load_all_settings(quality or {})
        nothing = EntitySettings()
        landing = targets or {}
        self._entities = {
            spec.name: _Entity(spec, settings.get(spec.name, nothing), enriching, landing.get(spec.name))
            for spec in extractor.entities
        }
        self.relationships = relationships_of(extractor, settings)
        """What must hold between the entities."""
        self.warnings = [
            f"The configuration has rules for '{name}', which this run has not: they are not used."
            for name in settings
            if name not in self._entities
        ]
        """What a person should know, in sentences."""
        self._findings: Counter[tuple[str, str, Severity]] = Counter()
        self._metrics = metrics or ExtractionMetrics()
        if len(self._entities) != len(extractor.entities):
            raise ConfigError(
                f"The source '{extractor.name}' declares two entities of one name.", hint="Rename one of them."
            )
        if not self._entities:
            raise ConfigError(f"The source '{extractor.name}' declares no entity.", hint="Give it at least one.")

    @property
    def tables(self) -> list[EntityTable]:
        """The tables of the entities, in the source's order."""
        parents = parents_of(self.relationships, {name: entity.spec.key for name, entity in self._entities.items()})
        return [replace(entity.table, parents=parents.get(name, {})) for name, entity in self._entities.items()]

    def declares(self, entity: str) -> bool:
        """Tell whether the source declares an entity."""
        return entity in self._entities

    def key_of(self, entity: str, row: Any) -> tuple[Any, ...] | None:
        """Return the key of a raw row, if it can be told."""
        return self._entities[entity].keys.read(row)

    def judge(self, entity: str, row: Any) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
        """Judge one raw row: what the store would take, or nothing and every reason why."""
        result = self._entities[entity].judge.try_row(row)
        if result.invalid:
            return None, _reasons(result.invalid[0])
        return self._entities[entity].dump(result.valid[0]), ()

    async def load(self, run: Run, batch: Records) -> None:
        """Judge the rows of a batch, stage the good ones, and put the others into quarantine."""
        entity = self._entities.get(batch.entity)
        if entity is None:
            raise ConfigError(
                f"The source yields rows of '{batch.entity}', which it does not declare.",
                hint=f"Declared entities: {', '.join(self._entities)}.",
            )
        entity.came = True
        # who is asked for more about many rows is asked once; else few rows stay in the processor's cache
        size = self._batch_size if self._enriching.adds_to(batch.entity) else min(self._batch_size, CACHED_ROWS)
        for start in range(0, len(batch.rows), size):
            part = batch.rows[start : start + size]
            result = entity.judge.judge(part, start=start)
            good = list(map(entity.dump, result.valid))
            await self.stage(run, batch.entity, good, partition=batch.partition)
            if result.invalid:
                refused = [entity.quarantined(item) for item in result.invalid]
                await run.quarantine(batch.entity, refused, partition=batch.partition)
            self._count(batch.entity, result)
            await asyncio.sleep(0)
        # also without rows: the plan says of every partition that came whether it was listed to its end
        await run.stage(batch.entity, [], partition=batch.partition, complete=batch.complete)

    async def stage(self, run: Run, entity: str, rows: Sequence[dict[str, Any]], *, partition: str) -> None:
        """Enrich rows that passed, and stage them; those that need what other rows say wait for :meth:`finish`."""
        if rows and self._enriching.waits(entity):
            await self._enriching.expect(entity, rows)
            self._waiting.add(entity, partition, rows)
            return
        await run.stage(entity, await self._enriching.rows(entity, rows), partition=partition)

    async def finish(self, run: Run) -> None:
        """Stage the rows that waited for others."""
        for entity, partition, rows in self._waiting.take():
            await run.stage(entity, await self._enriching.rows(entity, rows), partition=partition)

    def close(self) -> None:
        """Let go of what waits."""
        self._waiting.close()

    def _count(self, entity: str, result: BatchResult[Any]) -> None:
        """Count what was found, by rule: a row counts once for each rule."""
        self._metrics.validation_errors += len(result.invalid)
        for findings in chain((item.reasons for item in result.invalid), (row.findings for row in result.flagged)):
            self._findings.update({(entity, finding.rule, finding.severity) for finding in findings})

    @property
    def findings(self) -> tuple[RuleCount, ...]:
        """What was found, by entity and rule."""
        return tuple(
            RuleCount(entity, rule, severity.value, rows)
            for (entity, rule, severity), rows in sorted(self._findings.items())
        )

    async def expect(self, run: Run) -> None:
        """Take over what earlier runs left: contracts and table profiles."""
        contracts, profiles = await run.expectations()
        for name, entity in self._entities.items():
            contract = contracts.get(name)
            entity.judge.expect(None if contract is None else contract.shape, profiles.get(name))

    def critical_reasons(self) -> list[str]:
        """Say which critical rules were broken, in sentences; each is a reason to hold the run."""
        return [
            f"{found.entity}: {found.words} the critical rule '{found.rule}'."
            for found in self.findings
            if found.severity == Severity.CRITICAL.value
        ]

    @property
    def judges(self) -> dict[str, EntityJudge]:
        """The judges of the entities of which something was loaded, by name."""
        return {name: entity.judge for name, entity in self._entities.items() if entity.came}


def _reasons(item: InvalidItem) -> tuple[str, ...]:
    """Return why a row was refused, in sentences."""
    return tuple(f"{reason.field}: {reason.message}" for reason in item.reasons)


def _is_strict_json(value: Any, text: str = "null") -> bool:
    """Whether a value, and the lenient JSON text of it, can be read by everybody."""
    try:
        orjson.dumps(value)
        orjson.loads(text)
    except (TypeError, ValueError):
        return False
    return True
