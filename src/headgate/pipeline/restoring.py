"""One row, as it was at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from headgate.config.guard import GuardConfig
from headgate.errors import ConfigError, HeldError
from headgate.pipeline.changes import tell
from headgate.pipeline.deciding import plan_and_judge
from headgate.pipeline.report import Change
from headgate.pipeline.run_report import RunReport
from headgate.store import Change as StoredChange
from headgate.store import HistoricalTracker, Operation, RunState, Store, Version, browsing

_INSTANT = timedelta(microseconds=1)


async def preview_restore(store: Store, entity: str, key: tuple[Any, ...], moment: datetime) -> Change | None:
    """Return the change that would make a row what it was at an instant; nothing if it is that already.

    Raises:
        ConfigError: There is no such entity or row, or nothing was known of the row at that instant: to restore
            "unknown" would delete it.
    """
    newest = await browsing.versions(store.context, entity, key, limit=1)
    then = await browsing.versions(store.context, entity, key, before=moment + _INSTANT, limit=1)
    if not then:
        raise ConfigError(
            f"Nothing is known of '{entity}' {', '.join(map(str, key))} at {moment:%Y-%m-%d %H:%M:%S} UTC.",
            hint="It never was." if not newest else "Its first version is younger: see 'headgate history'.",
        )
    change = between(newest[0], then[0])
    return None if change is None else tell(change)


async def plan_restore(
    store: Store, entity: str, key: tuple[Any, ...], moment: datetime, *, guard: GuardConfig
) -> RunReport | None:
    """Plan the run that makes a row what it was at an instant; it waits to be applied, or is held by the guard.

    Args:
        store: The store.
        entity: Name of the entity.
        key: The values of its key.
        moment: The instant.
        guard: The limits.

    Returns:
        The report of the new run; none if the row is what it was.

    Raises:
        ConfigError: As for :func:`preview_restore`.
        LeaseHeldError: A run of the entity's source is under way.
    """
    if await preview_restore(store, entity, key, moment) is None:
        return None
    return await plan_and_judge(store, await HistoricalTracker(store).restoring(entity, key, moment), guard)


async def restore(
    store: Store,
    entity: str,
    key: tuple[Any, ...],
    moment: datetime,
    *,
    guard: GuardConfig | None = None,
    by: str | None = None,
) -> Change | None:
    """Make a row what it was at an instant, in a run of its own; return the change, or nothing if it is that already.

    Takes what :func:`plan_restore` does, and who decided it; without limits the default ones count.

    Raises:
        ConfigError: As for :func:`preview_restore`.
        HeldError: The guard holds the run; it waits for a person.
        LeaseHeldError: A run of the entity's source is under way.
    """
    report = await plan_restore(store, entity, key, moment, guard=guard or GuardConfig())
    if report is None:
        return None
    if report.status is RunState.HELD:
        raise HeldError(
            f"The guard holds run {report.run}, which restores a row: {' '.join(report.reasons)}",
            hint=f"Look at it, then: headgate approve {report.run}, or headgate reject {report.run}.",
        )
    await store.apply(report.run, by=by)
    return report.changes[0]


def between(current: Version, wanted: Version) -> StoredChange | None:
    """Return the change from one version of a row to another; nothing if they say the same."""
    before, after = current.document, wanted.document
    if before == after:
        return None
    if before is None or after is None:
        operation = Operation.NEW if before is None else Operation.DELETED
        return StoredChange(current.entity, current.key, operation, {}, after or before or {})
    return StoredChange(current.entity, current.key, Operation.UPDATED, _fields(before, after), after)


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
