# headgate: written from a Drizzle schema, do not edit (907776d36791e591)
"""Models of `schools`."""

from __future__ import annotations

from typing import ClassVar

from headgate.drizzle import runtime as _t

from .enums import Division, Subdivision

SCHOOLS_TABLE = _t.Table(
    name="schools",
    dialect="pg",
    columns=(
        _t.Column("id", "id", "id", "serial", nullable=False, has_default=True),
        _t.Column("ncaa_id", "ncaaId", "ncaa_id", "integer", nullable=False),
        _t.Column("name", "name", "name", "text", nullable=False),
        _t.Column("division", "division", "division", "division", nullable=False),
        _t.Column("subdivision", "subdivision", "subdivision", "subdivision"),
        _t.Column("conference_id", "conferenceId", "conference_id", "integer"),
        _t.Column("is_private", "isPrivate", "is_private", "boolean"),
        _t.Column("is_hbcu", "isHbcu", "is_hbcu", "boolean"),
        _t.Column("website", "website", "website", "text"),
        _t.Column("athletics_website", "athleticsWebsite", "athletics_website", "text"),
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
    foreign_keys=(_t.ForeignKey(("conference_id",), "conferences", ("id",)),),
    indexes=(_t.Index("schools_conference_idx", ("conference_id",)),),
)


class School(_t.Row):
    """A row of the table `schools`, as it is read.

    Attributes:
        id: serial, not null, primary key.
        ncaa_id: integer, not null, unique.
        name: text, not null.
        division: division, not null.
        subdivision: subdivision.
        conference_id: integer, references conferences(id).
        is_private: boolean.
        is_hbcu: boolean.
        website: text.
        athletics_website: text.
        created_at: timestamp with time zone, not null.
        updated_at: timestamp with time zone, not null.
        deleted_at: timestamp with time zone.
    """

    __table__: ClassVar[_t.Table] = SCHOOLS_TABLE

    id: _t.Int4
    ncaa_id: _t.Int4 = _t.column("ncaaId")
    name: _t.PgText
    division: Division
    subdivision: Subdivision | None
    conference_id: _t.Int4 | None = _t.column("conferenceId")
    is_private: _t.PgBoolean | None = _t.column("isPrivate")
    is_hbcu: _t.PgBoolean | None = _t.column("isHbcu")
    website: _t.PgText | None
    athletics_website: _t.PgText | None = _t.column("athleticsWebsite")
    created_at: _t.TimestampTz = _t.column("createdAt")
    updated_at: _t.TimestampTz = _t.column("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt")


class SchoolInsert(_t.Insert):
    """A row to be inserted into `schools`."""

    __table__: ClassVar[_t.Table] = SCHOOLS_TABLE

    id: _t.Int4 = _t.unset()
    ncaa_id: _t.Int4 = _t.column("ncaaId")
    name: _t.PgText
    division: Division
    subdivision: Subdivision | None = None
    conference_id: _t.Int4 | None = _t.column("conferenceId", default=None)
    is_private: _t.PgBoolean | None = _t.column("isPrivate", default=None)
    is_hbcu: _t.PgBoolean | None = _t.column("isHbcu", default=None)
    website: _t.PgText | None = None
    athletics_website: _t.PgText | None = _t.column("athleticsWebsite", default=None)
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt", default=None)


class SchoolUpdate(_t.Update):
    """Changes to a row of `schools`."""

    __table__: ClassVar[_t.Table] = SCHOOLS_TABLE

    ncaa_id: _t.Int4 = _t.unset("ncaaId")
    name: _t.PgText = _t.unset()
    division: Division = _t.unset()
    subdivision: Subdivision | None = _t.unset()
    conference_id: _t.Int4 | None = _t.unset("conferenceId")
    is_private: _t.PgBoolean | None = _t.unset("isPrivate")
    is_hbcu: _t.PgBoolean | None = _t.unset("isHbcu")
    website: _t.PgText | None = _t.unset()
    athletics_website: _t.PgText | None = _t.unset("athleticsWebsite")
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.unset("deletedAt")
