"""Parsers of what strangers send: never an exception, never nonsense."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from headgate.errors import InvalidURLError
from headgate.http.cache_control import freshness, may_store, parse_cache_control
from headgate.http.rate_headers import parse_quota
from headgate.http.retry_after import LONGEST, parse_retry_after, retry_after
from headgate.http.structured_fields import parse_list
from headgate.http.url import origin, redact, with_params

NOW = 1_750_000_000.0
WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
ALMOST = st.text('";=,rtqw0123456789.-?: abc\\', max_size=40)


@given(st.text(max_size=60) | ALMOST)
def test_no_value_of_retry_after_breaks_it(value: str) -> None:
    """It is None or a finite number of seconds that is not negative."""
    for seconds in (parse_retry_after(value, now=NOW), retry_after({"Retry-After": value, "Date": value}, now=NOW)):
        assert seconds is None or 0.0 <= seconds <= LONGEST


@given(st.integers(0, 10**9))
def test_seconds_come_back_as_they_went(seconds: int) -> None:
    """Up to ten years."""
    assert parse_retry_after(str(seconds), now=NOW) == min(float(seconds), LONGEST)


@given(st.text(max_size=60) | ALMOST, st.text(max_size=60) | ALMOST)
def test_no_quota_header_breaks_it(one: str, two: str) -> None:
    """Whatever stands there, a quota is a quota: finite and not negative."""
    for names in (("RateLimit", "RateLimit-Policy"), ("X-RateLimit-Remaining", "X-RateLimit-Reset")):
        quota = parse_quota(CIMultiDict(zip(names, (one, two), strict=True)), now=NOW)
        if quota is not None:
            assert quota.remaining >= 0
            assert quota.reset_seconds >= 0
            assert math.isfinite(quota.reset_seconds)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10),
            st.dictionaries(WORD.filter(str.isalpha), st.integers(-999, 999), max_size=3),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_list_that_was_written_is_read_back(members: list[tuple[str, dict[str, int]]]) -> None:
    """Names in quotes with anything printable in them, and numbers as parameters."""
    written = ", ".join(
        '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' + "".join(f";{k}={v}" for k, v in parameters.items())
        for name, parameters in members
    )
    assert [(item.value, item.parameters) for item in parse_list(written)] == members


@given(st.text(max_size=60))
def test_no_cache_control_breaks_it(value: str) -> None:
    """Nor ``Expires`` or ``Age``."""
    headers = {"Cache-Control": value, "Expires": value, "Age": value, "Vary": value}
    parse_cache_control(value)
    may_store(headers)
    left = freshness(headers, now=NOW)
    assert left is None or left >= 0.0


@given(
    secret=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=20),
    name=st.sampled_from(["token", "api_key", "apiKey", "X-Amz-Signature", "client_secret", "password"]),
    others=st.dictionaries(WORD, WORD, max_size=3),
    path=WORD,
)
def test_no_secret_survives(secret: str, name: str, others: dict[str, str], path: str) -> None:
    """Neither as a parameter nor as a password, wherever it stands among others."""
    url = with_params(f"https://user:{secret}@example.org/{path}", {**others, name: secret})
    assert secret not in redact(url)
    assert path in redact(url)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_urls(text: str) -> None:
    """It has an origin or it is refused; and it can always be shown."""
    redact(text)
    try:
        found = origin(text)
    except InvalidURLError:
        return
    assert found.startswith(("http://", "https://"))
