"""The whole way of a row, from the source to the commit."""

from headgate.pipeline.observer import SilentObserver, SyncObserver
from headgate.pipeline.report import Change, EntityReport, RunStatus, SyncReport
from headgate.pipeline.syncing import sync

__all__ = ["Change", "EntityReport", "RunStatus", "SilentObserver", "SyncObserver", "SyncReport", "sync"]
