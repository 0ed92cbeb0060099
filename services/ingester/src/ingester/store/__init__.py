"""All SQL of the ingester, as functions over one locked model, or over all. It knows nothing of the Hub or the bus."""

from ingester.store.runs import (
    Origin,
    RunEnded,
    RunningRun,
    RunOpened,
    RunResult,
    RunStart,
    delete_orphaned_staging,
    end_event,
    running,
)
from ingester.store.session import ColumnTypes, LockHeldError, ModelCounts, Session, column_types, count_models, locked
from ingester.store.versions import CurrentVersion, VersionRow

__all__ = [
    "ColumnTypes",
    "CurrentVersion",
    "LockHeldError",
    "ModelCounts",
    "Origin",
    "RunEnded",
    "RunOpened",
    "RunResult",
    "RunStart",
    "RunningRun",
    "Session",
    "VersionRow",
    "column_types",
    "count_models",
    "delete_orphaned_staging",
    "end_event",
    "locked",
    "running",
]
