"""The outbox: what happened, written in the transaction in which it became true, and how far each sink has got."""

from headgate.store.outbox.status import OutboxStatus, SinkStatus, read_status

__all__ = ["OutboxStatus", "SinkStatus", "read_status"]
