"""Statements on runs, and on the errors of their files."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from common.events import ModelDiscovered
from common.storable import storable

from ingester.store_model import LockedModel

# The lock is ours, so a run of this model that is still 'running' belongs to an earlier delivery: go on with it.
_RESUME_RUN = """
UPDATE ingestion_runs SET delivery_count = $3, ingester = $4, revision = $5, tree_oid = $6, total_puzzles = $7,
    base_url = $9, source = $10, trigger = $11, auto_triggered = $12
WHERE id = (
    SELECT id FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $8
    ORDER BY id DESC LIMIT 1
)
RETURNING id, started_at
"""

_OPEN_RUN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, delivery_count, ingester, revision, tree_oid, total_puzzles,
    dry_run, base_url, source, trigger, auto_triggered, status, started_at, completed_at, duration_ms,
    successful, failed, skipped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'running', now(), now(), 0, 0, 0, 0)
RETURNING id, started_at
"""

_CLOSE_RUN = """
UPDATE ingestion_runs SET status = $2, completed_at = $3, successful = $4, failed = $5, skipped = $6,
    total_puzzles = $7, accuracy_percent = $8, score = $9, error_log = $10,
    duration_ms = least(2147483647, extract(epoch FROM $3 - started_at) * 1000)::int
WHERE id = $1
RETURNING duration_ms
"""

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

# The run that this delivery went on with, or a new one where it failed before there was one; the same one again when
# the power failed before the message was settled.
_FAIL_RUN = """
WITH failed AS (
    UPDATE ingestion_runs SET status = 'failed', completed_at = now(), error_log = $3, delivery_count = $4,
        duration_ms = least(2147483647, extract(epoch FROM now() - started_at) * 1000)::int
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running'
    RETURNING id, duration_ms, started_at
), again AS (
    SELECT id, duration_ms, started_at FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'failed' AND error_log = $3 AND $4 > 1
        AND completed_at > now() - interval '10 minutes'
    ORDER BY id DESC LIMIT 1
), made AS (
    INSERT INTO ingestion_runs (hf_dataset, dataset_name, error_log, delivery_count, ingester, trigger, auto_triggered,
        base_url, total_puzzles, status, started_at, completed_at, duration_ms, successful, failed, skipped)
    SELECT $1, $2, $3, $4, $5, $6, $7, '', 0, 'failed', now(), now(), 0, 0, 0, 0
    WHERE NOT EXISTS (SELECT FROM failed) AND NOT EXISTS (SELECT FROM again)
    RETURNING id, duration_ms, started_at
)
SELECT * FROM failed UNION ALL SELECT * FROM made UNION ALL SELECT * FROM again
ORDER BY id DESC LIMIT 1
"""

_RUNNING = """
SELECT id, hf_dataset AS dataset, dataset_name AS model, trigger, started_at, delivery_count FROM ingestion_runs
WHERE status = 'running' AND started_at < now() - $1::interval ORDER BY id
"""

_ABANDON = """
UPDATE ingestion_runs SET status = 'failed', completed_at = now(), error_log = $2,
    duration_ms = least(2147483647, extract(epoch FROM now() - started_at) * 1000)::int
WHERE id = $1 AND status = 'running'
RETURNING duration_ms
"""

_SKIP_RUNNING = """
UPDATE ingestion_runs SET status = 'skipped', completed_at = now(), error_log = $3,
    duration_ms = least(2147483647, extract(epoch FROM now() - started_at) * 1000)::int
WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running'
RETURNING id, duration_ms, started_at
"""


@dataclass(frozen=True)
class RunOpened:
    """A run that is going on. `resumed`: an earlier delivery began it."""

    id: int
    started_at: datetime
    resumed: bool


@dataclass(frozen=True)
class RunEnded:
    """A run that ended without a version."""

    id: int
    duration_ms: int
    started_at: datetime


@dataclass(frozen=True)
class RunningRun:
    """A run that is marked as running, whether anybody works on it or not."""

    id: int
    dataset: str
    model: str
    trigger: str
    started_at: datetime
    delivery_count: int


@dataclass(frozen=True)
class RunStatements(LockedModel):
    """A run's beginning, its errors, and its end."""

    async def open_run(self, **values: Any) -> RunOpened:
        """Go on with the model's unfinished run, or begin one; values are columns of ingestion_runs."""
        columns = ("delivery_count", "ingester", "revision", "tree_oid", "total_puzzles", "dry_run")
        about = ("base_url", "source", "trigger", "auto_triggered")
        arguments = [*self.key, *(values[name] for name in (*columns, *about))]
        if row := await self.connection.fetchrow(_RESUME_RUN, *arguments):
            return RunOpened(row["id"], row["started_at"], resumed=True)
        row = await self.row(_OPEN_RUN, *arguments)
        return RunOpened(row["id"], row["started_at"], resumed=False)

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

    async def abandon_run(self, run_id: int, reason: str) -> int | None:
        """End a run that nobody goes on with; return its duration in ms, None when it has ended meanwhile."""
        duration: int | None = await self.connection.fetchval(_ABANDON, run_id, reason)
        return duration

    async def skip_running(self, reason: str) -> list[RunEnded]:
        """End the model's runs that are not needed any more; return them."""
        return [RunEnded(*row) for row in await self.connection.fetch(_SKIP_RUNNING, *self.key, reason)]

    async def close_run(self, run_id: int, **values: Any) -> int:
        """End a run; return its duration in ms."""
        names = ("status", "completed_at", "successful", "failed", "skipped", "total_puzzles")
        more = ("accuracy_percent", "score", "error_log")
        arguments = (values[name] for name in (*names, *more))
        return int(await self.connection.fetchval(_CLOSE_RUN, run_id, *arguments))


async def fail_run(
    pool: asyncpg.Pool,
    event: ModelDiscovered,
    reason: str,
    delivery_count: int,
    ingester: str,
) -> RunEnded:
    """Record that an ingestion was given up; return its run."""
    rows = await pool.fetch(
        _FAIL_RUN,
        event.dataset,
        event.model,
        reason,
        delivery_count,
        ingester,
        event.trigger,
        event.trigger != "manual",
    )
    return RunEnded(*rows[0])


async def running(pool: asyncpg.Pool, older_than: timedelta) -> list[RunningRun]:
    """Return the runs that began some time ago and did not end."""
    return [RunningRun(**dict(row)) for row in await pool.fetch(_RUNNING, older_than)]
