"""Quality: rules, findings, duplicates, contracts.

The rooms beside this one are imported by their own names: :mod:`headgate.quality.probable` (probable duplicates),
:mod:`headgate.quality.contract`, :mod:`headgate.quality.relationship` and :mod:`headgate.quality.report`.
"""

from headgate.quality.batch import stream_batches, stream_batches_async, validate_and_process_batch
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
from headgate.quality.duplicates import Deduplicated, Duplicate, DuplicateKind, DuplicatePolicy, Winner, deduplicate
from headgate.quality.findings import WHOLE_ROW, BatchResult, Finding, FindingKind, FlaggedRow, InvalidItem
from headgate.quality.from_config import EntityRules, load_rules
from headgate.quality.profile import TableProfile, TableProfiler
from headgate.quality.row_declaration import RowDeclaration
from headgate.quality.row_rule import RowRule
from headgate.quality.row_rules import Compare, Implies, Present, RequiredTogether, SumOf
from headgate.quality.rule import Severity, ValidationRule
from headgate.quality.table_rule import (
    Distribution,
    NullShare,
    RowCount,
    TableRule,
    Unique,
    judge_table,
    profiler_for,
)
from headgate.quality.validator import DataQualityValidator, FieldRules, RuleRef

__all__ = [
    "WHOLE_ROW",
    "BatchResult",
    "Between",
    "Compare",
    "CompiledRules",
    "DataQualityValidator",
    "DateRange",
    "Deduplicated",
    "Distribution",
    "Duplicate",
    "DuplicateKind",
    "DuplicatePolicy",
    "EntityRules",
    "FieldRules",
    "Finding",
    "FindingKind",
    "FlaggedRow",
    "Implies",
    "InvalidItem",
    "Latitude",
    "Length",
    "Longitude",
    "Matches",
    "NonNegativeNumber",
    "NotEmpty",
    "NullShare",
    "OneOf",
    "PositiveNumber",
    "Present",
    "RequiredTogether",
    "RowCount",
    "RowDeclaration",
    "RowRule",
    "RuleRef",
    "Severity",
    "SumOf",
    "TableProfile",
    "TableProfiler",
    "TableRule",
    "Trimmed",
    "USState",
    "Unique",
    "ValidDate",
    "ValidEmail",
    "ValidPhone",
    "ValidURL",
    "ValidationRule",
    "Winner",
    "ZipCode",
    "common_rules",
    "compile_rules",
    "deduplicate",
    "judge_table",
    "load_rules",
    "profiler_for",
    "stream_batches",
    "stream_batches_async",
    "validate_and_process_batch",
]
