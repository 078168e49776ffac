"""The words of a health report: every part reports its own, the worst one is the whole's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class HealthStatus(StrEnum):
    """How well a part is, from best to worst."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


_SEVERITY = {HealthStatus.HEALTHY: 0, HealthStatus.DEGRADED: 1, HealthStatus.UNHEALTHY: 2}


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """How one part is: a status, a sentence if it is not healthy, and facts for the reader."""

    status: HealthStatus
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values: ``status``, ``message`` if there is one, then the facts."""
        head: dict[str, Any] = {"status": self.status.value}
        if self.message:
            head["message"] = self.message
        return {**head, **self.details}


def worst(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """Return the worst of some statuses; healthy when there are none."""
    return max(statuses, key=_SEVERITY.__getitem__, default=HealthStatus.HEALTHY)
