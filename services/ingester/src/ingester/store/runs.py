"""Statements on runs, and on the errors of their files."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
from common.events import ModelDiscovered
from common.storable import storable

from ingester.store.locked_model import Connection, LockedModel

# Both instants are the database's, whichever host's clock is ahead, and a clock that is set back makes no duration
# negative. Not now(): within a transaction that is its start.
_ENDS = """completed_at = greatest(statement_timestamp(), started_at), duration_ms = least(2147483647,
    greatest(0, extract(epoch FROM statement_timestamp() - started_at) * 1000))::int"""

# Whatever ends a run deletes what was staged for it: no delivery resumes it.
_ENDED = "id, hf_dataset, dataset_name, duration_ms, started_at, completed_at"
_DELETE_STAGED = """
DELETE FROM staged_rows s USING ended e
WHERE s.hf_dataset = e.hf_dataset AND s.model = e.dataset_name AND s.run_id = e.id
"""

# The lock is ours, so a run of this model that is still 'running' belongs to an earlier delivery, of this event or of
# another: resume it. It is this event's run from now on.
_RESUME_RUN = """
UPDATE ingestion_runs r SET delivery_count = $3, ingester = $4, revision = $5, tree_oid = $6, total_puzzles = $7,
    base_url = $9, source = $10, trigger = $11, auto_triggered = $12, event_sequence = $13
FROM (
    SELECT id, event_sequence FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $8
    ORDER BY id DESC LIMIT 1
) AS begun
WHERE r.id = begun.id
RETURNING r.id, begun.event_sequence
"""

_OPEN_RUN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, delivery_count, ingester, revision, tree_oid, total_puzzles,
    dry_run, base_url, source, trigger, auto_triggered, event_sequence, status, started_at, completed_at, duration_ms,
    successful, failed, skipped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'running', now(), now(), 0, 0, 0, 0)
RETURNING id
"""

_CLOSE_RUN = f"""
WITH ended AS (
    UPDATE ingestion_runs SET status = $2, successful = $3, failed = $4, skipped = $5, total_puzzles = $6,
        accuracy_percent = $7, score = $8, error_log = $9, {_ENDS}
    WHERE id = $1 RETURNING {_ENDED}
), unstaged AS ({_DELETE_STAGED})
SELECT duration_ms FROM ended
"""  # noqa: S608 - made of the constants above

_ERRORS_OF_STAGED = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $3, s.puzzle_id, n->>'kind', n->>'message', s.pairs_total IS NULL, s.hf_blob_oid
FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid), jsonb_array_elements(s.notes) AS n
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL
"""

_ERRORS_CARRIED_ON = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $1, e.puzzle_id, e.kind, e.message, e.fatal, e.hf_blob_oid
FROM ingestion_errors e JOIN wanted w USING (puzzle_id, hf_blob_oid)
WHERE e.run_id = $2 AND e.puzzle_id = ANY($3)
"""

_INSERT_ERROR = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid) VALUES ($1, $2, $3, $4, true, $5)
"""

_COUNT_FAILED = "SELECT count(DISTINCT puzzle_id) FROM ingestion_errors WHERE run_id = $1 AND fatal"

_ERROR_KINDS = "SELECT kind, count(DISTINCT puzzle_id) FROM ingestion_errors WHERE run_id = $1 GROUP BY kind"

# The run of this event, or a new one where it ended before there was one; the same one again when the power failed
# before the message was settled. Where another ingester holds the lock, the event was delivered twice, and the run is
# at work there. $4: how it ends.
_END_EVENT = f"""
WITH free AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtextextended($1 || '@' || $2, 0)) AS ours
), ended AS (
    UPDATE ingestion_runs SET status = $4, error_log = $5, delivery_count = $6, {_ENDS}
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $3
        AND event_sequence IS NOT DISTINCT FROM $7 AND (SELECT ours FROM free)
    RETURNING {_ENDED}
), unstaged AS ({_DELETE_STAGED}), again AS (
    SELECT {_ENDED} FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = $4 AND dry_run = $3 AND error_log = $5 AND $6 > 1
        AND event_sequence IS NOT DISTINCT FROM $7 AND completed_at > now() - interval '10 minutes'
    ORDER BY id DESC LIMIT 1
), made AS (
    INSERT INTO ingestion_runs (hf_dataset, dataset_name, dry_run, status, error_log, delivery_count, event_sequence,
        ingester, trigger, auto_triggered, base_url, total_puzzles, started_at, completed_at, duration_ms, successful,
        failed, skipped)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, now(), now(), 0, 0, 0, 0
    WHERE NOT EXISTS (SELECT FROM ended) AND NOT EXISTS (SELECT FROM again)
    RETURNING {_ENDED}
)
SELECT id, duration_ms, started_at, completed_at
FROM (SELECT * FROM ended UNION ALL SELECT * FROM made UNION ALL SELECT * FROM again) AS runs
ORDER BY id DESC LIMIT 1
"""  # noqa: S608 - made of the constants above

# A request that waits for the model's lock resumes its run when it is handed back, as another event.
_RUNNING = """
SELECT id, hf_dataset AS dataset, dataset_name AS model, dry_run, event_sequence, delivery_count FROM ingestion_runs r
WHERE status = 'running' AND started_at < now() - $1::interval
    AND NOT EXISTS (
        SELECT FROM waiting_requests w
        WHERE w.hf_dataset = r.hf_dataset AND w.model = r.dataset_name AND w.dry_run = r.dry_run)
ORDER BY id
"""

_FAIL_ORPHANED = f"""
WITH ended AS (
    UPDATE ingestion_runs SET status = 'failed', error_log = $2, {_ENDS} WHERE id = $1 AND status = 'running'
    RETURNING {_ENDED}
), unstaged AS ({_DELETE_STAGED})
SELECT id, duration_ms, started_at, completed_at FROM ended
"""  # noqa: S608 - made of the constants above

_SKIP_RUNNING = f"""
WITH ended AS (
    UPDATE ingestion_runs SET status = 'skipped', error_log = $5, {_ENDS}
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $3
        AND event_sequence IS NOT DISTINCT FROM $4
    RETURNING {_ENDED}
), unstaged AS ({_DELETE_STAGED})
SELECT id, duration_ms, started_at, completed_at FROM ended
"""  # noqa: S608 - made of the constants above

# Left by an ingester that staged for a run which had ended meanwhile, and by those from before migration 0003: rows
# without a run may be at work while their model has one.
_DELETE_ORPHANED_STAGING = """
DELETE FROM staged_rows s WHERE NOT EXISTS (
    SELECT FROM ingestion_runs r
    WHERE r.status = 'running'
        AND (r.id = s.run_id OR s.run_id IS NULL AND r.hf_dataset = s.hf_dataset AND r.dataset_name = s.model))
"""


@dataclass(frozen=True)
class RunOpened:
    """A run that is going on. `resumed`: an earlier delivery began it, of the event at `begun_for` on the stream."""

    id: int
    resumed: bool
    begun_for: int | None = None


@dataclass(frozen=True)
class RunEnded:
    """A run that ended without a version."""

    id: int
    duration_ms: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class RunningRun:
    """A run that is marked as running, whether an ingester works on it or not."""

    id: int
    dataset: str
    model: str
    dry_run: bool
    event_sequence: int | None
    delivery_count: int


@dataclass(frozen=True)
class RunStatements(LockedModel):
    """A run's beginning, its errors, and its end."""

    async def open_run(self, **values: Any) -> RunOpened:
        """Resume the model's unfinished run, or begin one; values are columns of ingestion_runs."""
        columns = ("delivery_count", "ingester", "revision", "tree_oid", "total_puzzles", "dry_run")
        about = ("base_url", "source", "trigger", "auto_triggered", "event_sequence")
        arguments = [*self.key, *(values[name] for name in (*columns, *about))]
        if begun := await self.connection.fetchrow(_RESUME_RUN, *arguments):
            return RunOpened(begun["id"], resumed=True, begun_for=begun["event_sequence"])
        return RunOpened(await self.connection.fetchval(_OPEN_RUN, *arguments), resumed=False)

    async def write_errors(self, run_id: int, previous_run_id: int | None, reused: Collection[str]) -> None:
        """Note why files could not be used, and what was mended in others."""
        await self.connection.execute(_ERRORS_OF_STAGED, *self.key, run_id)
        if previous_run_id is not None and reused:
            await self.connection.execute(_ERRORS_CARRIED_ON, run_id, previous_run_id, list(reused))

    async def add_errors(self, run_id: int, errors: Iterable[tuple[str, str, str, str]]) -> None:
        """Note files that were not even fetched: (task id, kind, message, blob oid)."""
        rows = [(run_id, task_id, kind, storable(message), oid) for task_id, kind, message, oid in errors]
        await self.connection.executemany(_INSERT_ERROR, rows)

    async def count_failed(self, run_id: int) -> int:
        """Return how many files of a run could not be used."""
        return int(await self.connection.fetchval(_COUNT_FAILED, run_id))

    async def error_kinds(self, run_id: int) -> dict[str, int]:
        """Return how many files of a run have errors of each kind, those of mended files included."""
        return {row["kind"]: row["count"] for row in await self.connection.fetch(_ERROR_KINDS, run_id)}

    async def fail_orphaned(self, run_id: int, reason: str) -> RunEnded | None:
        """End an orphaned run; None when it has ended meanwhile."""
        row = await self.connection.fetchrow(_FAIL_ORPHANED, run_id, reason)
        return RunEnded(*row) if row else None

    async def skip_running(self, event: ModelDiscovered, event_sequence: int | None, reason: str) -> list[RunEnded]:
        """End the runs of an event that are not needed any more, and no other event's; return them."""
        rows = await self.connection.fetch(_SKIP_RUNNING, *self.key, event.dry_run, event_sequence, reason)
        return [RunEnded(*row) for row in rows]

    async def close_run(self, run_id: int, **values: Any) -> int:
        """End a run; return its duration in ms."""
        names = ("status", "successful", "failed", "skipped", "total_puzzles")
        more = ("accuracy_percent", "score", "error_log")
        arguments = (values[name] for name in (*names, *more))
        return int(await self.connection.fetchval(_CLOSE_RUN, run_id, *arguments))


@dataclass(frozen=True)
class Origin:
    """Which delivery of which event a run is about. `sequence` is the event's on the stream, None outside of it."""

    event: ModelDiscovered
    sequence: int | None
    delivery_count: int
    ingester: str


async def end_event(
    connection: asyncpg.Pool | Connection, origin: Origin, status: Literal["failed", "skipped"], reason: str
) -> RunEnded:
    """Record how an event ended that brings no version: in its run, or in a new one. Return the run."""
    event = origin.event
    rows = await connection.fetch(
        _END_EVENT,
        event.dataset,
        event.model,
        event.dry_run,
        status,
        storable(reason),
        origin.delivery_count,
        origin.sequence,
        origin.ingester,
        event.trigger,
        event.trigger != "manual",
    )
    return RunEnded(*rows[0])


async def running(pool: asyncpg.Pool, older_than: timedelta) -> list[RunningRun]:
    """Return the runs that began some time ago and did not end."""
    return [RunningRun(**dict(row)) for row in await pool.fetch(_RUNNING, older_than)]


async def delete_orphaned_staging(pool: asyncpg.Pool) -> None:
    """Remove what is staged for runs that have ended."""
    await pool.execute(_DELETE_ORPHANED_STAGING)
