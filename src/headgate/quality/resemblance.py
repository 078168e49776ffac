"""What makes two rows of an entity look like the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How probable duplicates of an entity are looked for; they are reported and never merged.

    Args:
        name: The field with the name.
        evidence: Weights by field, 0 to 1, of what speaks for or against it.
        threshold: The score from which a pair is reported.
    """

    name: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.8
