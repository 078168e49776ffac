"""The settings of the events: where they go, how often delivery is tried, what stays how long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from headgate.config.duration import PositiveSeconds, Seconds
from headgate.config.policies import PolicyConfig


def _words(value: object) -> object:
    """Read a variable of the environment: words apart by blanks or commas, or a list in JSON."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else value.replace(",", " ").split()


Words = Annotated[tuple[str, ...], BeforeValidator(_words), NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_words), NoDecode]


class SinkConfig(PolicyConfig):
    """One place that events are delivered to."""

    type: str = Field(description="webhook, redis, file, stdout, or the name of a plug-in.")
    url: SecretStr | None = Field(None, description="Where a webhook or a Redis is; may hold a secret.")
    secrets: Secrets = Field((), description="Secrets (whsec_...) that sign a webhook, the newest first.")
    path: Path | None = Field(None, description="The file that events are appended to.")
    stream: str = Field("headgate:events", min_length=1, description="The stream in Redis.")
    max_length: int | None = Field(None, ge=1, description="Entries the stream keeps, about; none: all of them.")
    types: Words = Field((), description="Only events of these types; * stands for anything. None: all.")
    entities: Words = Field((), description="Of changed rows, only those of these entities. None: all.")
    start: Literal["now", "beginning"] = Field(
        "now", description="What a new sink gets first: what happens from now on, or all that the outbox still keeps."
    )
    timeout: PositiveSeconds = Field(10.0, description="Seconds for one delivery.")
    concurrency: int = Field(8, ge=1, le=100, description="Webhooks under way at the same time, of different keys.")
    allow_private: bool = Field(
        False, description="Let a webhook go to addresses of the own machine and network, and without TLS."
    )
    options: dict[str, Any] = Field(default_factory=dict, repr=False, description="What a plug-in wants to know.")


class EventsConfig(PolicyConfig):
    """How events are delivered, and how handlers in the process are kept apart."""

    origin: str = Field("/headgate", min_length=1, description="Begins the attribute source of each event: a URI.")
    deliver_seconds: Seconds = Field(30.0, description="Seconds spent on delivery at the end of a run; 0: none.")
    batch_size: int = Field(1000, ge=1, le=10_000, description="Events read from the outbox at a time.")
    max_attempts: int = Field(12, ge=1, description="Attempts after which an event that is refused is a dead letter.")
    base_delay: PositiveSeconds = Field(5.0, description="Seconds before the second attempt; doubled after each.")
    max_delay: PositiveSeconds = Field(3600.0, description="Seconds between two attempts at the most.")
    keep_days: float = Field(7.0, ge=0, description="Days that events stay after every sink has got them.")
    handler_timeout: PositiveSeconds = Field(5.0, description="Seconds a handler in the process may take per event.")
    handler_queue: int = Field(1000, ge=1, description="Events that wait for one handler; beyond, the oldest is lost.")
    sinks: dict[str, SinkConfig] = Field(default_factory=dict, description="By name: where events go.")

    @field_validator("sinks")
    @classmethod
    def _names_are_words(cls, value: dict[str, SinkConfig]) -> dict[str, SinkConfig]:
        for name in value:
            if not name.replace("-", "").replace("_", "").isalnum():
                msg = f"names of sinks made of letters, digits, hyphens and underscores, not {name!r}"
                raise ValueError(msg)
        return value
