"""One evaluation: judge the metrics, remember what fires, tell who has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from headgate.config.operation import AlertsConfig, AlertTarget
from headgate.metrics import MetricsRegistry
from headgate.observe.alerts.judging import Alert, firing
from headgate.observe.alerts.known import KnownAlert, follow, is_severe
from headgate.observe.alerts.rules import family_of, rules_in_force
from headgate.observe.alerts.sending import Message, open_target, send
from headgate.observe.alerts.wording import body, title
from headgate.observe.catalogue import GROUPS
from headgate.observe.exposition import metrics_page
from headgate.observe.page import MetricsPage
from headgate.store import DatabaseManager, Store, memory

TOPIC = "alert"
MAX_KNOWN = 1_000
"""Alerts that are remembered; further ones are told every time."""

_OF_THE_DATABASE = frozenset(family.name for family in GROUPS[-1][1])
_KINDS = {"critical": "failure", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of an evaluation.

    Args:
        alerts: What fires, or ended just now.
        told: How many alerts were told to each target.
        problems: What went wrong, in sentences.
    """

    alerts: tuple[KnownAlert, ...]
    told: Mapping[str, int]
    problems: tuple[str, ...] = ()


async def known_alerts(store: Store) -> dict[str, KnownAlert]:
    """Return what was remembered, by key."""
    found = await memory.recall_all(store.context, TOPIC, limit=MAX_KNOWN)
    return {key: KnownAlert.from_dict(one.value) for key, one in found.items()}


async def alerts_now(database: DatabaseManager, config: AlertsConfig) -> list[Alert]:
    """Return what fires by what the database says at this moment. Nobody is told, and nothing is remembered.

    Raises:
        ConfigError: A rule is unusable.
    """
    page = await metrics_page(database, registry=MetricsRegistry())
    return firing(rules_in_force(config), page.samples())


async def check_alerts(store: Store, page: MetricsPage, config: AlertsConfig, *, source: str | None) -> Checked:
    """Judge a page of metrics and tell whoever has to be told; nobody is told the same twice.

    An alert that a target could not be told of is tried again by the next evaluation, and so is its end. Where the
    database was not there for the page, nothing can be remembered: what fires is told every time.

    Args:
        store: Where it is remembered who was told what.
        page: The metrics.
        config: Rules and targets.
        source: The source whose counters the page has; none: of no source.

    Raises:
        ConfigError: A rule or a target is unusable.
        MissingExtraError: The extra ``alerts`` is not installed.
        DatabaseUnavailableError: The database went away just now.
    """
    fires = firing(rules_in_force(config), page.samples())
    services = {name: open_target(name, target) for name, target in config.targets.items()}
    now, problems = store.context.now(), list[str]()
    remembers = await _can_remember(store, page)
    before = await known_alerts(store) if remembers else {}
    seen = {key for key, known in before.items() if _could_be_seen(known.alert, config, page, source)}
    after = follow(before, fires, seen=seen, now=now)
    told: dict[str, int] = {}
    for name, service in services.items():
        due = _due(after, name, config.targets[name], now, config.repeat_after)
        problem = await send(service, _message(due, now), seconds=config.timeout) if due else None
        if problem is None:
            told[name] = len(due)
            after |= {known.alert.key: known.tell(name, now) for known in due}
        else:
            problems.append(f"The target '{name}' could not be told ({title(due)}): {problem}.")
    after = {key: _without_strangers(known, config) for key, known in after.items()}
    if remembers:
        await _remember(store, before, after, now)
    ended = (known for known in after.values() if known.ended_at == now)
    return Checked((*(known for known in after.values() if known.ended_at is None), *ended), told, tuple(problems))


async def _can_remember(store: Store, page: MetricsPage) -> bool:
    if page.value("database_up") != 1:
        return False
    found, newest = await store.versions()
    return found == newest


def _could_be_seen(alert: Alert, config: AlertsConfig, page: MetricsPage, source: str | None) -> bool:
    """Tell whether the number of an alert would be on the page, so that its absence means something."""
    rule = rules_in_force(config).get(alert.rule)
    family = None if rule is None else family_of(rule)
    if family is None:
        return True  # the rule is gone, and its alerts with it
    if family.name in _OF_THE_DATABASE:
        return alert.rule == "database_down" or page.value("database_up") == 1
    return alert.labels.get("source") == source


def _due(
    alerts: Mapping[str, KnownAlert], name: str, target: AlertTarget, now: datetime, repeat_after: float
) -> list[KnownAlert]:
    """Return what a target has to be told, the worst first and what is over last."""
    due = [
        known
        for known in alerts.values()
        if is_severe(known.alert, target.severity) and known.is_due(name, now, repeat_after)
    ]
    order = ("critical", "warning", "info")
    return sorted(due, key=lambda known: (known.ended_at is not None, order.index(known.alert.severity)))


def _message(notices: list[KnownAlert], now: datetime) -> Message:
    worst = notices[0]
    kind = "success" if worst.ended_at is not None else _KINDS[worst.alert.severity]
    return Message(title(notices), body(notices, now), kind)


def _without_strangers(known: KnownAlert, config: AlertsConfig) -> KnownAlert:
    """Forget targets that are not configured any more."""
    return replace(known, told={name: moment for name, moment in known.told.items() if name in config.targets})


async def _remember(
    store: Store, before: Mapping[str, KnownAlert], after: Mapping[str, KnownAlert], now: datetime
) -> None:
    """Keep what fires or is not told to its end, and forget the rest."""
    open_ones = {key: known for key, known in after.items() if known.ended_at is None or known.told}
    changed = {key: known for key, known in open_ones.items() if before.get(key) != known}
    gone = before.keys() - open_ones.keys()
    said = {key: memory.Remembered(known.as_dict(), now) for key, known in changed.items()}
    await memory.remember(store.context, TOPIC, said)
    await memory.forget(store.context, TOPIC, gone)
