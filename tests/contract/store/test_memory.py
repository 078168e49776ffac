"""Decisions of people, and what others said last: kept, replaced, withdrawn."""

from __future__ import annotations

from datetime import timedelta

from headgate.store import Remembered, Review, Store, memory, reviews


async def test_the_last_decision_about_a_row_counts(store: Store) -> None:
    """A decision replaces an earlier one; other entities and sources have their own."""
    now = store.context.now()
    first = [Review("1", "900", "ann", now, "looked it up"), Review("2", None, "ann", now)]
    await reviews.decide(store.context, "ncaa", "schools", first)
    await reviews.decide(store.context, "ncaa", "schools", [Review("1", None, "bob", now + timedelta(hours=1))])
    await reviews.decide(store.context, "ncaa", "clubs", [Review("1", "7", "ann", now)])
    assert await reviews.decisions(store.context, "ncaa", "schools") == [
        Review("1", None, "bob", now + timedelta(hours=1)),
        Review("2", None, "ann", now),
    ]
    assert await reviews.decisions(store.context, "other", "schools") == []


async def test_decisions_can_be_withdrawn(store: Store) -> None:
    """What is withdrawn is gone, and says how much it was."""
    now = store.context.now()
    await reviews.decide(store.context, "ncaa", "schools", [Review(key, "x", "ann", now) for key in "123"])
    await reviews.decide(store.context, "ncaa", "schools", [])
    assert await reviews.withdraw(store.context, "ncaa", "schools", ["1", "3", "9"]) == 2
    assert [one.key for one in await reviews.decisions(store.context, "ncaa", "schools")] == ["2"]


async def test_what_was_said_last_is_recalled_by_topic_and_key(store: Store) -> None:
    """Values come back as they were, with their time; a later word replaces an earlier one."""
    now = store.context.now()
    said = {str(number): Remembered({"size": number, "share": 0.5, "note": "é"}, now) for number in range(12_000)}
    await memory.remember(store.context, "scorecard", said)
    later = now + timedelta(days=1)
    await memory.remember(store.context, "scorecard", {"7": Remembered({}, later)})
    await memory.remember(store.context, "eada", {"8": Remembered([1, None], now)})
    await memory.remember(store.context, "eada", {})
    assert await memory.recall(store.context, "scorecard", ["7", "8", "none"]) == {
        "7": Remembered({}, later),
        "8": said["8"],
    }
    assert await memory.recall(store.context, "eada", ["7", "8"]) == {"8": Remembered([1, None], now)}
    assert len(await memory.recall(store.context, "scorecard", list(said))) == 12_000
    assert await memory.recall(store.context, "scorecard", []) == {}
