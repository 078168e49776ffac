"""The guard's decisions."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.config.guard import GuardConfig
from headgate.store import Counts, EntityPlan, Plan, judge


def plan(known: int = 0, *, partial: bool = False, complete: tuple[str, ...] = ("",), **counts: int) -> Plan:
    """Return a plan of one entity."""
    entity = EntityPlan("schools", Counts(**counts), known=known, partial=partial, complete=complete)
    return Plan("1", "test", "", {"schools": entity})


@pytest.mark.parametrize(
    ("given", "earlier", "reason"),
    [
        ({"known": 100, "fetched": 90, "deleted": 10}, [], None),
        ({"known": 100, "fetched": 89, "deleted": 11}, [], "11 of 100 known rows would be deleted (11.0%)"),
        ({"known": 0, "fetched": 0}, [], "no row of anything"),
        ({"known": 0, "fetched": 0, "complete": ()}, [], None),
        ({"known": 5, "fetched": 0}, [], "no row at all, and 5 are known"),
        ({"known": 5, "fetched": 0, "complete": ()}, [], None),
        ({"known": 5, "deleted": 5, "complete": ()}, [], "5 of 5 known rows would be deleted (100.0%)"),
        ({"known": 5, "fetched": 10, "quarantined": 2}, [], None),
        ({"known": 5, "fetched": 10, "quarantined": 3}, [], "3 of 10 fetched rows are in quarantine (30.0%)"),
        ({"fetched": 1, "quarantined": 1}, [], "1 of 1 fetched rows"),
        ({"fetched": 75}, [100, 100, 20], None),
        ({"fetched": 74}, [100, 100, 20], "74 rows were fetched, and 100 are usual (the median of 3 runs)"),
        ({"fetched": 10, "partial": True}, [100], None),
    ],
)
def test_limits(given: dict[str, Any], earlier: list[int], reason: str | None) -> None:
    """Each limit holds what is beyond it and lets pass what is just within; the reason gives the numbers."""
    verdict = judge(plan(**given), GuardConfig(), {"schools": earlier})
    assert verdict.held is (reason is not None)
    assert reason is None or reason in verdict.reasons[0]


def test_one_empty_entity_beside_others_is_no_empty_upstream() -> None:
    """What was never there may be missing, as long as something else came."""
    first = EntityPlan("schools", Counts(fetched=1), known=0, partial=False, complete=("",))
    other = EntityPlan("closed", Counts(), known=0, partial=False, complete=("",))
    assert not judge(Plan("1", "test", "", {"schools": first, "closed": other})).held


def test_empty_upstream_may_be_allowed() -> None:
    """With allow_empty an upstream without rows is a fact."""
    assert not judge(plan(fetched=0), GuardConfig(allow_empty=True)).held
    assert not judge(plan(known=5, fetched=0), GuardConfig(allow_empty=True)).held
