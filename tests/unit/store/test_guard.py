"""The guard's decisions."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.config.guard import GuardConfig, GuardLimits
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
        ({"known": 10**6, "fetched": 10**6, "deleted": 10_000}, [], None),
        ({"known": 10**6, "fetched": 10**6, "deleted": 10_001}, [], "10,001 known rows would be deleted; the limit is"),
        ({"fetched": 10**6, "quarantined": 10_000}, [], None),
        ({"fetched": 10**6, "quarantined": 10_001}, [], "10,001 rows are in quarantine; the limit is 10,000"),
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


def test_entity_may_have_limits_of_its_own() -> None:
    """What is set for an entity counts for it alone, and what is not set there is as for all."""
    limits = GuardConfig(max_deleted=3, entities={"schools": GuardLimits(max_delete_share=0.5)})
    given = plan(known=10, fetched=6, deleted=4)
    assert [reason for reason in judge(given, limits).reasons if "(40.0%)" in reason] == []
    assert "the limit is 3" in judge(given, limits).reasons[0]
    other = Plan("1", "test", "", {"sports": given.entities["schools"]})
    assert "(40.0%)" in judge(other, limits).reasons[0]
    assert not judge(given, GuardConfig(entities={"schools": GuardLimits(max_delete_share=0.4)})).held


def test_numbers_may_be_left_unlimited() -> None:
    """Without a number only the share counts."""
    limits = GuardConfig(max_deleted=None, max_quarantined=None)
    many = plan(known=10**6, fetched=10**6, deleted=10**5, quarantined=10**5)
    assert not judge(many, limits).held


def test_one_entity_may_be_empty() -> None:
    """An entity that may be empty is not held for it; another one beside it is."""
    limits = GuardConfig(entities={"schools": GuardLimits(allow_empty=True)})
    assert not judge(plan(known=5, fetched=0), limits).held
    both = {name: EntityPlan(name, Counts(), known=5, complete=("",)) for name in ("schools", "sports")}
    assert [reason.split(":")[0] for reason in judge(Plan("1", "test", "", both), limits).reasons] == ["sports"]
