"""The contracts of a source: shown, and widened when a person accepts what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.contract import Contract, PayloadShape
from headgate.store import QualityNote, Store, contracts, findings


@dataclass(frozen=True, slots=True)
class ContractReport:
    """The contract of one entity, and how the last run drifted from it.

    Args:
        contract: The contract.
        accepted_by: Who accepted this version; none: it was learned.
        run: The id of the last run that was judged.
        drift: How its payload drifted.
    """

    contract: Contract
    accepted_by: str | None
    run: str | None
    drift: Sequence[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {
            **self.contract.as_dict(),
            "accepted_by": self.accepted_by,
            "run": self.run,
            "drift": list(self.drift),
        }


async def contracts_of(store: Store, source: str, *, entity: str | None = None) -> list[ContractReport]:
    """Return the contracts of a source.

    Args:
        store: The store.
        source: The source.
        entity: Only of this entity.

    Raises:
        ConfigError: There are none.
    """
    async with store.db.get_connection() as connection:
        known = await contracts.current(connection, store.context, source)
    chosen = known if entity is None else {name: record for name, record in known.items() if name == entity}
    if not chosen:
        raise _none(source, entity, list(known))
    run, notes = await _last(store, source)
    return [
        ContractReport(
            Contract(name, record.version, record.since, PayloadShape.from_dict(record.shape)),
            record.accepted_by,
            run,
            _open_drift(notes.get(name), record.since),
        )
        for name, record in chosen.items()
    ]


async def accept_contracts(store: Store, source: str, *, by: str, entity: str | None = None) -> list[ContractReport]:
    """Make what the last run saw part of the contracts, and return those that changed; none if nothing drifted.

    Args:
        store: The store.
        source: The source.
        by: Who accepts it.
        entity: Only of this entity.

    Raises:
        ConfigError: There are no contracts.
    """
    accepted: list[ContractReport] = []
    latest = await findings.latest(store.context, source=source, limit=1)
    for report in await contracts_of(store, source, entity=entity):
        name = report.contract.entity
        seen = latest[0].notes[name].seen if report.drift else None
        if seen is None:
            continue
        new = report.contract.accept(PayloadShape.from_dict(seen), store.context.now())
        shape = new.shape.as_dict()
        await contracts.accept(store.context, source, name, new.version, shape=shape, run_seq=latest[0].seq, by=by)
        accepted.append(ContractReport(new, by, report.run, report.drift))
    return accepted


async def _last(store: Store, source: str) -> tuple[str | None, dict[str, tuple[datetime, QualityNote]]]:
    """Return the last run of a source that was judged: its id, and what was found with the time it began."""
    latest = await findings.latest(store.context, source=source, limit=1)
    if not latest:
        return None, {}
    return latest[0].run, {name: (latest[0].started_at, note) for name, note in latest[0].notes.items()}


def _open_drift(found: tuple[datetime, QualityNote] | None, since: datetime) -> list[dict[str, Any]]:
    """Return the drifts that nobody has accepted since the run began."""
    if found is None or found[0] < since:
        return []
    return list(found[1].report.get("drift", ()))


def _none(source: str, entity: str | None, known: list[str]) -> ConfigError:
    if known:
        return ConfigError(
            f"The source '{source}' has no contract for '{entity}'.", hint=f"It has contracts for: {', '.join(known)}."
        )
    return ConfigError(
        f"There is no contract with the source '{source}' yet.",
        hint="One is learned from the first run that is applied and has enough rows; 'headgate sources' lists sources.",
    )
