# headgate: written from a Drizzle schema, do not edit (abd1bec5047ac7aa)
"""Models of `sports`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from headgate.drizzle import runtime as _t

from .enums import Gender

SPORTS_TABLE = _t.Table(
    name="sports",
    dialect="pg",
    columns=(
        _t.Column("id", "id", "id", "serial", nullable=False, has_default=True),
        _t.Column("code", "code", "code", "varchar(3)", nullable=False),
        _t.Column("name", "name", "name", "text", nullable=False),
        _t.Column("gender", "gender", "gender", "gender", nullable=False),
        _t.Column(
            "created_at",
            "createdAt",
            "created_at",
            "timestamp with time zone",
            nullable=False,
            has_default=True,
        ),
        _t.Column(
            "updated_at",
            "updatedAt",
            "updated_at",
            "timestamp with time zone",
            nullable=False,
            has_default=True,
        ),
        _t.Column("deleted_at", "deletedAt", "deleted_at", "timestamp with time zone"),
    ),
    primary_key=("id",),
    natural_keys=(("code",),),
)


class Sport(_t.Row):
    """A row of the table `sports`, as it is read.

    Attributes:
        id: serial, not null, primary key.
        code: varchar(3), not null, unique.
        name: text, not null.
        gender: gender, not null.
        created_at: timestamp with time zone, not null.
        updated_at: timestamp with time zone, not null.
        deleted_at: timestamp with time zone.
    """

    __table__: ClassVar[_t.Table] = SPORTS_TABLE

    id: _t.Int4
    code: Annotated[_t.PgText, _t.PgLength(3)]
    name: _t.PgText
    gender: Gender
    created_at: _t.TimestampTz = _t.column("createdAt")
    updated_at: _t.TimestampTz = _t.column("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt")


class SportInsert(_t.Insert):
    """A row to be inserted into `sports`."""

    __table__: ClassVar[_t.Table] = SPORTS_TABLE

    id: _t.Int4 = _t.unset()
    code: Annotated[_t.PgText, _t.PgLength(3)]
    name: _t.PgText
    gender: Gender
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt", default=None)


class SportUpdate(_t.Update):
    """Changes to a row of `sports`."""

    __table__: ClassVar[_t.Table] = SPORTS_TABLE

    code: Annotated[_t.PgText, _t.PgLength(3)] = _t.unset()
    name: _t.PgText = _t.unset()
    gender: Gender = _t.unset()
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.unset("deletedAt")
