"""Contracts: the shape of an upstream's payload, learned and versioned, and how it drifts."""

from headgate.quality.contract.contract import Contract
from headgate.quality.contract.drift import Drift, DriftAction, DriftKind, DriftPolicy, compare
from headgate.quality.contract.shape import FieldShape, PayloadShape, ShapeLearner
from headgate.quality.contract.verdict import ContractVerdict, judge_drifts
from headgate.quality.contract.watch import ContractWatch

__all__ = [
    "Contract",
    "ContractVerdict",
    "ContractWatch",
    "Drift",
    "DriftAction",
    "DriftKind",
    "DriftPolicy",
    "FieldShape",
    "PayloadShape",
    "ShapeLearner",
    "compare",
    "judge_drifts",
]
