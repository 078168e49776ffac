"""The rules about age, without any storing."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.config.policies import CacheConfig
from headgate.errors import RequestRejectedError, RetryLaterError
from headgate.resilience.cache.codec import Record, seal, seal_meta
from headgate.resilience.cache.freshness import RECORDING_SECONDS, RENEWAL_SECONDS, Freshness, Verdict

RNG = random.Random(1)


def rules(*, two_levels: bool = True, **settings: Any) -> Freshness:
    """Make rules from settings."""
    return Freshness(CacheConfig(**settings), two_levels=two_levels)


def record(stored: float = 100.0, fresh: float = 200.0, keep: float = 300.0) -> Record:
    """Make a record with its times."""
    return Record(*seal(b""), seal_meta({}), stored, fresh, keep)


@pytest.mark.parametrize(
    ("now", "max_age", "verdict"),
    [
        (100, None, Verdict.ANSWER),
        (199.9, None, Verdict.ANSWER),
        (200, None, Verdict.ANSWER_AND_RENEW),
        (219.9, None, Verdict.ANSWER_AND_RENEW),
        (220, None, Verdict.ASK),
        (150, 50, Verdict.ANSWER),
        (150, 49, Verdict.ASK),
        (210, 50, Verdict.ASK),
        (100, 0, Verdict.ANSWER),
    ],
)
def test_verdict_by_age(now: float, max_age: float | None, verdict: Verdict) -> None:
    """Fresh is answered, just stale is answered and renewed, older is asked for; ``max_age`` only tightens."""
    assert rules(stale_while_revalidate=20).judge(record(), now, max_age) is verdict


@pytest.mark.parametrize(
    ("mode", "verdict"), [("record", Verdict.ASK), ("replay", Verdict.ANSWER), ("offline", Verdict.ANSWER)]
)
def test_modes_ignore_age(mode: str, verdict: Verdict) -> None:
    """A recording run asks always; a replaying one takes what is there, however old and whatever ``max_age``."""
    assert rules(mode=mode).judge(record(), 1e9, 0) is verdict
    assert rules(mode=mode).judge(record(), 101, None) is verdict


def test_a_clock_set_back_does_not_lengthen_life() -> None:
    """An entry from the future is fresh for its own lifetime at the most, in memory too."""
    lifetime = rules(memory_ttl=1e6, ttl_jitter=0).in_memory(record(), now=-1e6, rng=RNG)
    assert lifetime == (100.0, 200.0)


@given(st.floats(0, 1), st.integers(0, 2**32), st.floats(1, 1e6))
def test_jitter_only_shortens(jitter: float, seed: int, ttl: float) -> None:
    """The jitter takes away up to its share and never adds."""
    lifetime = rules(redis_ttl=ttl, ttl_jitter=jitter).lifetime(None, rng=random.Random(seed))
    assert ttl * (1 - jitter) * 0.999 <= lifetime[0] <= ttl


def test_jitter_spreads() -> None:
    """Entries stored together do not expire together."""
    spread = rules(redis_ttl=100, ttl_jitter=0.5)
    lives = [spread.lifetime(None, rng=RNG)[0] for _ in range(200)]
    assert min(lives) < 60
    assert max(lives) > 90


def test_ttl_of_the_answer_only_shortens() -> None:
    """What an upstream says can shorten the configured time; what the caller of ``set`` says is exact."""
    plain = rules(redis_ttl=100, memory_ttl=10, ttl_jitter=0)
    assert plain.lifetime(50, rng=RNG)[0] == 50
    assert plain.lifetime(500, rng=RNG)[0] == 100
    assert plain.lifetime(500, exact=True, rng=RNG)[0] == 500
    assert plain.lifetime(-5, rng=RNG)[0] == 0
    assert rules(two_levels=False, memory_ttl=10, ttl_jitter=0).lifetime(None, rng=RNG)[0] == 10


def test_negative_answers_are_short_lived() -> None:
    """A 404 is kept for its own short time and is never worth keeping after that."""
    plain = rules(redis_ttl=100, negative_ttl=5, ttl_jitter=0, stale_if_error=50)
    assert plain.lifetime(None, negative=True, renewable=True, rng=RNG) == (5.0, 5.0)
    assert rules(negative_ttl=0).lifetime(None, negative=True, rng=RNG)[1] == 0


def test_kept_beyond_fresh() -> None:
    """What may be served stale, or renewed, is kept for that long; a recording for years."""
    assert rules(redis_ttl=10, ttl_jitter=0, stale_if_error=7, stale_while_revalidate=3).lifetime(None, rng=RNG) == (
        10,
        17,
    )
    assert rules(redis_ttl=10, ttl_jitter=0).lifetime(None, renewable=True, rng=RNG)[1] == 10 + RENEWAL_SECONDS
    assert rules(mode="record").lifetime(1, rng=RNG)[1] == RECORDING_SECONDS


def test_memory_never_outlives_the_level_behind() -> None:
    """What the second level has left bounds what the memory may answer."""
    young = rules(memory_ttl=50, ttl_jitter=0)
    assert young.in_memory(record(), now=120, rng=RNG) == (50.0, 180.0)
    assert young.in_memory(record(), now=190, rng=RNG) == (10.0, 110.0)


def test_which_failures_stale_entries_cover() -> None:
    """An upstream that is not well is covered within the window; a refusal or a bug never is."""
    lenient = rules(stale_if_error=30)
    failure = RetryLaterError("down")
    assert lenient.covers_failure(record(), 229, failure)
    assert lenient.covers_failure(record(), 150, ConnectionResetError())
    assert not lenient.covers_failure(record(), 230, failure)
    assert not lenient.covers_failure(record(), 201, RequestRejectedError("no", url="u", status=404))
    assert not lenient.covers_failure(record(), 201, TypeError())
    assert not rules().covers_failure(record(), 201, failure)
