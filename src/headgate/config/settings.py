"""The settings of a pipeline, from their four layers: defaults, file, environment, flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from headgate.config.duration import PositiveSeconds, Seconds
from headgate.config.enrich import EnrichConfig
from headgate.config.events import EventsConfig
from headgate.config.extract import ExtractConfig
from headgate.config.file import DEFAULT_FILE
from headgate.config.guard import GuardConfig
from headgate.config.layers import merge, read_layers
from headgate.config.operation import AlertsConfig, MetricsConfig, TracingConfig
from headgate.config.origin import Origin, Origins, find_origin
from headgate.config.policies import CacheConfig, CircuitBreakerConfig, HttpConfig, RateLimitConfig, RetryConfig
from headgate.config.problems import explain
from headgate.config.retention import RetentionConfig
from headgate.config.targets import TargetConfig
from headgate.config.variables import FILE_VARIABLE, NESTED, PREFIX
from headgate.config.web import WebConfig
from headgate.logging import LogFormat, LogLevel


class PipelineConfig(BaseSettings):
    """All settings of a pipeline.

    A flag (a keyword argument here) is stronger than an environment variable, that is stronger than the file, and that
    is stronger than the default. The file is the one given, else the one ``HEADGATE_CONFIG`` names, else
    ``headgate.toml`` in the working folder if it exists.

    Args:
        config_file: The file to read; it must exist.
        **flags: Values by the name of the setting; for a section, a dictionary or an instance.

    Raises:
        ConfigError: A setting is unknown, has a wrong type or range, or contradicts another of the same layer.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=NESTED, extra="forbid", frozen=True, validate_default=False
    )

    database_url: str = Field("sqlite:///headgate.db", repr=False, description="The database that is kept in step.")
    redis_url: str | None = Field(
        None,
        repr=False,
        description="Redis for the cache's second level; none: a local file.",
    )
    batch_size: int = Field(1000, ge=1, description="Rows validated and staged at a time.")
    rate_limit_delay: Seconds = Field(
        0.1, description="Seconds between two requests to a host: short for 1 / rate_limit.requests_per_second."
    )
    max_retries: int = Field(2, ge=0, description="Attempts after the first: short for retry.max_attempts - 1.")
    timeout_seconds: PositiveSeconds = Field(
        30.0, description="Seconds for one attempt: short for http.timeout_seconds."
    )
    log_level: LogLevel = Field("warning", description="debug, info, warning or error.")
    log_format: LogFormat = Field("console", description="console or json.")
    circuit: CircuitBreakerConfig = Field(default_factory=CircuitBreakerConfig)
    rate_limit: RateLimitConfig = Field(default_factory=RateLimitConfig)
    retry: RetryConfig = Field(default_factory=RetryConfig)
    cache: CacheConfig = Field(default_factory=CacheConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    extract: ExtractConfig = Field(default_factory=ExtractConfig)
    guard: GuardConfig = Field(default_factory=GuardConfig)
    retention: RetentionConfig = Field(default_factory=RetentionConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    metrics: MetricsConfig = Field(default_factory=MetricsConfig)
    alerts: AlertsConfig = Field(default_factory=AlertsConfig)
    tracing: TracingConfig = Field(default_factory=TracingConfig)
    enrich: EnrichConfig = Field(default_factory=EnrichConfig)
    events: EventsConfig = Field(default_factory=EventsConfig)
    quality: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="By entity: rules on fields and table, duplicates, contract, orphans, least score.",
    )
    targets: dict[str, TargetConfig] = Field(
        default_factory=dict,
        description="By entity: the table of an application that its rows land in.",
    )

    _origins: Origins = PrivateAttr(default_factory=dict)

    def __init__(self, config_file: Path | str | None = None, **flags: Any) -> None:
        layers = read_layers(type(self), _find_file(config_file), flags)
        values, origins = merge(type(self), layers)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise explain(error, origins) from error
        self._origins = origins

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        *_others: Any,
        **_named: Any,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the values as they are: the layers are merged before, so that each value's origin is known."""
        return (init_settings,)

    @classmethod
    def from_env(cls, config_file: Path | str | None = None) -> Self:
        """Return the settings of this process: defaults, file and environment.

        Raises:
            ConfigError: As for the class.
        """
        return cls(config_file)

    @field_validator("redis_url")
    @classmethod
    def _has_a_redis_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            msg = "a URL that begins with redis://, rediss:// or unix://"
            raise ValueError(msg)
        return value

    def origin(self, path: tuple[str, ...]) -> Origin:
        """Return where the value of a setting came from.

        Args:
            path: The names down to the setting, such as ``("rate_limit", "burst_size")``.
        """
        return find_origin(path, self._origins)


def _find_file(given: Path | str | None) -> Path | None:
    """Return the configuration file to read: the one that was named, else the default one if it exists."""
    named = given or os.environ.get(FILE_VARIABLE)
    if named:
        return Path(named)
    default = Path(DEFAULT_FILE)
    return default if default.exists() else None
