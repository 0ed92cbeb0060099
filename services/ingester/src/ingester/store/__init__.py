"""Every SQL statement of the ingester, as functions over a locked model. It knows nothing of the Hub or the bus."""

from ingester.store.answer_rows import STAGED_COLUMNS, AttemptSums
from ingester.store.runs import Origin, RunEnded, RunningRun, RunOpened, delete_orphaned_staging, end_event, running
from ingester.store.session import ColumnTypes, LockHeldError, ModelCounts, Session, column_types, count_models, locked
from ingester.store.versions import CurrentVersion, TaskResult

__all__ = [
    "STAGED_COLUMNS",
    "AttemptSums",
    "ColumnTypes",
    "CurrentVersion",
    "LockHeldError",
    "ModelCounts",
    "Origin",
    "RunEnded",
    "RunOpened",
    "RunningRun",
    "Session",
    "TaskResult",
    "column_types",
    "count_models",
    "delete_orphaned_staging",
    "end_event",
    "locked",
    "running",
]
