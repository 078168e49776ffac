"""The whole way of a row, from the source to the commit."""

from headgate.pipeline.activity import Activity, activity_of
from headgate.pipeline.contracts import ContractReport, accept_contracts, contracts_of
from headgate.pipeline.deciding import apply, approve, plan_rollback, reject
from headgate.pipeline.delivering import Delivery, deliver
from headgate.pipeline.enrichment import Enrichment
from headgate.pipeline.matching import SourceMatches, StoredReviews, match_source
from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.pipeline.opening import open_store, source_of
from headgate.pipeline.outbox import outbox_status
from headgate.pipeline.quality_report import RunQuality, quality_of, quality_over_time
from headgate.pipeline.replaying import ReplayReport, replay
from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport
from headgate.pipeline.restoring import plan_restore, preview_restore, restore
from headgate.pipeline.run_report import RunReport, describe
from headgate.pipeline.standing import Standing, Standings, standings
from headgate.pipeline.syncing import plan, sync
from headgate.pipeline.telling import deliver_after, open_deciding_store

__all__ = [
    "Activity",
    "Change",
    "ContractReport",
    "Delivery",
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
    "deliver",
    "deliver_after",
    "describe",
    "match_source",
    "open_deciding_store",
    "open_store",
    "outbox_status",
    "plan",
    "plan_restore",
    "plan_rollback",
    "preview_restore",
    "quality_of",
    "quality_over_time",
    "reject",
    "replay",
    "restore",
    "source_of",
    "standings",
    "sync",
]
