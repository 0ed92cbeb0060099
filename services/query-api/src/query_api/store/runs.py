"""The SQL statements over ingestion runs and what was wrong with their files: reads only."""

import asyncpg

from query_api.schemas.ingestion_runs import HistoryQuery, Run
from query_api.schemas.model_detail import IngestionError
from query_api.store.repair import all_shaped

_RUN = """
SELECT id, dataset_name, base_url, source, total_puzzles, successful, failed, skipped, duration_ms,
    coalesce(dry_run, false) AS dry_run, accuracy_percent::float8 AS accuracy_percent, started_at,
    CASE WHEN status <> 'running' THEN completed_at END AS completed_at, error_log, auto_triggered, status, trigger,
    hf_dataset AS dataset, revision, tree_oid, score, delivery_count
FROM ingestion_runs
"""

# position() takes what is searched for as it is: % and _ are no wildcards in it.
_RUN_FILTER = """
WHERE ($1::text IS NULL OR hf_dataset = $1) AND ($2::text IS NULL OR dataset_name = $2)
  AND ($3::text IS NULL OR status = $3) AND ($4::bool IS NULL OR auto_triggered = $4)
  AND ($5::text IS NULL OR position(lower($5) IN lower(concat_ws(' ', dataset_name, hf_dataset, error_log))) > 0)
  AND ($6::int IS NULL OR id = $6)
"""

_RUN_COLUMNS = {
    "startedAt": "started_at",
    "durationMs": "duration_ms",
    "accuracyPercent": "accuracy_percent",
    "failed": "failed",
}


async def runs(pool: asyncpg.Pool, query: HistoryQuery) -> tuple[int, list[Run]]:
    """Return how many runs pass the filters, and one page of them."""
    filters = (query.dataset, query.model, query.status, query.auto_triggered, query.search, query.run)
    order = f"{_RUN_COLUMNS[query.sort]} {query.order} NULLS LAST, id {query.order}"
    async with pool.acquire() as connection:
        total = await connection.fetchval(f"SELECT count(*) FROM ingestion_runs {_RUN_FILTER}", *filters)  # noqa: S608 - constants
        rows = await connection.fetch(
            f"{_RUN} {_RUN_FILTER} ORDER BY {order} LIMIT $7 OFFSET $8",
            *filters,
            query.limit,
            query.offset,
        )
    return total, all_shaped(Run, map(dict, rows), "ingestion_runs")


_ERRORS = """
SELECT puzzle_id, kind, message, fatal FROM ingestion_errors WHERE run_id = $1
ORDER BY fatal DESC, puzzle_id, id LIMIT $2 OFFSET $3
"""


async def errors(pool: asyncpg.Pool, run_id: int, limit: int, offset: int = 0) -> list[IngestionError]:
    """Return what was wrong with a run's files: those that could not be used first."""
    return [IngestionError(**dict(row)) for row in await pool.fetch(_ERRORS, run_id, limit, offset)]


# No row where there is no such run; a run without errors has one.
_COUNT_ERRORS = """
SELECT count(e.id) AS total, count(e.id) FILTER (WHERE e.fatal) AS fatal
FROM ingestion_runs r LEFT JOIN ingestion_errors e ON e.run_id = r.id WHERE r.id = $1 GROUP BY r.id
"""


async def count_errors(pool: asyncpg.Pool, run_id: int) -> tuple[int, int] | None:
    """Return how many errors a run has, and how many of them cost a file; None where there is no such run."""
    row = await pool.fetchrow(_COUNT_ERRORS, run_id)
    return (row["total"], row["fatal"]) if row else None
