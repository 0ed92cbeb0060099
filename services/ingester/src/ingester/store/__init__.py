"""Every SQL statement of the ingester, as functions over a locked model. It knows nothing of the Hub or the bus."""

from ingester.store.rows import STAGED_COLUMNS, AttemptSums
from ingester.store.runs import Origin, RunEnded, RunningRun, RunOpened, end_event, running, sweep_staged
from ingester.store.session import ColumnTypes, LockHeldError, Session, Standing, column_types, locked, standing
from ingester.store.versions import CurrentVersion, TaskResult

__all__ = [
    "STAGED_COLUMNS",
    "AttemptSums",
    "ColumnTypes",
    "CurrentVersion",
    "LockHeldError",
    "Origin",
    "RunEnded",
    "RunOpened",
    "RunningRun",
    "Session",
    "Standing",
    "TaskResult",
    "column_types",
    "end_event",
    "locked",
    "running",
    "standing",
    "sweep_staged",
]
