"""The outbox: what happened, written in the transaction in which it became true, and how far each sink has got."""

from headgate.store.outbox.entry import Entry, Position
from headgate.store.outbox.letters import Letter
from headgate.store.outbox.mailbox import Ahead, Fate, Mailbox
from headgate.store.outbox.outbox import Outbox
from headgate.store.outbox.status import OutboxStatus, SinkStatus

__all__ = ["Ahead", "Entry", "Fate", "Letter", "Mailbox", "Outbox", "OutboxStatus", "Position", "SinkStatus"]
