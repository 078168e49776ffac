"""Headgate's own tables: in the schema ``headgate`` of PostgreSQL, with the prefix ``headgate_`` in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

SCHEMA = "headgate"
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


class Document(UserDefinedType[str]):
    """JSON exactly as it was written: PostgreSQL's ``json`` keeps the text, where ``jsonb`` would change numbers."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        """Return the name of the type."""
        return "JSON"

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Read it as text: drivers would parse it."""
        return sa.cast(column, sa.Text)


class Timestamp(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond: ``timestamptz`` in PostgreSQL, sortable ISO 8601 text in SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the column."""
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn a moment into what the driver takes."""
        return value.astimezone(UTC).strftime(STAMP) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        """Turn what the driver gives into a moment in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


# SQLite counts rows in a column that is exactly "INTEGER PRIMARY KEY"
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# keys sort by their bytes, on either database
_Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Schema:
    """The tables, for one kind of database.

    Args:
        dialect: ``"sqlite"`` or ``"postgresql"``.
    """

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.metadata = sa.MetaData(schema=SCHEMA if dialect == "postgresql" else None)
        column = sa.Column
        self.migration = self._table(
            "migration",
            column("version", sa.Integer, primary_key=True, autoincrement=False),
            column("description", sa.Text, nullable=False),
            column("applied_at", Timestamp, nullable=False),
        )
        self.entity = self._table(
            "entity",
            column("id", _Id, primary_key=True),
            column("name", sa.Text, nullable=False, unique=True),
            column("source", sa.Text, nullable=False),
            column("key", sa.Text, nullable=False),
            column("columns", sa.Text, nullable=False),
            column("ignored", sa.Text, nullable=False),
            column("target", sa.Text),
            column("loaded", sa.Text),
            column("parents", sa.Text),
        )
        self.partition = self._table(
            "partition",
            column("id", _Id, primary_key=True),
            column("entity_id", _Id, nullable=False),
            column("name", sa.Text, nullable=False),
            sa.UniqueConstraint("entity_id", "name"),
        )
        self.run = self._table(
            "run",
            column("seq", _Id, primary_key=True),
            column("id", sa.Text, nullable=False, unique=True),
            column("source", sa.Text, nullable=False, index=True),
            column("status", sa.Text, nullable=False),
            column("token", sa.BigInteger, nullable=False),
            column("base_seq", sa.BigInteger),
            column("compensates", sa.BigInteger),
            column("plan_hash", sa.Text),
            column("plan", sa.Text),
            column("reasons", sa.Text),
            column("error", sa.Text),
            column("decided_by", sa.Text),
            column("started_at", Timestamp, nullable=False),
            column("planned_at", Timestamp),
            column("finished_at", Timestamp),
        )
        self.lease = self._table(
            "lease",
            column("source", sa.Text, primary_key=True),
            column("token", sa.BigInteger, nullable=False),
            column("holder", sa.Text),
            column("acquired_at", Timestamp),
            column("expires_at", Timestamp),
        )
        self.state = self._table(
            "state",
            column("entity_id", _Id, primary_key=True),
            column("bucket", sa.SmallInteger, primary_key=True),
            column("key", _Key, primary_key=True),
            column("hash", sa.LargeBinary(16), nullable=False),
            column("partition_id", _Id, nullable=False),
            sqlite_with_rowid=False,
        )
        self.item = self._table(
            "plan_item",
            column("run_seq", _Id, primary_key=True),
            column("entity_id", _Id, primary_key=True),
            column("key", _Key, primary_key=True),
            column("bucket", sa.SmallInteger, nullable=False),
            column("operation", sa.Text, nullable=False),
            column("hash", sa.LargeBinary(16), nullable=False),
            column("partition_id", _Id, nullable=False),
            column("document", Document),
            column("changed", Document),
        )
        self.history = self._table(
            "history",
            column("id", _Id, primary_key=True),
            column("entity_id", _Id, nullable=False),
            column("key", _Key, nullable=False),
            column("valid_from", Timestamp, nullable=False),
            column("valid_to", Timestamp),
            column("operation", sa.Text, nullable=False),
            column("document", Document),
            column("changed", Document),
            column("hash", sa.LargeBinary(16)),
            column("partition_id", _Id),
            column("run_seq", _Id, nullable=False),
            sa.CheckConstraint("valid_to > valid_from", name="ck_headgate_history_interval"),
            sa.UniqueConstraint("entity_id", "key", "valid_from"),
        )
        sa.Index(
            "ux_headgate_history_open",
            self.history.c.entity_id,
            self.history.c.key,
            unique=True,
            sqlite_where=self.history.c.valid_to.is_(None),
            postgresql_where=self.history.c.valid_to.is_(None),
        )
        self.versions_of_run = sa.Index(
            "ix_headgate_history_of_run",
            self.history.c.run_seq,
            self.history.c.entity_id,
            self.history.c.operation,
            self.history.c.id,
        )
        self.quarantine = self._table(
            "quarantine",
            column("id", _Id, primary_key=True),
            column("run_seq", _Id, nullable=False, index=True),
            column("entity_id", _Id, nullable=False),
            column("partition_id", _Id, nullable=False),
            column("key", _Key),
            column("raw", sa.Text, nullable=False),
            column("reasons", sa.Text, nullable=False),
            column("at", Timestamp, nullable=False),
            column("replay_seq", _Id),
        )
        self.cursor = self._table(
            "cursor",
            column("source", sa.Text, primary_key=True),
            column("entity", sa.Text, primary_key=True),
            column("partition", sa.Text, primary_key=True),
            column("value", sa.Text, nullable=False),
            column("run_seq", _Id, nullable=False),
        )
        self.cursor_move = self._table(
            "cursor_move",
            column("run_seq", _Id, primary_key=True),
            column("entity", sa.Text, primary_key=True),
            column("partition", sa.Text, primary_key=True),
            column("value", sa.Text, nullable=False),
        )
        self.horizon = self._table(
            "horizon",
            column("entity_id", _Id, primary_key=True, autoincrement=False),
            column("at", Timestamp, nullable=False),
        )
        self.outbox = self._table(
            "outbox",
            column("id", _Id, primary_key=True),
            column("source", sa.Text, nullable=False),
            column("type", sa.Text, nullable=False),
            column("at", Timestamp, nullable=False),
            column("events", sa.BigInteger, nullable=False),
            column("run_seq", _Id, index=True),
            column("entity_id", _Id),
            column("first_version", _Id),
            column("last_version", _Id),
            column("data", Document),
            sqlite_autoincrement=True,  # progress is kept as a number: none may come a second time
        )
        sa.Index("ix_headgate_outbox_source", self.outbox.c.source, self.outbox.c.id)
        self.sink = self._table(
            "sink",
            column("name", sa.Text, primary_key=True),
            column("after_id", _Id, nullable=False),
            column("registered_at", Timestamp, nullable=False),
            column("delivered", sa.BigInteger, nullable=False),
            column("failures", sa.Integer, nullable=False),
            column("retry_at", Timestamp),
            column("error", sa.Text),
            column("last_success_at", Timestamp),
        )
        self.sink_position = self._table(
            "sink_position",
            column("sink", sa.Text, primary_key=True),
            column("source", sa.Text, primary_key=True),
            column("outbox_id", _Id, nullable=False),
            column("version_id", _Id, nullable=False),
            column("done", sa.BigInteger, nullable=False),
        )
        self.delivery = self._table(
            "delivery",
            column("id", _Id, primary_key=True),
            column("sink", sa.Text, nullable=False),
            column("source", sa.Text, nullable=False),
            column("outbox_id", _Id, nullable=False),
            column("version_id", _Id, nullable=False),
            column("lane", sa.Text, nullable=False),
            column("attempts", sa.Integer, nullable=False),
            column("since", Timestamp, nullable=False),
            column("retry_at", Timestamp),
            column("error", sa.Text),
            column("dead", sa.Boolean, nullable=False),
            sa.UniqueConstraint("sink", "outbox_id", "version_id"),
        )
        self.contract = self._table(
            "contract",
            column("source", sa.Text, primary_key=True),
            column("entity", sa.Text, primary_key=True),
            column("version", sa.Integer, primary_key=True, autoincrement=False),
            column("since", Timestamp, nullable=False),
            column("shape", sa.Text, nullable=False),
            column("run_seq", _Id),
            column("accepted_by", sa.Text),
        )
        self.quality = self._table(
            "quality",
            column("run_seq", _Id, primary_key=True),
            column("entity", sa.Text, primary_key=True),
            column("report", sa.Text, nullable=False),
            column("profile", sa.Text),
            column("seen", sa.Text),
        )
        self.activity = self._table(
            "activity",
            column("run_seq", _Id, primary_key=True, autoincrement=False),
            column("at", Timestamp, nullable=False),
            column("facts", sa.Text, nullable=False),
        )
        self.breach = self._table(
            "breach",
            column("id", _Id, primary_key=True),
            column("run_seq", _Id, nullable=False, index=True),
            column("link", sa.Text, nullable=False),
            column("kind", sa.Text, nullable=False),
            column("entity_id", _Id, nullable=False),
            column("key", _Key, nullable=False),
            column("reason", sa.Text, nullable=False),
        )
        self.review = self._table(
            "review",
            column("source", sa.Text, primary_key=True),
            column("entity", sa.Text, primary_key=True),
            column("key", sa.Text, primary_key=True),
            column("choice", sa.Text),
            column("decided_by", sa.Text, nullable=False),
            column("decided_at", Timestamp, nullable=False),
            column("note", sa.Text, nullable=False),
        )
        self.remembered = self._table(
            "remembered",
            column("topic", sa.Text, primary_key=True),
            column("key", sa.Text, primary_key=True),
            column("value", sa.Text, nullable=False),
            column("at", Timestamp, nullable=False),
        )

        self.journal = self._table(
            "journal",
            column("id", _Id, primary_key=True),
            column("source", sa.Text, nullable=False),
            column("entity", sa.Text, nullable=False),
            column("partition", sa.Text, nullable=False),
            column("origin", sa.Text, nullable=False),
            column("run_seq", _Id, nullable=False),
            column("read_at", Timestamp, nullable=False),
            column("finished", sa.Boolean, nullable=False),
            sa.UniqueConstraint("source", "entity", "partition"),
        )
        self.journal_batch = self._table(
            "journal_batch",
            column("journal_id", _Id, primary_key=True, autoincrement=False),
            column("number", sa.Integer, primary_key=True, autoincrement=False),
            column("rows", sa.Integer, nullable=False),
            column("content", sa.LargeBinary, nullable=False),
        )

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """Return an insert that can say what to do on a conflict."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    def _table(self, name: str, *columns: sa.schema.SchemaItem, **options: Any) -> sa.Table:
        full = name if self.dialect == "postgresql" else f"{SCHEMA}_{name}"
        return sa.Table(full, self.metadata, *columns, **options)


@lru_cache(maxsize=2)
def schema_for(dialect: str) -> Schema:
    """Return the tables for a kind of database, described once: that takes longer than many queries."""
    return Schema(dialect)
