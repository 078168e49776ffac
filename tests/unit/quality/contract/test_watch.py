"""A contract watched while the rows of a run go by."""

from __future__ import annotations

from typing import Any

from headgate.quality.contract import ContractWatch, DriftAction, DriftPolicy, PayloadShape, ShapeLearner
from headgate.quality.contract.watch import LEAST_ROWS


def rows(count: int = 60, **changes: Any) -> list[dict[str, Any]]:
    """Return rows, the last one changed."""
    plain = [{"id": number, "name": f"Name {number}", "extra": "x"} for number in range(count)]
    return [*plain[:-1], {**plain[-1], **changes}]


def known() -> PayloadShape:
    """Return the shape of unchanged rows."""
    learner = ShapeLearner()
    learner.add(rows())
    return learner.finish()


def watch(**actions: DriftAction) -> ContractWatch:
    """Watch with a policy; the model reads two of the three fields."""
    return ContractWatch(DriftPolicy(**actions), read=("id", "name"), known=known())


def test_row_is_refused_in_the_batch_that_brings_it_and_in_every_later_one() -> None:
    """The drift is found once, and its rows each time."""
    watched = watch()
    assert watched.refused(rows()) == {}
    for _ in range(2):
        assert {place: [one.field for one in found] for place, found in watched.refused(rows(id="5")).items()} == {
            59: ["id"]
        }
    assert watched.refused(rows()) == {}
    assert watched.news() is not None


def test_field_that_is_not_read_is_only_reported() -> None:
    """Unless the policy says to hold the run."""
    watched = watch()
    assert watched.refused(rows(extra=5)) == {}
    [drift] = watched.drifts()
    assert watched.action(drift) is DriftAction.WARN
    strict = watch(changed_type=DriftAction.HOLD)
    strict.refused(rows(extra=5))
    assert strict.action(strict.drifts()[0]) is DriftAction.HOLD


def test_null_can_be_blamed_only_where_there_never_was_one() -> None:
    """Of a share of nulls that grows no row is the one too many."""
    watched = watch(nulls=DriftAction.QUARANTINE)
    assert list(watched.refused(rows(name=None))) == [59]
    learner = ShapeLearner()
    learner.add([*rows(), *rows(name=None)])
    often = ContractWatch(DriftPolicy(nulls=DriftAction.QUARANTINE), read=("name",), known=learner.finish())
    assert often.refused([{**row, "name": None} for row in rows()]) == {}
    assert [drift.kind for drift in often.drifts()] == ["nulls"]


def test_what_is_learned_needs_enough_rows() -> None:
    """A handful teaches nothing; and what is as it was is no news."""
    for count, learned in ((LEAST_ROWS - 1, False), (LEAST_ROWS, True)):
        fresh = ContractWatch(DriftPolicy(), read=())
        assert fresh.refused(rows(count)) == {}
        fresh.learn(rows(count))
        assert (fresh.news() is not None) is learned
    same = watch()
    same.refused(rows())
    same.learn(rows(surprise=1))
    assert same.news() is None
