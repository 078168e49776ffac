"""What the store is asked about a reference, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ORPHAN = "orphan"
NO_REFERENCE = "no_reference"
TOO_FEW = "too_few"
TOO_MANY = "too_many"

EXAMPLES = 3
"""Examples given of each fault."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A field compared with a value; as in SQL, a comparison with a null is not true.

    Args:
        field: Name of the column.
        operator: ``equals``, ``differs``, ``is_in``, ``is_null`` or ``is_not_null``.
        values: The values in their JSON form: one, for ``is_in`` several, else none.
    """

    field: str
    operator: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A reference from the rows of one entity to those of another.

    Args:
        name: Its name.
        child: The entity that refers.
        fields: Its columns; if one of them is null there is no reference.
        parent: The entity referred to.
        parent_fields: The columns there, in the same order.
        refuses: Whether a row of the run that breaks it goes to quarantine.
        required: Whether a child must have a reference.
        when: It is about the children of which all of these hold.
        unless: And of which none of these holds.
        least: Fewest children of a parent.
        most: Most children of a parent; none: no limit.
    """

    name: str
    child: str
    fields: tuple[str, ...]
    parent: str
    parent_fields: tuple[str, ...]
    refuses: bool = True
    required: bool = False
    when: Sequence[Predicate] = ()
    unless: Sequence[Predicate] = ()
    least: int = 0
    most: int | None = None

    @property
    def conditions(self) -> tuple[Predicate, ...]:
        """All its conditions."""
        return (*self.when, *self.unless)


@dataclass(frozen=True, slots=True)
class LinkFault:
    """What breaks a reference in one way.

    Args:
        link: The name of the reference.
        kind: ``orphan``, ``no_reference``, ``too_few`` or ``too_many``.
        entity: The entity whose rows are counted: the child; for the last two kinds the parent.
        staged: Rows that the run brings, new or changed; they are in quarantine if the reference refuses.
        stored: Rows that are stored and that the run does not change; for the last two kinds, parents.
        lost: Of the stored rows, those whose parent this very run takes away.
        examples: A few of them in words: for staged rows the whole reason, else the reference.
    """

    link: str
    kind: str
    entity: str
    staged: int = 0
    stored: int = 0
    lost: int = 0
    examples: tuple[str, ...] = ()
