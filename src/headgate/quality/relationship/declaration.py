"""What must hold between two entities: declared once, checked set-based by the store or batch by batch here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from headgate.errors import ConfigError
from headgate.quality.relationship.condition import Condition
from headgate.quality.suggest import suggestion


class OrphanPolicy(StrEnum):
    """What happens to a row whose parent is missing.

    ``quarantine``: the row is refused; ``hold``: the run is held; ``late``: the row goes on, because the parent may
    come in a later run, and is checked again then.
    """

    QUARANTINE = "quarantine"
    HOLD = "hold"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A reference from the rows of one entity to the rows of another.

    "A Division I school has a conference unless it is independent" is::

        Relationship(
            "school_conference", "schools", ("conference_id",), "conferences", ("org_id",), required=True,
            when=(Condition("division", Operator.EQUALS, "I"),),
            unless=(Condition("independent", Operator.EQUALS, True),),
        )

    Args:
        name: Name of the relationship.
        child: The entity that refers.
        fields: Its fields that hold the reference; if one of them is null there is no reference.
        parent: The entity referred to.
        parent_fields: The fields there, in the same order.
        orphan: What happens to a child whose parent is neither in this run nor in the database.
        required: Whether a child must have a reference at all.
        when: The relationship is about the children of which all of these hold.
        unless: And not about those of which any of these holds.
        least: Fewest children of a parent; parents with fewer are reported.
        most: Most children of a parent; none: no limit.

    Raises:
        ConfigError: The two sides have different numbers of fields, or the limits contradict each other.
    """

    name: str
    child: str
    fields: tuple[str, ...]
    parent: str
    parent_fields: tuple[str, ...]
    orphan: OrphanPolicy = OrphanPolicy.QUARANTINE
    required: bool = False
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be checked."""
        if not self.fields or len(self.fields) != len(self.parent_fields):
            raise ConfigError(
                f"The relationship '{self.name}' refers with {len(self.fields)} fields to {len(self.parent_fields)}.",
                hint="Name the same number of fields on both sides, at least one.",
            )
        if self.least < 0 or (self.most is not None and self.most < max(self.least, 1)):
            raise ConfigError(
                f"The relationship '{self.name}' allows {self.least} to {self.most} children.",
                hint="least must be at least 0, and most at least 1 and not below least.",
            )

    def applies_to(self, child: object) -> bool:
        """Whether the relationship is about a child row."""
        return all(condition.holds(child) for condition in self.when) and not any(
            condition.holds(child) for condition in self.unless
        )


class CheckKind(StrEnum):
    """What a set-based check looks for.

    ``orphan``: children with a reference for which no parent exists (an anti-join). ``no_reference``: children without
    a reference. ``too_few`` and ``too_many``: parents by the number of their children (an outer join, grouped).
    """

    ORPHAN = "orphan"
    NO_REFERENCE = "no_reference"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One question to the store, over the rows as they would be after the run.

    Args:
        kind: What is looked for.
        relationship: What it belongs to: entities, fields, conditions and limits.
    """

    kind: CheckKind
    relationship: Relationship


def plan_checks(relationships: Iterable[Relationship], touched: Iterable[str] | None = None) -> list[SetCheck]:
    """Return the questions that the relationships come to, in their order.

    Args:
        relationships: The relationships.
        touched: Entities that the run changes; a relationship between two others cannot have been broken by it.
            None: all are asked about.
    """
    changed = None if touched is None else set(touched)
    checks: list[SetCheck] = []
    for relationship in relationships:
        if changed is not None and changed.isdisjoint((relationship.child, relationship.parent)):
            continue
        checks.append(SetCheck(CheckKind.ORPHAN, relationship))
        if relationship.required:
            checks.append(SetCheck(CheckKind.NO_REFERENCE, relationship))
        if relationship.least:
            checks.append(SetCheck(CheckKind.TOO_FEW, relationship))
        if relationship.most is not None:
            checks.append(SetCheck(CheckKind.TOO_MANY, relationship))
    return checks


def refuse_unknown_names(relationships: Iterable[Relationship], entities: Mapping[str, Iterable[str]]) -> None:
    """Raise :class:`ConfigError` if a relationship names an entity or a field that does not exist.

    Args:
        relationships: The relationships.
        entities: The fields of each entity, by its name.
    """
    for relationship in relationships:
        conditions = (*relationship.when, *relationship.unless)
        sides = (
            (relationship.child, (*relationship.fields, *(condition.field for condition in conditions))),
            (relationship.parent, relationship.parent_fields),
        )
        for entity, fields in sides:
            if entity not in entities:
                raise _unknown(relationship, "entity", entity, entities)
            known = list(entities[entity])
            for field in fields:
                if field not in known:
                    raise _unknown(relationship, f"field of '{entity}'", field, known)


def _unknown(relationship: Relationship, what: str, name: str, known: Iterable[str]) -> ConfigError:
    known = list(known)
    return ConfigError(
        f"The relationship '{relationship.name}' names the {what} '{name}', which does not exist.",
        hint=f"{suggestion(name, known)}There are: {', '.join(known)}.",
    )
