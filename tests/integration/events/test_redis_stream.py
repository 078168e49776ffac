"""The stream in a real Redis."""

from __future__ import annotations

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as Official
from pydantic import SecretStr

from fixtures.redis_server import RedisServer
from fixtures.sinks import event
from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, SinkFailedError, SinkUnavailableError
from headgate.events.sinks import make_sink

redis = pytest.importorskip("redis.asyncio")


def _config(server: RedisServer, **more: object) -> SinkConfig:
    return SinkConfig(type="redis", url=SecretStr(server.url), timeout=2, **more)  # type: ignore[arg-type]


async def test_events_stand_in_the_stream(redis_server: RedisServer) -> None:
    """Events stand in the stream in their order, as fields and as a CloudEvent."""
    sink = make_sink("stream", _config(redis_server, stream="changes"))
    await sink.open()
    await sink.send([event(n) for n in range(500)])
    await sink.close()
    async with redis.from_url(redis_server.url) as client:
        entries = await client.xrange("changes")
    assert [fields[b"id"] for _, fields in entries] == [str(n).encode() for n in range(500)]
    assert JSONFormat().read(Official, entries[7][1][b"event"]).get_data() == {"n": 7}
    assert entries[7][1][b"type"] == b"headgate.test"


async def test_stream_is_kept_short(redis_server: RedisServer) -> None:
    """A limited stream lets the oldest entries go."""
    sink = make_sink("stream", _config(redis_server, max_length=100))
    await sink.send([event(n) for n in range(2000)])
    await sink.close()
    async with redis.from_url(redis_server.url) as client:
        assert await client.xlen("headgate:events") < 400


async def test_redis_that_is_gone(redis_server: RedisServer) -> None:
    """A server that is down is unavailable, and takes events when it is back."""
    sink = make_sink("stream", _config(redis_server))
    await sink.send([event(1)])
    redis_server.stop()
    with pytest.raises(SinkUnavailableError, match="Redis cannot be reached"):
        await sink.send([event(2)])
    redis_server.start()
    await sink.send([event(2)])
    await sink.close()


async def test_redis_that_refuses(redis_server: RedisServer) -> None:
    """A key of another kind in the place of the stream is a failure that says so."""
    async with redis.from_url(redis_server.url) as client:
        await client.set("headgate:events", "text")
    sink = make_sink("stream", _config(redis_server))
    with pytest.raises(SinkFailedError, match="WRONGTYPE"):
        await sink.send([event(1)])
    await sink.close()


@pytest.mark.parametrize("url", [None, "http://127.0.0.1/", "127.0.0.1"])
def test_needs_a_url(url: str | None) -> None:
    """A sink without the URL of a Redis is a mistake of the configuration."""
    with pytest.raises(ConfigError, match="no URL of a Redis"):
        make_sink("stream", SinkConfig(type="redis", url=None if url is None else SecretStr(url)))
