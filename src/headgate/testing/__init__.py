"""Tools for testing pipelines: a fake clock, a replica that misbehaves, fault injection."""

from headgate.testing.clock import FakeClock
from headgate.testing.faults import PRESETS, Fault, FaultInjector, FaultKind, FaultPlan
from headgate.testing.replica import NCAAReplica

__all__ = ["PRESETS", "FakeClock", "Fault", "FaultInjector", "FaultKind", "FaultPlan", "NCAAReplica"]
