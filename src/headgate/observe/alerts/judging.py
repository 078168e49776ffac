"""Which alerts fire: pure, rules over samples."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from headgate.config.operation import AlertRule
from headgate.observe.alerts.rules import family_of

MAX_ALERTS = 200
"""Alerts of one evaluation; further ones are left out."""

Sample = tuple[str, Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Alert:
    """A number beyond its limit.

    Args:
        rule: The name of the rule.
        labels: Which number it is.
        value: The number.
        limit: The limit.
        severity: ``info``, ``warning`` or ``critical``.
        summary: What it means and what to do.
    """

    rule: str
    labels: Mapping[str, str] = field(hash=False)
    value: float
    limit: float
    severity: str
    summary: str

    @property
    def key(self) -> str:
        """What tells the alert from all others, however often it fires."""
        return orjson.dumps([self.rule, sorted(self.labels.items())]).decode()


def firing(rules: Mapping[str, AlertRule], samples: Iterable[Sample]) -> list[Alert]:
    """Return what is beyond its limit now, by rule; :data:`MAX_ALERTS` at the most."""
    by_metric: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_metric[sample[0]].append(sample)
    found = (alert for name, rule in rules.items() for alert in _judge(name, rule, by_metric))
    return [alert for alert, _ in zip(found, range(MAX_ALERTS), strict=False)]


def _judge(name: str, rule: AlertRule, by_metric: Mapping[str, list[Sample]]) -> Iterator[Alert]:
    family = family_of(rule)
    samples = by_metric.get(family.full_name, []) if family is not None else []
    limit, beyond = (rule.above, operator.gt) if rule.above is not None else (rule.below, operator.lt)
    sums = _sums(rule, samples)
    for _, labels, value in samples:
        if limit is None or rule.labels.items() - labels.items():
            continue
        number = value
        if rule.share:
            whole = sums[_others(rule, labels)]
            if whole <= 0 or whole < rule.at_least:
                continue
            number = value / whole
        if beyond(number, limit):
            yield Alert(name, labels, number, limit, rule.severity, rule.summary)


def _sums(rule: AlertRule, samples: Iterable[Sample]) -> dict[frozenset[tuple[str, str]], float]:
    """Return the sums over all values of the labels that a rule names, by the other labels."""
    sums: dict[frozenset[tuple[str, str]], float] = defaultdict(float)
    if rule.share:
        for _, labels, value in samples:
            sums[_others(rule, labels)] += value
    return sums


def _others(rule: AlertRule, labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if name not in rule.labels)
