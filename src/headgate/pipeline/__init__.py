"""The whole way of a row, from the source to the commit."""

from headgate.pipeline.activity import Activity, activity_of
from headgate.pipeline.contracts import ContractReport, accept_contracts, contracts_of
from headgate.pipeline.deciding import apply, approve, plan_rollback, reject
from headgate.pipeline.enrichment import Enrichment
from headgate.pipeline.matching import SourceMatches, StoredReviews, match_source
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.pipeline.opening import open_store
from headgate.pipeline.quality_report import RunQuality, quality_of, quality_over_time
from headgate.pipeline.replaying import ReplayReport, replay
from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport
from headgate.pipeline.restoring import plan_restore, preview_restore, restore
from headgate.pipeline.run_report import RunReport, describe
from headgate.pipeline.standing import Standing, Standings, standings
from headgate.pipeline.syncing import plan, sync

__all__ = [
    "Activity",
    "Change",
    "ContractReport",
    "Enrichment",
    "EntityReport",
    "ReplayReport",
    "RunQuality",
    "RunReport",
    "RunStatus",
    "SilentObserver",
    "SourceMatches",
    "Standing",
    "Standings",
    "StoredReviews",
    "SyncObserver",
    "SyncReport",
    "accept_contracts",
    "activity_of",
    "apply",
    "approve",
    "contracts_of",
    "describe",
    "match_source",
    "open_store",
    "plan",
    "plan_restore",
    "plan_rollback",
    "preview_restore",
    "quality_of",
    "quality_over_time",
    "reject",
    "replay",
    "restore",
    "standings",
    "sync",
]
