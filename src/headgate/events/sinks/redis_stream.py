"""A stream in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from headgate.config.events import SinkConfig
from headgate.errors import ConfigError, MissingExtraError, SinkFailedError, SinkUnavailableError
from headgate.events.cloud_event import CloudEvent
from headgate.events.sinks.sink import Sink


class RedisSink(Sink):
    """Adds each event to a stream, as the fields ``id``, ``type``, ``source``, ``subject`` and ``event`` (the JSON).

    Args:
        name: Its name.
        config: Its settings.

    Raises:
        ConfigError: The URL cannot be used.
        MissingExtraError: The extra ``redis`` is not installed.
    """

    batch = 1000

    def __init__(self, name: str, config: SinkConfig) -> None:
        try:
            from redis.asyncio import Redis  # noqa: PLC0415 - an extra
        except ImportError:
            raise MissingExtraError(f"The sink '{name}'", "redis") from None
        url = config.url.get_secret_value() if config.url is not None else ""
        if not url.startswith(("redis://", "rediss://", "unix://")):
            raise ConfigError(
                f"The sink '{name}' has no URL of a Redis.", hint="It begins with redis://, rediss:// or unix://."
            )
        self._config = config
        self._client: Any = Redis.from_url(url, socket_timeout=config.timeout, socket_connect_timeout=config.timeout)

    async def send(self, events: Sequence[CloudEvent]) -> None:
        """Add events in one round trip; they are all there, in their order, or it is not known which."""
        from redis.exceptions import ConnectionError as Gone  # noqa: PLC0415 - an extra
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra
        from redis.exceptions import TimeoutError as Late  # noqa: PLC0415 - an extra

        pipeline = self._client.pipeline(transaction=False)
        for event in events:
            fields = {
                "id": event.id,
                "type": event.type,
                "source": event.source,
                "subject": event.subject or "",
                "event": event.to_json(),
            }
            limits = {} if self._config.max_length is None else {"maxlen": self._config.max_length, "approximate": True}
            pipeline.xadd(self._config.stream, fields, **limits)
        try:
            async with asyncio.timeout(self._config.timeout):
                await pipeline.execute()
        except (Gone, Late, OSError) as error:
            raise SinkUnavailableError(f"Redis cannot be reached: {type(error).__name__}.") from error
        except RedisError as error:
            raise SinkFailedError(f"Redis refused: {error}") from error

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
