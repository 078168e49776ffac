"""The settings of operation: where numbers go, when somebody is told, what is traced."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from headgate.config.duration import PositiveSeconds, Seconds
from headgate.config.policies import PolicyConfig, Share

AlertSeverity = Literal["info", "warning", "critical"]


class MetricsConfig(PolicyConfig):
    """Where the metrics of a command go at its end; a server shows them at ``/metrics``."""

    pushgateway: str | None = Field(
        None, repr=False, description="URL of a Pushgateway that is sent the metrics at the end of a run."
    )
    job: str = Field("headgate", min_length=1, description="The job under which the Pushgateway keeps them.")
    push_timeout: PositiveSeconds = Field(10.0, description="Seconds that the Pushgateway may take.")
    textfile: Path | None = Field(
        None, description="A file ending in .prom that is replaced at the end of a run, for node-exporter."
    )

    @field_validator("pushgateway")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            msg = "a URL that begins with http:// or https://"
            raise ValueError(msg)
        return value

    @field_validator("textfile")
    @classmethod
    def _ends_in_prom(cls, value: Path | None) -> Path | None:
        if value is not None and value.suffix != ".prom":
            msg = "a file whose name ends in .prom: node-exporter reads no other"
            raise ValueError(msg)
        return value


class AlertTarget(PolicyConfig):
    """Somebody who is told."""

    url: SecretStr = Field(description="A URL of apprise: mail, Slack, PagerDuty, a webhook and many more.")
    severity: AlertSeverity = Field("info", description="The least severity that is sent there.")


class AlertRule(PolicyConfig):
    """When somebody is told: a metric, which of its numbers, and the limit."""

    metric: str = Field(description="A metric by its name, with or without headgate_.")
    labels: dict[str, str] = Field(default_factory=dict, description="Only numbers with these labels.")
    above: float | None = Field(None, allow_inf_nan=False, description="Tell when the number is greater.")
    below: float | None = Field(None, allow_inf_nan=False, description="Tell when the number is smaller.")
    share: bool = Field(
        False, description="Judge the share, 0 to 1, of the number in the sum over all values of the labels named here."
    )
    at_least: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="Judge a share only if the sum is as great as this."
    )
    severity: AlertSeverity = Field("warning", description="info, warning or critical.")
    summary: str = Field("", max_length=300, description="What it means and what to do, in a sentence.")
    enabled: bool = Field(True, description="Turn the rule off with false.")

    @model_validator(mode="after")
    def _has_one_limit(self) -> AlertRule:
        if self.enabled and (self.above is None) == (self.below is None):
            msg = "a rule has one limit: either above or below"
            raise ValueError(msg)
        if self.share and not self.labels:
            msg = "the share needs labels that say of what"
            raise ValueError(msg)
        return self


class AlertsConfig(PolicyConfig):
    """Who is told at the end of a run when a metric is beyond its limit."""

    targets: dict[str, AlertTarget] = Field(
        default_factory=dict, description="Who is told, by a name of your choice; nobody is told without one."
    )
    rules: dict[str, AlertRule] = Field(
        default_factory=dict,
        description="Rules by name, beside the built-in ones; one of the same name takes the place of a built-in one.",
    )
    repeat_after: Seconds = Field(
        86_400.0, description="Seconds after which an alert that goes on is sent again; 0: it is sent once."
    )
    timeout: PositiveSeconds = Field(20.0, description="Seconds that sending to one target may take.")


class TracingConfig(PolicyConfig):
    """Traces over OTLP (extra ``otel``): a span for each run, stage, request and attempt."""

    enabled: bool = Field(False, description="Record and send traces.")
    endpoint: str | None = Field(
        None,
        repr=False,
        description="URL that spans are sent to over OTLP/HTTP; none: what the OTEL_EXPORTER_OTLP_ variables say.",
    )
    sample_ratio: Share = Field(1.0, description="Share of the runs that are traced.")
    propagate: bool = Field(
        False, description="Tell upstreams the trace, in the header traceparent. Only for those that are yours."
    )
    service_name: str = Field("headgate", min_length=1, description="The name of the service in the traces.")
