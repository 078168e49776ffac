"""The rules that are there without any configuration, and those in force with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from headgate.config.known import did_you_mean
from headgate.config.operation import AlertRule, AlertsConfig
from headgate.errors import ConfigError
from headgate.observe.catalogue import FAMILIES, Family, Kind

_DAY = 86_400.0

BUILT_IN: Mapping[str, AlertRule] = MappingProxyType(
    {
        "database_down": AlertRule(
            metric="database_up",
            below=1,
            severity="critical",
            summary="The database could not be read. See 'headgate health'.",
        ),
        "run_failed": AlertRule(
            metric="last_run_status",
            labels={"status": "failed"},
            above=0,
            severity="critical",
            summary="The newest run failed. See 'headgate runs' and the log.",
        ),
        "run_held": AlertRule(
            metric="held_runs",
            above=0,
            severity="critical",
            summary="A run would do harm and waits for a person. See 'headgate runs', then approve or reject it.",
        ),
        "stale_entity": AlertRule(
            metric="entity_freshness_seconds",
            above=2 * _DAY,
            severity="critical",
            summary="No applied run has listed it for two days. See 'headgate runs'.",
        ),
        "circuit_open": AlertRule(
            metric="circuit_breaker_state",
            labels={"state": "open"},
            above=0,
            summary="The host is left alone, because it kept failing.",
        ),
        "failing_attempts": AlertRule(
            metric="attempts_total",
            labels={"outcome": "failure"},
            share=True,
            above=0.2,
            at_least=20,
            summary="More than a fifth of what the host was asked failed.",
        ),
        "refused_rows": AlertRule(
            metric="last_run_rows",
            labels={"fate": "quarantined"},
            share=True,
            above=0.05,
            at_least=50,
            summary="More than one row in twenty was refused. See 'headgate quality' and 'headgate quarantine list'.",
        ),
        "quarantine_grows": AlertRule(
            metric="quarantined_rows",
            above=1_000,
            summary="More than a thousand rows wait in quarantine. See 'headgate quarantine list'.",
        ),
        "many_deletions": AlertRule(
            metric="last_run_rows",
            labels={"fate": "deleted"},
            share=True,
            above=0.05,
            at_least=50,
            summary="More than one row in twenty is gone from the upstream. See 'headgate show'.",
        ),
        "low_quality": AlertRule(metric="quality_score", below=80, summary="See 'headgate quality'."),
        "outbox_lag": AlertRule(
            metric="outbox_lag_seconds",
            above=3_600,
            summary="The sink has not got events that are more than an hour old. See 'headgate health'.",
        ),
        "dead_letters": AlertRule(
            metric="outbox_dead_letters",
            above=0,
            severity="critical",
            summary="Events are not tried any more until a person says so. See 'headgate health'.",
        ),
    }
)
"""The rules that hold without any configuration, by name."""


def rules_in_force(config: AlertsConfig) -> dict[str, AlertRule]:
    """Return the rules that are judged: the built-in ones, replaced and completed by the configured ones.

    Raises:
        ConfigError: A rule names a metric or a label that does not exist.
    """
    rules = {name: rule for name, rule in {**BUILT_IN, **config.rules}.items() if rule.enabled}
    for name, rule in rules.items():
        _check(name, rule)
    return rules


def family_of(rule: AlertRule) -> Family | None:
    """Return the metric of a rule; none if there is no such metric."""
    name = f"headgate_{rule.metric.removeprefix('headgate_')}"
    return FAMILIES.get(name) or FAMILIES.get(name.removesuffix("_total"))


def _check(name: str, rule: AlertRule) -> None:
    family = family_of(rule)
    if family is None or family.kind is Kind.HISTOGRAM:
        near = did_you_mean(rule.metric.removeprefix("headgate_"), [one.removeprefix("headgate_") for one in FAMILIES])
        meant = f"Did you mean '{near}'? " if near and family is None else ""
        what = "there is no such metric" if family is None else "it is a histogram and not one number"
        raise ConfigError(
            f"The rule alerts.rules.{name} is about '{rule.metric}': {what}.",
            hint=f"{meant}The reference of metrics lists all of them.",
        )
    unknown = sorted(rule.labels.keys() - set(family.labels))
    if unknown:
        raise ConfigError(
            f"The rule alerts.rules.{name} names the label '{unknown[0]}', which {family.full_name} does not have.",
            hint=f"It has: {', '.join(family.labels) or 'none'}.",
        )
