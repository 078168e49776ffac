# headgate: written from a Drizzle schema, do not edit (a69b5097c4a8593d)
"""Models of `locations`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from headgate.drizzle import runtime as _t

LOCATIONS_TABLE = _t.Table(
    name="locations",
    dialect="pg",
    columns=(
        _t.Column("id", "id", "id", "serial", nullable=False, has_default=True),
        _t.Column("school_id", "schoolId", "school_id", "integer", nullable=False),
        _t.Column("city", "city", "city", "text"),
        _t.Column("state", "state", "state", "text"),
        _t.Column("postal_code", "postalCode", "postal_code", "varchar(16)"),
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
    natural_keys=(("school_id",),),
    foreign_keys=(
        _t.ForeignKey(("school_id",), "schools", ("id",), on_delete="cascade"),
    ),
)


class Location(_t.Row):
    """A row of the table `locations`, as it is read.

    Attributes:
        id: serial, not null, primary key.
        school_id: integer, not null, unique, references schools(id).
        city: text.
        state: text.
        postal_code: varchar(16).
        created_at: timestamp with time zone, not null.
        updated_at: timestamp with time zone, not null.
        deleted_at: timestamp with time zone.
    """

    __table__: ClassVar[_t.Table] = LOCATIONS_TABLE

    id: _t.Int4
    school_id: _t.Int4 = _t.column("schoolId")
    city: _t.PgText | None
    state: _t.PgText | None
    postal_code: Annotated[_t.PgText, _t.PgLength(16)] | None = _t.column("postalCode")
    created_at: _t.TimestampTz = _t.column("createdAt")
    updated_at: _t.TimestampTz = _t.column("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt")


class LocationInsert(_t.Insert):
    """A row to be inserted into `locations`."""

    __table__: ClassVar[_t.Table] = LOCATIONS_TABLE

    id: _t.Int4 = _t.unset()
    school_id: _t.Int4 = _t.column("schoolId")
    city: _t.PgText | None = None
    state: _t.PgText | None = None
    postal_code: Annotated[_t.PgText, _t.PgLength(16)] | None = _t.column(
        "postalCode",
        default=None,
    )
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.column("deletedAt", default=None)


class LocationUpdate(_t.Update):
    """Changes to a row of `locations`."""

    __table__: ClassVar[_t.Table] = LOCATIONS_TABLE

    school_id: _t.Int4 = _t.unset("schoolId")
    city: _t.PgText | None = _t.unset()
    state: _t.PgText | None = _t.unset()
    postal_code: Annotated[_t.PgText, _t.PgLength(16)] | None = _t.unset("postalCode")
    created_at: _t.TimestampTz = _t.unset("createdAt")
    updated_at: _t.TimestampTz = _t.unset("updatedAt")
    deleted_at: _t.TimestampTz | None = _t.unset("deletedAt")
