"""The settings of the request policies: validated, immutable, each field with its unit, range and default."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from headgate.config.duration import PositiveSeconds, Seconds

Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]


class PolicyConfig(BaseModel):
    """Base of all settings of a policy: immutable, and an unknown name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CircuitBreakerConfig(PolicyConfig):
    """When a breaker opens, for how long, and how it closes again."""

    failure_threshold: int = Field(5, ge=1, description="Consecutive failures that open the breaker.")
    recovery_timeout: PositiveSeconds = Field(60.0, description="Seconds it stays open the first time.")
    failure_ratio: PositiveShare | None = Field(0.5, description="Share of failures in the window that opens it.")
    window: PositiveSeconds = Field(60.0, description="Seconds over which ratios are measured.")
    minimum_throughput: int = Field(20, ge=1, description="Calls in the window below which no ratio counts.")
    slow_call_duration: PositiveSeconds | None = Field(
        None, description="Seconds after which a successful call counts as slow; none: slowness is not judged."
    )
    slow_call_ratio: PositiveShare = Field(0.8, description="Share of slow calls in the window that opens it.")
    half_open_max_calls: int = Field(1, ge=1, description="Probes admitted at the same time while half-open.")
    success_threshold: int = Field(1, ge=1, description="Successful probes that close the breaker.")
    backoff_multiplier: float = Field(2.0, ge=1, description="Growth of the open time with each failed probe.")
    max_recovery_timeout: PositiveSeconds = Field(600.0, description="Seconds it stays open at the most.")

    @model_validator(mode="after")
    def _cap_is_not_below_start(self) -> CircuitBreakerConfig:
        if self.max_recovery_timeout < self.recovery_timeout:
            # a longer first break raises the cap with it, unless the cap was set by hand
            if "max_recovery_timeout" in self.model_fields_set:
                msg = "max_recovery_timeout must not be below recovery_timeout"
                raise ValueError(msg)
            object.__setattr__(self, "max_recovery_timeout", self.recovery_timeout)
        return self


class RateLimitConfig(PolicyConfig):
    """How fast one host may be asked, and by how many at once."""

    requests_per_second: float = Field(10.0, gt=0, allow_inf_nan=True, description="Sustained rate; may be inf.")
    burst_size: int = Field(20, ge=1, description="Tokens that can be saved up and spent at once.")
    concurrent_limit: int = Field(5, ge=1, description="Requests under way at the same time.")
    adaptive: bool = Field(True, description="Follow 429, 503, Retry-After and RateLimit headers (AIMD).")
    min_requests_per_second: float = Field(0.1, gt=0, description="Rate below which the adaptive mode never goes.")
    decrease_factor: float = Field(0.5, gt=0, lt=1, description="Factor on the rate when the upstream pushes back.")
    increase_per_second: PositiveShare = Field(
        0.05, description="Share of the configured rate won back with each quiet second in which the limiter was used."
    )
    start_empty: bool = Field(False, description="Start without saved-up tokens: no initial burst.")
    max_pause: PositiveSeconds = Field(
        86_400.0, description="Seconds a host is paused at most, whatever Retry-After says."
    )
    shared: bool = Field(
        False,
        description="Count the tokens of all processes that use the same Redis together. Pauses and the adaptive mode "
        "stay with each process.",
    )


JitterMode = Literal["full", "equal", "decorrelated", "none"]


def _jitter_mode(value: object) -> object:
    """Accept ``True`` and ``False``, the two words of the plain pattern."""
    if isinstance(value, bool):
        return "full" if value else "none"
    return value


class RetryConfig(PolicyConfig):
    """How often and after what delays a failed request is tried again."""

    max_attempts: int = Field(3, ge=1, description="Attempts in all, the first included.")
    base_delay: Seconds = Field(1.0, description="Seconds before the second attempt, before jitter.")
    max_delay: Seconds = Field(60.0, description="Cap in seconds, applied before the jitter.")
    exponential_base: float = Field(2.0, ge=1, description="Growth of the delay per attempt.")
    jitter: Annotated[JitterMode, BeforeValidator(_jitter_mode)] = Field(
        "full", description="full, equal, decorrelated or none; true means full, false means none."
    )
    retry_non_idempotent: bool = Field(False, description="Also retry POST and PATCH.")
    budget_ratio: Share = Field(0.2, description="Retries allowed per request of a host, as a share.")
    budget_reserve: int = Field(10, ge=0, description="Retries allowed beyond the share, refilled over time.")


class CacheMode(StrEnum):
    """What the cache may do.

    ``live``: fresh entries are answered from the cache, the rest from the upstream. ``record``: always ask the
    upstream and keep every answer. ``replay``: answer from what was recorded, whatever its age, and ask the upstream
    for nothing that is there. ``offline``: as ``replay``, and never ask the upstream at all.
    """

    LIVE = "live"
    RECORD = "record"
    REPLAY = "replay"
    OFFLINE = "offline"


class CacheConfig(PolicyConfig):
    """How long answers are kept, in which levels, and what may be served when they are stale."""

    enabled: bool = Field(True, description="Turn the cache off altogether with false.")
    mode: CacheMode = Field(CacheMode.LIVE, description="live, record, replay or offline.")
    memory_ttl: Seconds = Field(300.0, description="Seconds an entry is fresh in memory.")
    redis_ttl: Seconds = Field(3600.0, description="Seconds an entry is fresh in the second level (Redis or file).")
    max_memory_size: int = Field(1000, ge=0, description="Entries kept in memory.")
    max_memory_bytes: int = Field(64 * 1024 * 1024, ge=0, description="Bytes of bodies kept in memory.")
    second_level: Literal["auto", "redis", "disk", "none"] = Field(
        "auto", description="auto: Redis if a client is given, else a local file."
    )
    path: Path | None = Field(
        None, description="The file of the second level; none: a file in the user's cache folder."
    )
    max_disk_bytes: int = Field(1024 * 1024 * 1024, ge=0, description="Bytes kept in the file; the oldest go first.")
    negative_ttl: Seconds = Field(30.0, description="Seconds a 404 or 410 is remembered; 0 turns it off.")
    ttl_jitter: Share = Field(0.05, description="Share by which each TTL is shortened at random.")
    stale_while_revalidate: Seconds = Field(0.0, description="Seconds a stale entry is served while it is renewed.")
    stale_if_error: Seconds = Field(0.0, description="Seconds a stale entry is served when the upstream fails.")
    respect_cache_control: bool = Field(
        False, description="Let Cache-Control of the response shorten the TTLs and forbid storing."
    )
    namespace: str = Field("headgate", min_length=1, description="Prefix of every key in Redis.")


class HttpConfig(PolicyConfig):
    """How requests are sent and what a response may be."""

    user_agent: str = Field(
        "headgate/0.1",
        min_length=1,
        description="Say who you are and how to reach you.",
    )
    timeout_seconds: PositiveSeconds = Field(30.0, description="Seconds for one attempt, body included.")
    connect_timeout: PositiveSeconds = Field(10.0, description="Seconds to connect, TLS included.")
    deadline: PositiveSeconds = Field(300.0, description="Seconds for the whole request: waits, attempts, pauses.")
    max_response_bytes: int = Field(64 * 1024 * 1024, ge=1, description="Bytes of a body after decompression.")
    max_redirects: int = Field(10, ge=0, description="Redirects followed.")
    respect_robots: bool = Field(True, description="Ask for robots.txt once per host and obey it.")
    hedge_after: PositiveSeconds | None = Field(
        None, description="Seconds after which a second attempt of an idempotent request races the first; none: never."
    )
    transport: Literal["aiohttp", "fast"] = Field("aiohttp", description="aiohttp, or fast (extra 'fast').")
    max_connections: int = Field(100, ge=1, description="Connections kept open in all.")
    proxy: str | None = Field(None, description="URL of an HTTP proxy.")
    verify_tls: bool = Field(True, description="Verify certificates.")
