"""What is known of an alert between two evaluations, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from headgate.observe.alerts.judging import Alert

SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert that fires, or that fired and of which not everybody knows yet that it ended.

    Args:
        alert: The alert, with its last number.
        since: Since when it fires.
        told: When each target was told last, by its name.
        ended_at: When it ended; none while it fires.
    """

    alert: Alert
    since: datetime
    told: Mapping[str, datetime] = field(default_factory=dict, hash=False)
    ended_at: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "rule": self.alert.rule,
            "labels": dict(self.alert.labels),
            "value": self.alert.value,
            "limit": self.alert.limit,
            "severity": self.alert.severity,
            "summary": self.alert.summary,
            "since": self.since.isoformat(),
            "told": {name: moment.isoformat() for name, moment in self.told.items()},
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`as_dict` wrote."""
        names = ("rule", "labels", "value", "limit", "severity", "summary")
        return cls(
            Alert(**{name: values[name] for name in names}),
            since=datetime.fromisoformat(values["since"]),
            told={name: datetime.fromisoformat(moment) for name, moment in values["told"].items()},
            ended_at=None if values["ended_at"] is None else datetime.fromisoformat(values["ended_at"]),
        )

    def is_due(self, target: str, now: datetime, repeat_after: float) -> bool:
        """Tell whether a target has to be told: of something new, of its end, or again."""
        told_at = self.told.get(target)
        if self.ended_at is not None:
            return told_at is not None
        return told_at is None or (0 < repeat_after <= (now - told_at).total_seconds())

    def tell(self, target: str, now: datetime) -> Self:
        """Return it with the target told: of the end nothing remains to be told."""
        if self.ended_at is None:
            return replace(self, told={**self.told, target: now})
        return replace(self, told={name: moment for name, moment in self.told.items() if name != target})


def follow(
    known: Mapping[str, KnownAlert], fires: Iterable[Alert], *, seen: Collection[str], now: datetime
) -> dict[str, KnownAlert]:
    """Return what is known after an evaluation, by key.

    Args:
        known: What was known before.
        fires: What fires now.
        seen: Keys of known alerts whose number could have been there: only these can have ended.
        now: The time.
    """
    firing = {alert.key: alert for alert in fires}
    after: dict[str, KnownAlert] = {}
    for key, before in known.items():
        if key in firing:
            continue
        over = before.ended_at is None and key in seen
        after[key] = replace(before, ended_at=now) if over else before
    for key, alert in firing.items():
        earlier = known.get(key)
        if earlier is None:
            after[key] = KnownAlert(alert, now)
        elif earlier.ended_at is None:
            after[key] = replace(earlier, alert=alert)
        else:
            # whoever was not told of its end need not be told that it began again
            after[key] = replace(earlier, alert=alert, ended_at=None, since=now)
    return after


def is_severe(alert: Alert, least: str) -> bool:
    """Tell whether an alert is at least so severe."""
    return SEVERITIES.index(alert.severity) >= SEVERITIES.index(least)


def lasted(known: KnownAlert, now: datetime) -> timedelta:
    """Return for how long an alert has been firing, or had been."""
    return (known.ended_at or now) - known.since
