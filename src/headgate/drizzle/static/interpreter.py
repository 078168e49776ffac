"""The evaluator with all its handlers."""

from __future__ import annotations

from headgate.drizzle.static.access import ACCESS
from headgate.drizzle.static.evaluator import Evaluator
from headgate.drizzle.static.literals import LITERALS
from headgate.drizzle.static.operators import OPERATORS


def evaluator() -> Evaluator:
    """Return a fresh evaluator."""
    return Evaluator({**LITERALS, **ACCESS, **OPERATORS})
