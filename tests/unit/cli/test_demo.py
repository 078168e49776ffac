"""The words of the demonstration."""

from __future__ import annotations

from headgate.cli.demo import _DEEDS
from headgate.testing.faults import FaultKind


def test_every_fault_has_its_words() -> None:
    """Whoever watches with faults of their own is told of each kind; only latency is no event."""
    assert set(_DEEDS) == set(FaultKind) - {FaultKind.LATENCY}
