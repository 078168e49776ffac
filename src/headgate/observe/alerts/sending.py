"""Sending words to people by way of apprise."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from headgate.config.operation import AlertTarget
from headgate.errors import ConfigError, MissingExtraError
from headgate.logging import redact


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Args:
        title: One line.
        body: The rest.
        kind: ``failure``, ``warning``, ``success`` or ``info``: what it looks like.
    """

    title: str
    body: str
    kind: str


def open_target(name: str, target: AlertTarget) -> Any:
    """Return what sends to a target; nothing is sent yet.

    Raises:
        MissingExtraError: The extra ``alerts`` is not installed.
        ConfigError: Its URL is none that apprise knows.
    """
    try:
        from apprise import Apprise  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise MissingExtraError("Sending alerts", "alerts") from None
    # what it says at the level info is that it sends, with nothing that tells which run it was
    logging.getLogger("apprise").setLevel(logging.WARNING)
    service = Apprise()
    if not service.add(target.url.get_secret_value()):
        raise ConfigError(
            f"The URL of the target alerts.targets.{name} is none that can be sent to.",
            hint="See the list of services of apprise; the URL begins with mailtos://, slack://, json:// or the like.",
        )
    return service


async def send(service: Any, message: Message, *, seconds: float) -> str | None:
    """Send a message; return what went wrong.

    Args:
        service: As :func:`open_target` returns it.
        message: What is sent.
        seconds: How long it may take.
    """
    try:
        async with asyncio.timeout(seconds):
            sent = await service.async_notify(title=message.title, body=message.body, notify_type=message.kind)
    except TimeoutError:
        return f"no answer within {seconds:g} seconds"
    except Exception as error:  # noqa: BLE001 - a plug-in of apprise may raise anything, and the run must not care
        return redact(f"{type(error).__name__}: {error}")
    return None if sent else "it was refused"
