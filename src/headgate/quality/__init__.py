"""Quality: rules, findings, duplicates, contracts."""

from headgate.quality.batch import process_batch, stream_batches, stream_batches_async
from headgate.quality.common import (
    Between,
    DateRange,
    Latitude,
    Length,
    Longitude,
    Matches,
    NonNegativeNumber,
    NotEmpty,
    OneOf,
    PositiveNumber,
    Trimmed,
    USState,
    ValidDate,
    ValidEmail,
    ValidPhone,
    ValidURL,
    ZipCode,
    common_rules,
)
from headgate.quality.compiled import CompiledRules, compile_rules
from headgate.quality.findings import WHOLE_ROW, BatchResult, Finding, FindingKind, FlaggedRow, InvalidItem
from headgate.quality.row_rule import RowRule
from headgate.quality.rule import Severity, ValidationRule
from headgate.quality.validator import DataQualityValidator, FieldRules, RuleRef

__all__ = [
    "WHOLE_ROW",
    "BatchResult",
    "Between",
    "CompiledRules",
    "DataQualityValidator",
    "DateRange",
    "FieldRules",
    "Finding",
    "FindingKind",
    "FlaggedRow",
    "InvalidItem",
    "Latitude",
    "Length",
    "Longitude",
    "Matches",
    "NonNegativeNumber",
    "NotEmpty",
    "OneOf",
    "PositiveNumber",
    "RowRule",
    "RuleRef",
    "Severity",
    "Trimmed",
    "USState",
    "ValidDate",
    "ValidEmail",
    "ValidPhone",
    "ValidURL",
    "ValidationRule",
    "ZipCode",
    "common_rules",
    "compile_rules",
    "process_batch",
    "stream_batches",
    "stream_batches_async",
]
