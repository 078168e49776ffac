"""A client over a scripted transport and a clock that stands still."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.http import HttpClient
from headgate.testing.clock import FakeClock
from headgate.testing.transport import Outcome, ScriptedTransport

MakeClient = Callable[..., tuple[HttpClient, ScriptedTransport]]


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()


@pytest.fixture
async def make(clock: FakeClock) -> AsyncIterator[MakeClient]:
    """Make clients that keep nothing on disk, ask for no robots.txt and wait exactly the backoff, unless told so."""
    clients: list[HttpClient] = []

    def new(*outcomes: Outcome, **changes: Any) -> tuple[HttpClient, ScriptedTransport]:
        transport = ScriptedTransport(*outcomes)
        settings: dict[str, Any] = {
            "http": {"respect_robots": False},
            "circuit": {},
            "cache": {"second_level": "none", "ttl_jitter": 0.0},
            "rate_limit": {"requests_per_second": 1000.0, "burst_size": 1000, "concurrent_limit": 100},
            "retry": {"jitter": "none"},
        }
        for policy, values in changes.items():
            settings[policy] = {**settings[policy], **values}
        client = HttpClient(
            http=HttpConfig(**settings["http"]),
            circuit=CircuitBreakerConfig(**settings["circuit"]),
            cache=CacheConfig(**settings["cache"]),
            rate_limit=RateLimitConfig(**settings["rate_limit"]),
            retry=RetryConfig(**settings["retry"]),
            transport=transport,
            clock=clock,
            rng=random.Random(1),
        )
        clients.append(client)
        return client, transport

    yield new
    for client in clients:
        await client.close()
