"""Numbers, times and texts as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from headgate.web.wording import ago, data, duration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "—"), (-3600.0, "0 ms"), (0.25, "250 ms"), (59.94, "59.9 s"), (60, "1 min 00 s"), (7262, "2 h 01 min")],
)
def test_length_of_time_has_the_unit_that_suits_it(seconds: float | None, expected: str) -> None:
    """Milliseconds, seconds, minutes or hours; nothing is shorter than no time, also where a clock was set back."""
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-86_400, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (86_400 * 800, "2 years ago"),
    ],
)
def test_moment_is_told_from_now(seconds: float, expected: str) -> None:
    """A moment is so many units ago; one that is still to come, by another clock, is now."""
    assert ago(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>", "<bdi>&lt;b&gt;</bdi>"),
        ("a\u202eb", "<bdi>a⟨U+202E⟩b</bdi>"),
        ("x" * 1000, f"<bdi>{'x' * 159}…</bdi>"),
        ("", '<span class="none">empty</span>'),
        (None, '<span class="none">none</span>'),
        ({"a": [1, None]}, "<bdi>{&#34;a&#34;:[1,null]}</bdi>"),
    ],
)
def test_value_of_an_upstream_is_harmless(value: object, expected: str) -> None:
    """A value is escaped, cut to a length, keeps its direction to itself, and hides nothing."""
    assert data(value) == expected
