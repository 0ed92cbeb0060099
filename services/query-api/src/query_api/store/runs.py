"""Reads ingestion runs, and what was wrong with their files."""

import asyncpg
from pydantic.alias_generators import to_snake

from query_api.schemas.ingestion_runs import HistoryQuery, Run
from query_api.schemas.model_detail import IngestionError
from query_api.store import statements as sql
from query_api.store.repair import all_shaped


async def runs(pool: asyncpg.Pool, query: HistoryQuery) -> tuple[int, list[Run]]:
    """Return how many runs pass the filters, and one page of them."""
    filters = (query.dataset, query.model, query.status, query.auto_triggered, query.search, query.run)
    page = sql.PAGE_OF_RUNS[to_snake(query.sort), query.order]
    async with pool.acquire() as connection:
        total = await connection.fetchval(sql.COUNT_RUNS, *filters)
        rows = await connection.fetch(page, *filters, query.limit, query.offset)
    return total, all_shaped(Run, map(dict, rows), "ingestion_runs")


async def errors(pool: asyncpg.Pool, run_id: int, limit: int, offset: int = 0) -> list[IngestionError]:
    """Return what was wrong with a run's files: those that could not be used first."""
    return [IngestionError(**dict(row)) for row in await pool.fetch(sql.ERRORS_OF_RUN, run_id, limit, offset)]


async def count_errors(pool: asyncpg.Pool, run_id: int) -> tuple[int, int] | None:
    """Return how many errors a run has, and how many of them cost a file; None where there is no such run."""
    row = await pool.fetchrow(sql.COUNT_ERRORS_OF_RUN, run_id)
    return (row["total"], row["fatal"]) if row else None
