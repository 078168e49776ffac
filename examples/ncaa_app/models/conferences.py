# headgate: written from a Drizzle schema, do not edit (4affa5799e9adb4b)
"""Models of `conferences`."""

from __future__ import annotations

from typing import ClassVar

from headgate.drizzle import runtime as _t

from .enums import Division

CONFERENCES_TABLE = _t.Table(
    name="conferences",
    dialect="pg",
    columns=(
        _t.Column("id", "id", "id", "serial", nullable=False, has_default=True),
        _t.Column("ncaa_id", "ncaaId", "ncaa_id", "integer", nullable=False),
        _t.Column("name", "name", "name", "text", nullable=False),
        _t.Column("divisions", "divisions", "divisions", "division[]", nullable=False),
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
    natural_keys=(("ncaa_id",),),
)


class Conference(_t.Row):
    """A row of the table `conferences`, as it is read.

    Attributes:
        id: serial, not null, primary key.
        ncaa_id: integer, not null, unique.
        name: text, not null.
        divisions: division[], not null.
        created_at: timestamp with time zone, not null.
        updated_at: timestamp with time zone, not null.
        deleted_at: timestamp with time zone.
    """

    __table__: ClassVar[_t.Table] = CONFERENCES_TABLE

    id: _t.Int4
    ncaa_id: _t.Int4 = _t.column("ncaaId")
    name: _t.PgText
    divisions: list[Division | None]
    created_at: _t.TimestampTz = _t.column("createdAt")
    updated_at: _t.TimestampTz = _t.column("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt")


class ConferenceInsert(_t.Insert):
    """A row to be inserted into `conferences`."""

    __table__: ClassVar[_t.Table] = CONFERENCES_TABLE

    id: _t.Int4 = _t.unset()
    ncaa_id: _t.Int4 = _t.column("ncaaId")
    name: _t.PgText
    divisions: list[Division | None]
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt", default=None)


class ConferenceUpdate(_t.Update):
    """Changes to a row of `conferences`."""

    __table__: ClassVar[_t.Table] = CONFERENCES_TABLE

    ncaa_id: _t.Int4 = _t.unset("ncaaId")
    name: _t.PgText = _t.unset()
    divisions: list[Division | None] = _t.unset()
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.unset("deletedAt")
