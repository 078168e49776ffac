"""What hosts say about quotas."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from headgate.http.rate_headers import parse_quota
from headgate.http.structured_fields import Item, parse_list
from headgate.resilience.quota import Quota

NOW = 1_750_000_000.0


def quota(**headers: str) -> Quota | None:
    """Parse headers whose names have ``_`` for ``-``."""
    return parse_quota(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), now=NOW)


def test_the_structured_form_is_read_with_its_policy() -> None:
    """What remains and when comes from one field, the limit from the other."""
    found = quota(RateLimit='"default";r=50;t=30', RateLimit_Policy='"default";q=100;w=60')
    assert found == Quota(limit=100, remaining=50, reset_seconds=30.0)


def test_names_may_be_tokens() -> None:
    """Quoted or not, a name is a name."""
    assert quota(RateLimit="default;r=5;t=3", RateLimit_Policy='"default";q=10') == Quota(10, 5, 3.0)


def test_without_a_reset_the_window_counts() -> None:
    """A quota is never spread over less time than it may have to last for."""
    assert quota(RateLimit='"a";r=5', RateLimit_Policy='"a";q=10;w=60') == Quota(10, 5, 60.0)


def test_of_several_quotas_the_tightest_counts() -> None:
    """A thousand left for the day do not help when one is left for the minute."""
    assert quota(RateLimit='"day";r=86400;t=8640, "minute";r=1;t=60') == Quota(None, 1, 60.0)
    assert quota(RateLimit='"a";r=0;t=5, "b";r=0;t=50') == Quota(None, 0, 50.0)


@pytest.mark.parametrize(
    "value",
    ["", '"default"', '"default";r=50', '"default;r=5;t=3', "r=5 t=3", '"a";r=-1;t=5', '"a";r="5";t=5', "a;r=5;t=3,"],
)
def test_a_malformed_field_is_ignored(value: str) -> None:
    """As the draft asks: no guess, as if it were not there."""
    assert quota(RateLimit=value) is None


@pytest.mark.parametrize("prefix", ["X-RateLimit", "x-ratelimit", "RateLimit", "X-Rate-Limit"])
def test_the_older_trio_is_read(prefix: str) -> None:
    """Three headers, with or without X, in any case."""
    headers = {f"{prefix}-Limit": "100", f"{prefix}-Remaining": "7", f"{prefix}-Reset": "30"}
    assert parse_quota(CIMultiDict(headers), now=NOW) == Quota(100, 7, 30.0)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("30", 30.0), ("1750000030", 30.0), ("1750000030000", 30.0), ("1749999000", 0.0), ("0.5", 0.5)],
)
def test_a_reset_is_a_delay_or_a_moment(reset: str, seconds: float) -> None:
    """Small numbers are seconds from now, large ones Unix time, very large ones Unix milliseconds."""
    found = quota(X_RateLimit_Remaining="1", X_RateLimit_Reset=reset)
    assert found is not None
    assert found.reset_seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("remaining", "reset"), [("many", "30"), ("-1", "30"), ("5", "soon"), ("5", "9" * 40), ("5", "0\x1f")]
)
def test_a_malformed_trio_is_ignored(remaining: str, reset: str) -> None:
    """Numbers only, and of a length that means something."""
    assert quota(X_RateLimit_Remaining=remaining, X_RateLimit_Reset=reset) is None


def test_a_limit_with_policies_behind_it_is_read() -> None:
    """An earlier draft wrote them into one field."""
    assert quota(RateLimit_Limit="100, 100;w=60", RateLimit_Remaining="5", RateLimit_Reset="2") == Quota(100, 5, 2.0)


def test_no_header_is_no_quota() -> None:
    """Silence promises nothing."""
    assert quota(Content_Type="application/json") is None


def test_items_of_every_type_are_understood() -> None:
    """Strings with escapes, numbers, truth, bytes, tokens, and parameters without a value."""
    assert parse_list(r'"a\"b\\c";x;y=?0, 1.5;z=:YQ==:, tok*/en;k=t') == [
        Item('a"b\\c', {"x": True, "y": False}),
        Item(1.5, {"z": "YQ=="}),
        Item("tok*/en", {"k": "t"}),
    ]


@pytest.mark.parametrize("text", ['"open', "a,,b", "a;", "a;=1", "é", "a b", "a;A=1", "a,"])
def test_what_breaks_the_grammar_is_no_list(text: str) -> None:
    """One mistake anywhere spoils the whole field."""
    assert parse_list(text) == []
