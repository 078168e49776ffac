"""Two clients, as two processes have them, that keep to one rate through Redis."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fixtures.redis_server import RedisServer
from headgate.config.policies import CacheConfig, HttpConfig, RateLimitConfig
from headgate.errors import ConfigError, HeadgateError
from headgate.http import HttpClient

redis = pytest.importorskip("redis.asyncio", reason="the extra 'redis' is not installed")


def client(redis_client: Any, **limit: Any) -> HttpClient:
    """Return a client whose tokens are counted together with those of others."""
    return HttpClient(
        http=HttpConfig(respect_robots=False),
        cache=CacheConfig(enabled=False),
        rate_limit=RateLimitConfig(shared=True, **limit),
        redis_client=redis_client,
    )


async def answer(_: web.Request) -> web.Response:
    """Answer an empty object."""
    return web.json_response({})


async def ask(asking: HttpClient, url: str, deadline: float | None = None) -> bool:
    """Tell whether a request had an answer."""
    try:
        await asking.request(url, deadline=deadline)
    except HeadgateError:
        return False
    return True


async def test_two_clients_have_one_burst(redis_server: RedisServer) -> None:
    """Of thirty requests that may not wait, ten are answered, and not ten for each; no slot stays taken."""
    app = web.Application()
    app.router.add_get("/", answer)
    async with (
        TestServer(app) as server,
        redis.from_url(redis_server.url) as one,
        redis.from_url(redis_server.url) as two,
    ):
        url = str(server.make_url("/"))
        async with (
            client(one, requests_per_second=0.01, burst_size=10) as first,
            client(two, requests_per_second=0.01, burst_size=10) as second,
        ):
            asked = [ask(who, url, deadline=5.0) for _ in range(15) for who in (first, second)]
            assert sum(await asyncio.gather(*asked)) == 10
            assert {host.gauges().in_flight for who in (first, second) for host in who._hosts.all()} == {0}
            (host,) = first._hosts.all()
    assert host.health().details["shared"] is True


async def test_without_redis_each_client_limits_itself(redis_server: RedisServer) -> None:
    """The rate holds, the requests succeed, and the health says that the limit is not shared."""
    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server, redis.from_url(redis_server.url) as connection:
        redis_server.stop()
        async with client(connection, requests_per_second=20.0, burst_size=1) as alone:
            started = time.monotonic()
            for _ in range(5):
                assert await ask(alone, str(server.make_url("/")))
            assert time.monotonic() - started >= 4 / 20 * 0.9
            (host,) = alone._hosts.all()
    assert "every process limits itself" in str(host.health().message)


def test_a_shared_limit_needs_a_redis() -> None:
    """Nobody believes in a limit that is not shared."""
    with pytest.raises(ConfigError, match="no Redis"):
        client(None)
