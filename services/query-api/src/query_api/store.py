"""Every SQL statement of the query API: reads only."""

import json
from collections.abc import Collection
from typing import Any

import asyncpg

from query_api.schemas_history import HistoryAsked, Run
from query_api.view import Attempt, Key, Submission, Sync, View

_SUBMISSION = """
SELECT hf_dataset AS dataset, model, display_name, source, status AS ingestion_status, removed_upstream_at, tree_oid,
    revision, run_id, published_at, ingested_at, score, score_submitted, tasks_total, tasks_submitted, tasks_solved,
    pairs_total, pairs_solved, attempts, total_cost, total_tokens, errors
FROM submission_versions WHERE superseded_at IS NULL
"""

_SOME = f"{_SUBMISSION} AND (hf_dataset, model) IN (SELECT * FROM unnest($1::text[], $2::text[]))"  # noqa: S608 - constants

_LAST_SYNC = """
SELECT id, trigger, status, started_at, completed_at, models_seen, new_models_found, changed, error
FROM sync_runs WHERE status <> 'running' ORDER BY started_at DESC, id DESC LIMIT 1
"""


async def load(pool: asyncpg.Pool) -> View:
    """Read the whole view, of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(_SUBMISSION)
        return View.of(map(_submission, rows), _sync(await connection.fetchrow(_LAST_SYNC)))


async def submissions(pool: asyncpg.Pool, keys: Collection[Key]) -> list[Submission]:
    """Read the current versions of some models; a model that has none is left out."""
    rows = await pool.fetch(_SOME, [dataset for dataset, _ in keys], [model for _, model in keys])
    return [_submission(row) for row in rows]


async def ping(pool: asyncpg.Pool) -> None:
    """Raise when the database does not answer."""
    await pool.fetchval("SELECT 1")


def _submission(row: asyncpg.Record) -> Submission:
    attempts = tuple(Attempt(each["model_name"], each["accuracy_percent"]) for each in json.loads(row["attempts"]))
    return Submission(**{**dict(row), "attempts": attempts})


def _sync(row: asyncpg.Record | None) -> Sync | None:
    values: dict[str, Any] | None = dict(row) if row else None
    return Sync(**values) if values else None


_RUN = """
SELECT id, dataset_name, base_url, source, total_puzzles, successful, failed, skipped, duration_ms,
    coalesce(dry_run, false) AS dry_run, accuracy_percent::float8 AS accuracy_percent, started_at,
    CASE WHEN status <> 'running' THEN completed_at END AS completed_at, error_log, auto_triggered, status, trigger,
    hf_dataset AS dataset, revision, tree_oid, score, delivery_count
FROM ingestion_runs
"""

_RUN_FILTER = """
WHERE ($1::text IS NULL OR hf_dataset = $1) AND ($2::text IS NULL OR dataset_name = $2)
  AND ($3::text IS NULL OR status = $3) AND ($4::bool IS NULL OR auto_triggered = $4)
"""

_RUN_COLUMNS = {
    "startedAt": "started_at",
    "durationMs": "duration_ms",
    "accuracyPercent": "accuracy_percent",
    "failed": "failed",
}


async def runs(pool: asyncpg.Pool, asked: HistoryAsked) -> tuple[int, list[Run]]:
    """Return how many runs pass the filters, and one page of them."""
    filters = (asked.dataset, asked.model, asked.status, asked.auto_triggered)
    order = f"{_RUN_COLUMNS[asked.sort]} {asked.order} NULLS LAST, id {asked.order}"
    async with pool.acquire() as connection:
        total = await connection.fetchval(f"SELECT count(*) FROM ingestion_runs {_RUN_FILTER}", *filters)  # noqa: S608 - constants
        rows = await connection.fetch(
            f"{_RUN} {_RUN_FILTER} ORDER BY {order} LIMIT $5 OFFSET $6",
            *filters,
            asked.limit,
            asked.offset,
        )
    return total, [Run(**dict(row)) for row in rows]
