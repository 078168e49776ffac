"""What a loader answered, as a record: a pure decision."""

from __future__ import annotations

import random

from headgate.errors import BugError
from headgate.resilience.cache.codec import Record, seal, seal_meta
from headgate.resilience.cache.entry import Fetched, NotModified
from headgate.resilience.cache.freshness import Freshness


def to_record(answer: Fetched, freshness: Freshness, now: float, rng: random.Random) -> Record:
    """Return the record of a value that was fetched at ``now`` (wall clock).

    Raises:
        ConfigError: It is neither bytes nor JSON.
    """
    value, meta, ttl, _, negative, renewable = answer
    fresh, kept = freshness.lifetime(ttl, negative=negative, renewable=renewable, rng=rng)
    kind, body = seal(value)
    return Record(kind, body, seal_meta(meta), now, now + fresh, now + kept)


def renewed(
    offered: Record | None, answer: NotModified, freshness: Freshness, now: float, rng: random.Random
) -> Record:
    """Return the record that was offered to the loader, renewed at ``now`` (wall clock).

    Raises:
        BugError: None was offered.
    """
    if offered is None:
        raise BugError("A loader said that nothing changed, and it was offered nothing.")
    fresh, kept = freshness.lifetime(answer.ttl, renewable=True, rng=rng)
    meta = seal_meta({**offered.meta, **answer.meta})
    return Record(offered.kind, offered.body, meta, now, now + fresh, now + kept)
