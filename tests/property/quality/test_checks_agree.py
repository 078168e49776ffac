"""The faster ways agree with the plain ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.quality import DuplicatePolicy, Winner, checks, deduplicate
from headgate.quality.columns import failures, map_all
from headgate.quality.short_cuts import SHORT_CUTS
from headgate.testing.strategies import json_values

texts = st.one_of(
    st.emails(),
    st.from_regex(r"[a-z.@-]{1,20}"),
    st.from_regex(r"(https?://)?[a-z0-9:/?# .\[\]]{0,12}"),
    st.text(max_size=12),
    st.sampled_from(["NJ", "nj", "", " ", "\u00a0", "a@b.c", "a@b", "a" * 63 + "@b.c", "a@" + "b" * 64 + ".c"]),
)


@pytest.mark.parametrize("check", SHORT_CUTS, ids=lambda check: check.__name__)
@settings(deadline=None)
@given(
    values=st.lists(texts | st.from_regex(r"[0-9]{4,6}\n?") | st.none() | st.integers(-1, 2) | json_values, max_size=4)
)
def test_a_short_cut_is_true_only_of_good_values(check: Callable[[Any], bool], values: list[Any]) -> None:
    """It may be false of some, or raise."""
    try:
        taken = SHORT_CUTS[check](values)
    except (TypeError, ValueError, RecursionError):
        return
    assert not taken or all(map(check, values))


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (checks.not_empty, ["a", "b"]),
        (checks.valid_email, ["a@b.c", None, "info@example.edu"]),
        (checks.valid_url, ["https://a.b/c?d", None]),
        (checks.zip_code, ["07666", None, "00501"]),
        (checks.us_state, ["NJ", None]),
        (checks.positive_number, [1, None, 2**70]),
    ],
)
def test_a_short_cut_takes_what_is_usual(check: Callable[[Any], bool], values: list[Any]) -> None:
    """Otherwise it would be none; and two lines are not two values."""
    assert SHORT_CUTS[check](values)
    texts = ["\n".join(map(str, values * 2))]
    assert not SHORT_CUTS[check](texts) or check is checks.not_empty


Outcome = st.sampled_from([True, False, 1, 0, "", "x", ValueError, StopIteration, KeyError])


@given(st.lists(Outcome, max_size=12))
def test_a_column_is_judged_as_one_by_one(outcomes: list[Any]) -> None:
    """Whatever passes, fails or raises, next to each other, first and last."""

    def check(position: int) -> Any:
        outcome = outcomes[position]
        if isinstance(outcome, type):
            raise outcome
        return outcome

    expected = {
        position: outcome if isinstance(outcome, type) else None
        for position, outcome in enumerate(outcomes)
        if isinstance(outcome, type) or not outcome
    }
    positions = range(len(outcomes))
    failed = failures(check, positions)
    assert {position: error and type(error) for position, error in failed.items()} == expected
    results, raised = map_all(check, positions, len(outcomes))
    assert [None if position in raised else result for position, result in enumerate(results)] == [
        None if isinstance(outcome, type) else outcome for outcome in outcomes
    ]


rows_with_keys = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 3), "name": st.sampled_from("ab"), "year": st.integers(0, 2) | st.none()}
    ),
    max_size=12,
)


@given(rows_with_keys, st.sampled_from(Winner))
def test_deduplicating_loses_nothing_and_leaves_each_key_once(rows: list[dict[str, Any]], winner: Winner) -> None:
    """Every row is in one place, the kept ones have keys of their own, and doing it again changes nothing."""
    policy = DuplicatePolicy(("id",), winner, "year" if winner is Winner.NEWEST else None)
    result = deduplicate(rows, policy)
    gone = [found.index for found in (*result.dropped, *result.refused)]
    assert len(result.kept) + len(gone) == len(rows)
    assert result.kept == [row for position, row in enumerate(rows) if position not in gone]
    kept_keys = [row["id"] for row in result.kept]
    assert len(kept_keys) == len(set(kept_keys))
    assert deduplicate(result.kept, policy).kept == result.kept
    refused = {found.key[0] for found in result.refused}
    assert refused | set(kept_keys) == {row["id"] for row in rows}
    assert refused.isdisjoint(kept_keys)
