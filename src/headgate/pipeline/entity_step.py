"""What is added to the rows of one entity, on their way to the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from headgate.enrich import DataEnricher, Enriched, EnrichedValue
from headgate.enrich.enriched import LOCATION_FIELDS, differ, provenance_of
from headgate.enrich.matching.review import DECISION
from headgate.enrich.providers import Provider
from headgate.errors import ConfigError
from headgate.extract.enrichable import Enrichable
from headgate.extract.entity import EntitySpec
from headgate.pipeline.addresses import Addresses
from headgate.store import Column, ColumnType, EntityTable

INSTITUTION_ID = "institution_id"
MATCH_KIND = "match_kind"
PROVENANCE = "enrichment"
"""The column that says of every value where it comes from and how sure it is."""
FETCHED = "enriched_at"
"""The column that says when each source gave its values. It is never compared: it changes with every run."""

_TYPES = {str: ColumnType.TEXT, int: ColumnType.INTEGER, float: ColumnType.FLOAT, bool: ColumnType.BOOLEAN}
_OWN = (PROVENANCE, FETCHED)
_OF_A_MATCH = (INSTITUTION_ID, MATCH_KIND)


class EntityStep:
    """What is added to the rows of one entity.

    Args:
        spec: What the source says about the entity; it is enrichable.
        enricher: Who finds it out.
        providers: Whose figures are added.
        matched: Whether rows are matched with institutions; else they are only located.
        addresses: By the entity that has them, what is remembered of addresses.

    Raises:
        ConfigError: A provider declares a field that it cannot have.
    """

    def __init__(
        self,
        spec: EntitySpec,
        enricher: DataEnricher,
        providers: Sequence[Provider],
        *,
        matched: bool,
        addresses: Mapping[str, Addresses],
    ) -> None:
        assert spec.enrichable is not None  # noqa: S101 - asked before the call
        self.enricher = enricher
        self.kinds: Counter[str] = Counter()
        self._key = spec.key[0]
        self.source = spec.enrichable
        self._addresses = addresses.get(spec.enrichable.address_from or "")
        self._heard = addresses.get(spec.name)
        self._matched = matched
        taken = {name.casefold() for name in spec.model.model_fields}
        types = _types(providers if self.source.figures else (), spec.name)
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

    async def claim(self, rows: Sequence[dict[str, Any]]) -> None:
        """Match rows with institutions, without a word to any provider."""
        if self._matched:
            await self.enricher.claim([school_of(self.source, self._key, row) for row in rows])

    async def rows(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return rows with what is found out about them."""
        schools = [school_of(self.source, self._key, row) for row in rows]
        if self._heard is not None:
            await self._heard.remember({str(school["org_id"]): school["address_html"] for school in schools})
        if self._addresses is not None:
            found_at = await self._addresses.recall(str(school["org_id"]) for school in schools)
            for school in schools:
                if school["address_html"] is None and (known := found_at.get(str(school["org_id"]))) is not None:
                    school["address_html"], school["address_fetched_at"] = known
        found = await self.enricher.enrich_schools(schools, figures=self.source.figures and self._matched)
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
            if field not in self._fields and differ(row.get(field), value.value)
        }
        provenance: dict[str, Any] = {"fields": said}
        if one.unparsed:
            provenance["unparsed"] = [{"text": text, "reason": reason} for text, reason in one.unparsed]
        if self._matched:
            added |= {INSTITUTION_ID: one.match.institution_id, MATCH_KIND: one.match.kind.value}
            evidence = {name: round(weight, 2) for name, weight in sorted(one.match.evidence.items())}
            provenance["match"] = {"score": one.match.score, "evidence": evidence}
        return {**row, **added, PROVENANCE: provenance, FETCHED: _times(everything.values())}


def school_of(source: Enrichable, key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row under the names that enrichment reads."""
    named = {
        "name": source.name, "website": source.website, "state": source.state, "private": source.private,
        "address_html": source.address,
    }  # fmt: skip
    read = {name: None if field is None else row.get(field) for name, field in named.items()}
    return {"org_id": row[key], **read}


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
