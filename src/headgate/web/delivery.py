"""How the delivery of events stands, in sentences."""

from __future__ import annotations

from datetime import datetime

from headgate.store import SinkStatus
from headgate.web.wording import ago, duration


def sentences(sink: SinkStatus, now: datetime) -> list[str]:
    """Return what is to be said about a sink: what waits and for how long, what failed, what is given up."""
    said = [_waiting(sink, now)]
    if sink.failures:
        said.append(f"Nothing could be delivered {_times(sink.failures)}{_again(sink, now)}.")
    if sink.waiting:
        said.append(f"{sink.waiting:,} of them: refused, or behind one of the same row that was; tried again later.")
    if sink.dead:
        letters = "1 dead letter" if sink.dead == 1 else f"{sink.dead:,} dead letters"
        said.append(f"{letters}: refused too often, and not tried again until you say so.")
    return said


def _waiting(sink: SinkStatus, now: datetime) -> str:
    if sink.pending:
        since = f", the oldest for {duration((now - sink.oldest_at).total_seconds())}" if sink.oldest_at else ""
        return f"{_events(sink.pending)} {'waits' if sink.pending == 1 else 'wait'}{since}."
    if sink.last_success_at is None:
        return "Nothing was sent yet, and nothing waits."
    return f"Has everything; took the last event {ago(sink.last_success_at, now)}."


def _again(sink: SinkStatus, now: datetime) -> str:
    if sink.retry_at is None or sink.retry_at <= now:
        return "; the next run tries again"
    return f"; the next attempt is due in {duration((sink.retry_at - now).total_seconds())}"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _times(count: int) -> str:
    return "the last time" if count == 1 else f"{count:,} times in a row"
