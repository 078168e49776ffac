"""The questions about one reference, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headgate.store.linking.link import EXAMPLES, NO_REFERENCE, ORPHAN, TOO_FEW, TOO_MANY, Link, LinkFault
from headgate.store.linking.membership import Rows, among
from headgate.store.linking.sides import Side


@dataclass(frozen=True, slots=True)
class LinkQueries:
    """Builds the queries of one reference.

    Args:
        link: The reference.
        child: The side that refers.
        parent: The side referred to.
    """

    link: Link
    child: Side
    parent: Side

    def staged_breaches(self, kind: str) -> sa.Select[Any]:
        """Return the rows of the run that break the reference, as rows for the table ``breach``."""
        link = self.link
        children = self.child.staged(self._names).subquery()
        if kind == ORPHAN:
            query = self._orphans(children)
            reason: sa.ColumnElement[str] = (
                sa.literal(f"{', '.join(link.fields)}: refers to {link.parent} ", sa.Text)
                + self._reference(children)
                + sa.literal(", which is neither in this run nor in the database", sa.Text)
            )
        else:
            query = self._without(children)
            reason = sa.literal(f"{', '.join(link.fields)}: must refer to one of {link.parent}", sa.Text)
        return query.with_only_columns(
            sa.literal(self.child.run_seq).label("run_seq"),
            sa.literal(link.name, sa.Text).label("link"),
            sa.literal(kind, sa.Text).label("kind"),
            sa.literal(self.child.entity_id).label("entity_id"),
            children.c.key,
            reason.label("reason"),
        )

    def stored_orphans(self) -> sa.Select[Any] | None:
        """Return what stored children refer to in vain: reference, rows, all such rows."""
        if not self.child.has_stored(self._names):
            return None
        children = self.child.stored(self._names).subquery()
        reference = self._reference(children)
        groups = self._orphans(children).with_only_columns(reference.label("reference"), sa.func.count().label("n"))
        found = groups.group_by(reference).subquery()
        query = sa.select(found.c.reference, found.c.n, sa.func.sum(found.c.n).over())
        return query.order_by(found.c.n.desc(), found.c.reference).limit(EXAMPLES)

    def stored_lost(self) -> sa.Select[Any] | None:
        """Return the number of stored orphans whose parent is stored before the run and not after it."""
        if not self.parent.has_stored(self.link.parent_fields):
            return None
        children = self.child.stored(self._names).subquery()
        there = self._among_parents(children, self.parent.known(self.link.parent_fields))
        return self._orphans(children).where(there).with_only_columns(sa.func.count())

    def stored_without(self) -> sa.Select[Any] | None:
        """Return the number of stored children that lack a reference."""
        if not (self.link.required and self.child.has_stored(self._names)):
            return None
        children = self.child.stored(self._names).subquery()
        return self._without(children).with_only_columns(sa.func.count())

    def miscounted(self, kind: str) -> sa.Select[Any]:
        """Return the parents with too few or too many children: reference, children, all such parents."""
        link = self.link
        children = self.child.after(self._names).subquery()
        parents = self.parent.after(link.parent_fields).subquery()
        columns = [self._comparable(children, parents, place) for place in range(len(link.fields))]
        names = [f"k{place}" for place in range(len(columns))]
        # counted together, without a join: a parent is one row, and each child another
        both = sa.union_all(
            sa.select(
                *(other.label(name) for (_, other), name in zip(columns, names, strict=True)),
                sa.literal(1).label("is_parent"),
                sa.literal(0).label("is_child"),
            ).select_from(parents),
            sa.select(*(one for one, _ in columns), sa.literal(0), sa.literal(1))
            .select_from(children)
            .where(self._applies(children)),
        ).subquery()
        number = sa.func.sum(both.c.is_child)
        wrong = number < link.least if kind == TOO_FEW else number > link.most
        keys = [both.c[name] for name in names]
        wanted: list[sa.ColumnElement[Any]] = [_text(keys), number, sa.func.count().over()]
        return (
            sa.select(*wanted)
            .select_from(both)
            .group_by(*keys)
            .having(sa.func.max(both.c.is_parent) == 1, wrong)
            .order_by(number.desc() if kind == TOO_MANY else number, *keys)
            .limit(EXAMPLES)
        )

    def kinds(self) -> tuple[str, ...]:
        """Return how a row of the run can break the reference."""
        return (ORPHAN, NO_REFERENCE) if self.link.required else (ORPHAN,)

    def counted_kinds(self) -> tuple[str, ...]:
        """Return how the number of a parent's children can break it."""
        return (*((TOO_FEW,) if self.link.least else ()), *(() if self.link.most is None else (TOO_MANY,)))

    def fault(self, kind: str, **values: Any) -> LinkFault:
        """Return a fault of this reference."""
        entity = self.link.parent if kind in (TOO_FEW, TOO_MANY) else self.link.child
        return LinkFault(self.link.name, kind, entity, **values)

    @property
    def _names(self) -> tuple[str, ...]:
        """The columns of the child that matter."""
        conditions = (condition.field for condition in self.link.conditions)
        return tuple(dict.fromkeys((*self.link.fields, *conditions)))

    def _orphans(self, children: sa.FromClause) -> sa.Select[Any]:
        """Return the children with a reference that leads nowhere."""
        there = (children.c[name].is_not(None) for name in self.link.fields)
        found = self._among_parents(children, self.parent.after(self.link.parent_fields))
        return sa.select(children).where(*there, self._applies(children), sa.not_(found))

    def _without(self, children: sa.FromClause) -> sa.Select[Any]:
        """Return the children that lack a reference."""
        missing = sa.or_(*(children.c[name].is_(None) for name in self.link.fields))
        return sa.select(children).where(missing, self._applies(children))

    def _applies(self, children: sa.FromClause) -> sa.ColumnElement[bool]:
        return sa.and_(
            sa.true(),
            *(self.child.holds(children, condition) for condition in self.link.when),
            *(sa.not_(self.child.holds(children, condition)) for condition in self.link.unless),
        )

    def _among_parents(self, children: sa.FromClause, parents: Rows) -> sa.ColumnElement[bool]:
        rows = parents.subquery()
        pairs = [self._comparable(children, rows, place) for place in range(len(self.link.fields))]
        return among([one for one, _ in pairs], sa.select(*(other for _, other in pairs)), self.child.dialect)

    def _comparable(
        self, children: sa.FromClause, parents: sa.FromClause, place: int
    ) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
        """Return the two columns of one part of the reference; those of two types are compared as text."""
        field, parent_field = self.link.fields[place], self.link.parent_fields[place]
        one: sa.ColumnElement[Any] = children.c[field]
        other: sa.ColumnElement[Any] = parents.c[parent_field]
        if self.child.table.column(field).type is not self.parent.table.column(parent_field).type:
            one, other = sa.cast(one, sa.Text), sa.cast(other, sa.Text)
        return one, other

    def _reference(self, children: sa.FromClause) -> sa.ColumnElement[str]:
        return _text([children.c[name] for name in self.link.fields])


def _text(columns: Sequence[sa.ColumnElement[Any]]) -> sa.ColumnElement[str]:
    """Return the text of some columns, with commas between them."""
    first, *others = (sa.func.coalesce(sa.cast(column, sa.Text), "null") for column in columns)
    text: sa.ColumnElement[str] = first
    for other in others:
        text = text + sa.literal(", ", sa.Text) + other
    return text
