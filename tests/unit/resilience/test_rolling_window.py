"""The rolling window: what it counts and when it forgets."""

from __future__ import annotations

from headgate.resilience.rolling_window import RollingWindow


def test_everything_within_the_window_is_counted() -> None:
    """Calls, failures and slow calls of the last nine tenths at least."""
    window = RollingWindow(10.0, now=0.0)
    for second in range(9):
        window.add(second + 0.5, failed=second % 2 == 0, slow=second == 0)
    assert window.counts(9.0) == (9, 5, 1)


def test_old_buckets_are_dropped_one_by_one() -> None:
    """A call of the first second is gone when the window has moved past it."""
    window = RollingWindow(10.0, now=0.0)
    window.add(0.5, failed=True)
    window.add(1.5)
    assert window.counts(9.9) == (2, 1, 0)
    assert window.counts(10.1) == (1, 0, 0)
    assert window.counts(11.1) == (0, 0, 0)


def test_a_long_silence_empties_it() -> None:
    """However long the silence, what was counted before it is gone, and counting goes on."""
    window = RollingWindow(10.0, now=0.0)
    window.add(0.5, failed=True)
    assert window.counts(1e9) == (0, 0, 0)
    window.add(1e9 + 1, failed=True)
    assert window.counts(1e9 + 2) == (1, 1, 0)
