"""Relationships: references between entities, declared once and checked as sets."""

from headgate.quality.relationship.condition import Condition, Operator
from headgate.quality.relationship.declaration import (
    CheckKind,
    OrphanPolicy,
    Relationship,
    SetCheck,
    plan_checks,
    refuse_unknown_names,
)
from headgate.quality.relationship.tracker import Breach, RelationshipTracker

__all__ = [
    "Breach",
    "CheckKind",
    "Condition",
    "Operator",
    "OrphanPolicy",
    "Relationship",
    "RelationshipTracker",
    "SetCheck",
    "plan_checks",
    "refuse_unknown_names",
]
