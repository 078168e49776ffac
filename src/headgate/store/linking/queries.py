"""The questions about one reference, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from headgate.store.linking.link import EXAMPLES, NO_REFERENCE, ORPHAN, TOO_FEW, TOO_MANY, Link, LinkFault
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
        """Return what stored children refer to in vain: reference, rows, all such rows, those that lose it now."""
        if not self.child.has_stored(self._names):
            return None
        children = self.child.stored(self._names).subquery()
        fields = [children.c[name] for name in self.link.fields]
        groups = (
            self._orphans(children)
            .with_only_columns(*fields, self._reference(children).label("reference"), sa.func.count().label("n"))
            .group_by(*fields)
            .subquery()
        )
        lost: sa.ColumnElement[int] = sa.literal(0)
        source: sa.FromClause = groups
        if self.parent.has_stored(self.link.parent_fields):
            before = self.parent.known(self.link.parent_fields).subquery()
            source = groups.outerjoin(before, self._same(groups, before))
            lost = sa.case((before.c[self.link.parent_fields[0]].is_not(None), groups.c.n), else_=0)
        return (
            sa.select(groups.c.reference, groups.c.n, sa.func.sum(groups.c.n).over(), sa.func.sum(lost).over())
            .select_from(source)
            .order_by(groups.c.n.desc(), groups.c.reference)
            .limit(EXAMPLES)
        )

    def stored_without(self) -> sa.Select[Any] | None:
        """Return the number of stored children that lack a reference."""
        if not (self.link.required and self.child.has_stored(self._names)):
            return None
        children = self.child.stored(self._names).subquery()
        return self._without(children).with_only_columns(sa.func.count())

    def miscounted(self, kind: str) -> sa.Select[Any]:
        """Return the parents with too few or too many children: reference, children, all such parents."""
        link = self.link
        parents = sa.select(self.parent.after(link.parent_fields).subquery()).distinct().subquery()
        children = self.child.after(self._names).subquery()
        joined = parents.outerjoin(children, sa.and_(self._same(children, parents), self._applies(children)))
        number = sa.func.count(children.c[link.fields[0]])
        wrong = number < link.least if kind == TOO_FEW else number > link.most
        keys = [parents.c[name] for name in link.parent_fields]
        return (
            sa.select(_text(keys), number, sa.func.count().over())
            .select_from(joined)
            .group_by(*keys)
            .having(wrong)
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
        parents = self.parent.after(self.link.parent_fields).subquery()
        joined = children.outerjoin(parents, self._same(children, parents))
        there = (children.c[name].is_not(None) for name in self.link.fields)
        nowhere = parents.c[self.link.parent_fields[0]].is_(None)
        return sa.select(children).select_from(joined).where(*there, self._applies(children), nowhere)

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

    def _same(self, children: sa.FromClause, parents: sa.FromClause) -> sa.ColumnElement[bool]:
        """Return the condition that a child refers to a parent; columns of two types are compared as text."""
        pairs = []
        for field, parent_field in zip(self.link.fields, self.link.parent_fields, strict=True):
            one, other = children.c[field], parents.c[parent_field]
            if self.child.table.column(field).type is not self.parent.table.column(parent_field).type:
                one, other = sa.cast(one, sa.Text), sa.cast(other, sa.Text)
            pairs.append(one == other)
        return sa.and_(*pairs)

    def _reference(self, children: sa.FromClause) -> sa.ColumnElement[str]:
        return _text([children.c[name] for name in self.link.fields])


def _text(columns: list[sa.ColumnElement[Any]]) -> sa.ColumnElement[str]:
    """Return the text of some columns, with commas between them."""
    first, *others = (sa.func.coalesce(sa.cast(column, sa.Text), "null") for column in columns)
    text: sa.ColumnElement[str] = first
    for other in others:
        text = text + sa.literal(", ", sa.Text) + other
    return text
