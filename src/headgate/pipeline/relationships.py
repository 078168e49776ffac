"""Relationships between the words of quality, which declares them, and those of the store, which checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from headgate.errors import ConfigError
from headgate.extract.plugin import ExtractorPlugin
from headgate.pipeline.foreign_keys import foreign_keys_of
from headgate.quality import Finding, FindingKind, Severity
from headgate.quality.entity_settings import EntitySettings
from headgate.quality.relationship import (
    CheckKind,
    Condition,
    Operator,
    OrphanPolicy,
    Relationship,
    refuse_unknown_names,
)
from headgate.store import Link, LinkFault, Predicate

_STAGED = {
    OrphanPolicy.QUARANTINE: Severity.ERROR,
    OrphanPolicy.HOLD: Severity.CRITICAL,
    OrphanPolicy.LATE: Severity.INFO,
}


def relationships_of(extractor: ExtractorPlugin, settings: Mapping[str, EntitySettings]) -> list[Relationship]:
    """Return the relationships between the entities of a source, with the orphan policies of the configuration.

    Foreign keys that generated models carry count as declared.

    One with an entity that this run does not have (the pages of an NCAA run without details) is left out.

    Raises:
        ConfigError: A relationship names a field that does not exist, or the configuration a relationship.
    """
    chosen = {(entity, name): policy for entity, one in settings.items() for name, policy in one.orphans.items()}
    specs = extractor.entities
    declared = [*extractor.relationships, *foreign_keys_of(specs, extractor.relationships)]
    known = {(link.child, link.name) for link in declared}
    for entity, name in chosen:
        if (entity, name) not in known:
            names = ", ".join(link.name for link in declared if link.child == entity) or "none"
            raise ConfigError(
                f"quality.{entity}.orphans names the relationship '{name}', which the source does not declare.",
                hint=f"Relationships of '{entity}': {names}.",
            )
    fields = {spec.name: list(spec.model.model_fields) for spec in specs}
    links = [
        replace(link, orphan=chosen.get((link.child, link.name), link.orphan))
        for link in declared
        if {link.child, link.parent} <= fields.keys()
    ]
    refuse_unknown_names(links, fields)
    return links


def parents_of(relationships: Iterable[Relationship], keys: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Return, by entity and by field, the entity whose whole key a single field holds.

    Args:
        relationships: What refers to what.
        keys: The fields of the key of each entity.
    """
    parents: dict[str, dict[str, str]] = {}
    for link in relationships:
        if len(link.fields) == 1 and link.parent_fields == tuple(keys[link.parent]):
            parents.setdefault(link.child, {})[link.fields[0]] = link.parent
    return parents


def as_link(relationship: Relationship) -> Link:
    """Return a relationship as the store checks it."""
    return Link(
        name=relationship.name,
        child=relationship.child,
        fields=relationship.fields,
        parent=relationship.parent,
        parent_fields=relationship.parent_fields,
        refuses=relationship.orphan is OrphanPolicy.QUARANTINE,
        required=relationship.required,
        when=tuple(map(_predicate, relationship.when)),
        unless=tuple(map(_predicate, relationship.unless)),
        least=relationship.least,
        most=relationship.most,
    )


def on_rows(relationship: Relationship, fault: LinkFault) -> Finding | None:
    """Return what was found on rows that the run brings; their number is the fault's."""
    if not fault.staged:
        return None
    example = fault.examples[0] if fault.examples else ""
    message = example.partition(": ")[2] or example
    return _finding(relationship, fault, _STAGED[relationship.orphan], fault.staged, message)


def on_the_whole(relationship: Relationship, fault: LinkFault) -> list[Finding]:
    """Return what was found on stored rows, which there is nothing to refuse of."""
    child, parent = relationship.child, relationship.parent
    if fault.kind in (CheckKind.TOO_FEW, CheckKind.TOO_MANY):
        limit = (
            f"fewer {child} than {relationship.least}"
            if fault.kind == CheckKind.TOO_FEW
            else f"more {child} than {relationship.most}"
        )
        message = f"{fault.stored:,} of {parent} have {limit}: {'; '.join(fault.examples)}"
        return [_finding(relationship, fault, Severity.WARNING, fault.stored, message)]
    found = []
    if fault.lost:
        late = relationship.orphan is OrphanPolicy.LATE
        message = f"{fault.lost:,} stored {child} lose the {parent} that they refer to"
        found.append(_finding(relationship, fault, Severity.INFO if late else Severity.CRITICAL, fault.lost, message))
    standing = fault.stored - fault.lost
    if standing:
        late = relationship.orphan is OrphanPolicy.LATE
        what = (
            f"refer to {parent} that are not there" if fault.kind == CheckKind.ORPHAN else f"refer to none of {parent}"
        )
        message = f"{standing:,} stored {child} {what}"
        found.append(_finding(relationship, fault, Severity.INFO if late else Severity.WARNING, standing, message))
    return found


def _finding(relationship: Relationship, fault: LinkFault, severity: Severity, value: Any, message: str) -> Finding:
    counted = fault.kind in (CheckKind.TOO_FEW, CheckKind.TOO_MANY)
    fields = relationship.parent_fields if counted else relationship.fields
    rule = f"{relationship.name}.{fault.kind}"
    return Finding(", ".join(fields), rule, severity, value, message, FindingKind.RELATIONSHIP)


def _predicate(condition: Condition) -> Predicate:
    if condition.operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
        return Predicate(condition.field, condition.operator.value)
    values = condition.value if condition.operator is Operator.IS_IN else (condition.value,)
    return Predicate(condition.field, condition.operator.value, tuple(map(_plain, values)))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
