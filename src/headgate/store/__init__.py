"""The store: stage, plan, commit, history."""

from headgate.store.activity import ActivityNote, Stamp
from headgate.store.codec import Encoded, RowCodec
from headgate.store.columns import Column, ColumnType, EntityTable, Settlement
from headgate.store.comparing import Comparison
from headgate.store.contracts import ContractRecord
from headgate.store.database import DatabaseManager
from headgate.store.detector import ChangeDetector, UpdatedRow
from headgate.store.doctor import Problem
from headgate.store.findings import QualityNote, QualityRecord
from headgate.store.guard import Verdict, judge
from headgate.store.history import Version
from headgate.store.journal import Journal, ReadPart
from headgate.store.lifecycle import RunLifecycle
from headgate.store.linking import Link, LinkFault, Predicate
from headgate.store.memory import Remembered
from headgate.store.outbox import OutboxStatus, SinkStatus
from headgate.store.overview import EntityOverview, SourceOverview
from headgate.store.plan import Change, Counts, EntityPlan, Operation, Plan, QuarantinedRow, Repeat
from headgate.store.pruning import Pruned
from headgate.store.pruning_runs import PrunedRuns
from headgate.store.quarantine import QuarantineRecord
from headgate.store.records import RunRecord, RunState
from headgate.store.reviews import Review
from headgate.store.rollback import RollbackRun
from headgate.store.run import Run
from headgate.store.series import SeriesPoint
from headgate.store.store import Store
from headgate.store.tracker import HistoricalTracker
from headgate.store.trend import TrendPoint

__all__ = [
    "ActivityNote",
    "Change",
    "ChangeDetector",
    "Column",
    "ColumnType",
    "Comparison",
    "ContractRecord",
    "Counts",
    "DatabaseManager",
    "Encoded",
    "EntityOverview",
    "EntityPlan",
    "EntityTable",
    "HistoricalTracker",
    "Journal",
    "Link",
    "LinkFault",
    "Operation",
    "OutboxStatus",
    "Plan",
    "Predicate",
    "Problem",
    "Pruned",
    "PrunedRuns",
    "QualityNote",
    "QualityRecord",
    "QuarantineRecord",
    "QuarantinedRow",
    "ReadPart",
    "Remembered",
    "Repeat",
    "Review",
    "RollbackRun",
    "RowCodec",
    "Run",
    "RunLifecycle",
    "RunRecord",
    "RunState",
    "SeriesPoint",
    "Settlement",
    "SinkStatus",
    "SourceOverview",
    "Stamp",
    "Store",
    "TrendPoint",
    "UpdatedRow",
    "Verdict",
    "Version",
    "judge",
]
