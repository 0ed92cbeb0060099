"""Runs: their beginning, the errors of their files, and their end."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
from common.arc.rules import RULES_VERSION
from common.events import ModelDiscovered, RunStatus
from common.storable import storable

from ingester.store.locked_model import Connection, LockedModel
from ingester.store.statements import ingestion_runs as sql
from ingester.submission.error_kinds import LISTED, WARNINGS, ListedFinding
from ingester.submission.staged_row import FileError


@dataclass(frozen=True)
class Origin:
    """Which delivery of which event a run is about. `sequence` is the event's on the stream, None outside of it."""

    event: ModelDiscovered
    sequence: int | None
    delivery_count: int
    ingester: str

    @property
    def auto_triggered(self) -> bool:
        """Tell whether no person asked for the run."""
        return self.event.trigger != "manual"


@dataclass(frozen=True)
class RunStart:
    """What is known of a run when it begins: for which delivery, at which content, of how many task files."""

    origin: Origin
    base_url: str
    source: str
    revision: str
    tree_oid: str
    total_puzzles: int
    task_set_version: str


@dataclass(frozen=True)
class RunResult:
    """What a run came to, in files; `accuracy_percent` is of the files that could be used, `score` of the whole set."""

    status: RunStatus
    successful: int
    failed: int
    skipped: int
    total_puzzles: int
    accuracy_percent: float | None = None
    score: float | None = None
    error_log: str | None = None


@dataclass(frozen=True)
class RunOpened:
    """A run that is going on. `resumed`: an earlier delivery began it, of the event at `begun_for` on the stream.

    `judged_alike` tells whether that was by today's rules and by the same edition of the task set.
    """

    id: int
    resumed: bool
    begun_for: int | None = None
    judged_alike: bool = True


@dataclass(frozen=True)
class RunEnded:
    """A run that ended without a version."""

    id: int
    duration_ms: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class RunStatements(LockedModel):
    """A run's beginning, its errors, and its end."""

    async def open_run(self, start: RunStart) -> RunOpened:
        """Resume the model's unfinished run, or begin one."""
        origin, event = start.origin, start.origin.event
        delivery = (origin.delivery_count, origin.ingester)
        content = (start.revision, start.tree_oid, start.total_puzzles)
        about = (event.dry_run, start.base_url, start.source, event.trigger, origin.auto_triggered, origin.sequence)
        judged_by = (RULES_VERSION, start.task_set_version)
        arguments = (*self.key, *delivery, *content, *about, *judged_by, event.request_ids or None)
        if begun := await self.connection.fetchrow(sql.RESUME_RUN, *arguments):
            judged_alike: bool = begun["judged_alike"]
            return RunOpened(begun["id"], resumed=True, begun_for=begun["event_sequence"], judged_alike=judged_alike)
        return RunOpened(await self.connection.fetchval(sql.OPEN_RUN, *arguments), resumed=False)

    async def write_errors(self, run_id: int, previous_run_id: int | None, reused: Collection[str]) -> None:
        """Note why files could not be used, and what was mended in others."""
        await self.connection.execute(sql.COPY_STAGED_ERRORS, *self.key, run_id)
        if previous_run_id is not None and reused:
            await self.connection.execute(sql.CARRY_ERRORS_OVER, run_id, previous_run_id, list(reused))

    async def copy_errors(self, run_id: int, errors: Collection[FileError]) -> None:
        """Note the same of files that were never staged."""
        if errors:
            records = [(run_id, *error) for error in errors]
            await self.connection.copy_records_to_table("ingestion_errors", records=records, columns=sql.ERROR_COLUMNS)

    async def add_findings(self, run_id: int, findings: Iterable[ListedFinding]) -> None:
        """Note what is said of files without a look into them; of the folder itself without a name."""
        rows = [
            (run_id, storable(each.puzzle_id) or None, each.kind, storable(each.message), each.is_fatal, each.blob_oid)
            for each in findings
        ]
        await self.connection.executemany(sql.INSERT_ERROR, rows)

    async def drop_listed(self, run_id: int) -> None:
        """Delete what is said of a folder without a look into its files."""
        await self.connection.execute(sql.DELETE_LISTED, run_id, list(LISTED))

    async def count_findings(self, run_id: int) -> tuple[int, int]:
        """Return how many files of a run could not be used, and how many warnings there are of others."""
        ((failed, warnings),) = await self.connection.fetch(sql.COUNT_FINDINGS, run_id, list(WARNINGS))
        return failed, warnings

    async def error_kinds(self, run_id: int) -> dict[str, int]:
        """Return how many files of a run have errors of each kind, those of mended files included."""
        return {row["kind"]: row["count"] for row in await self.connection.fetch(sql.COUNT_ERROR_KINDS, run_id)}

    async def fail_orphaned(self, run_id: int, reason: str) -> RunEnded | None:
        """End an orphaned run; None when it has ended meanwhile."""
        row = await self.connection.fetchrow(sql.FAIL_ORPHANED_RUN, run_id, reason)
        return RunEnded(*row) if row else None

    async def skip_running(self, event: ModelDiscovered, event_sequence: int | None, reason: str) -> list[RunEnded]:
        """End the runs of an event that are not needed any more, and no other event's; return them."""
        rows = await self.connection.fetch(sql.SKIP_RUNNING_RUNS, *self.key, event.dry_run, event_sequence, reason)
        return [RunEnded(*row) for row in rows]

    async def has_run(self, event: ModelDiscovered, event_sequence: int | None) -> bool:
        """Tell whether there is a run of an event that is for requests."""
        found: bool = await self.connection.fetchval(sql.HAS_RUN_OF_EVENT, event.request_ids, event_sequence)
        return found

    async def has_committed(self, event: ModelDiscovered, event_sequence: int | None) -> bool:
        """Tell whether an event's run came to a score."""
        found: bool = await self.connection.fetchval(sql.HAS_COMMITTED_RUN, *self.key, event.dry_run, event_sequence)
        return found

    async def close_run(self, run_id: int, result: RunResult) -> int:
        """End a run; return its duration in ms."""
        files = (result.successful, result.failed, result.skipped, result.total_puzzles)
        figures = (result.accuracy_percent, result.score, result.error_log)
        rows = await self.connection.fetch(sql.CLOSE_RUN, run_id, result.status, *files, *figures)
        return RunEnded(*rows[0]).duration_ms


async def end_event(
    connection: asyncpg.Pool | Connection, origin: Origin, status: Literal["failed", "skipped"], reason: str
) -> RunEnded:
    """Record how an event ended that brings no version: in its run, or in a new one. Return the run."""
    event = origin.event
    end = (event.dataset, event.model, event.dry_run, status, storable(reason))
    about = (origin.delivery_count, origin.sequence, origin.ingester, event.trigger, origin.auto_triggered)
    rows = await connection.fetch(sql.END_EVENT, *end, *about, event.request_ids or None)
    return RunEnded(*rows[0])


async def running_runs(pool: asyncpg.Pool, older_than: timedelta) -> dict[int, Origin]:
    """Return what the runs are about that began some time ago and did not end, by their ids."""
    return {
        row["id"]: Origin(
            ModelDiscovered.model_validate(
                {name: row[name] for name in ("dataset", "model", "dry_run", "request_ids")}
            ),
            row["event_sequence"],
            row["delivery_count"],
            row["ingester"],
        )
        for row in await pool.fetch(sql.RUNNING_RUNS, older_than)
    }


async def delete_orphaned_staging(pool: asyncpg.Pool) -> None:
    """Remove what is staged for runs that have ended."""
    await pool.execute(sql.DELETE_ORPHANED_STAGING)
