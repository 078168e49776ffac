"""Rows that are, or are not, among other rows: the form of the question that each database answers with one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

Rows = sa.Select[Any] | sa.CompoundSelect[Any]


def among(columns: Sequence[sa.ColumnElement[Any]], rows: Rows, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that some columns are one of the rows of a query; never true of a null.

    PostgreSQL makes a hash join of EXISTS and would try every pair for IN, once the rows outgrow its working memory;
    SQLite builds an index for IN and would try every pair for EXISTS.

    Args:
        columns: The columns.
        rows: The query, with as many columns in the same order.
        dialect: The kind of database.
    """
    others = rows.subquery()
    there = [other.is_not(None) for other in others.c]
    if dialect == "postgresql":
        same = (column == other for column, other in zip(columns, others.c, strict=True))
        return sa.exists().select_from(others).where(*same)
    if len(columns) == 1:
        return columns[0].in_(sa.select(others).where(*there))
    return sa.tuple_(*columns).in_(sa.select(others).where(*there))
