"""Routes over the ingestion runs: an indexed query or two each."""

import asyncpg
from aiohttp import web

from query_api.routes.endpoint import Endpoint
from query_api.schemas.ingestion_runs import HistoryAnswer, HistoryQuery, RunErrorsAnswer, RunErrorsQuery
from query_api.schemas.problems import ProblemError
from query_api.store import runs


async def history(pool: asyncpg.Pool, _request: web.Request, query: HistoryQuery) -> HistoryAnswer:
    """Answer with runs."""
    total, found = await runs.runs(pool, query)
    return HistoryAnswer(total=total, runs=tuple(found))


async def run_errors(pool: asyncpg.Pool, _request: web.Request, query: RunErrorsQuery) -> RunErrorsAnswer:
    """Answer with what was wrong with a run's files."""
    counted = await runs.count_errors(pool, query.run)
    if counted is None:
        raise ProblemError(404, f"there is no run {query.run}; /api/admin/ingestion-history lists all")
    total, fatal = counted
    found = await runs.errors(pool, query.run, query.limit, query.offset)
    return RunErrorsAnswer(run=query.run, total=total, fatal=fatal, errors=tuple(found))


ENDPOINTS: tuple[Endpoint[asyncpg.Pool], ...] = (
    Endpoint(
        path="/api/admin/ingestion-history",
        name="listIngestionRuns",
        summary="Ingestion runs: filter, search, sort, page",
        tag="Admin",
        query=HistoryQuery,
        answer=HistoryAnswer,
        problems=frozenset({503}),
        handle=history,
    ),
    Endpoint(
        path="/api/admin/ingestion-history/{run}/errors",
        name="listRunErrors",
        summary="What was wrong with the files of one run, page by page",
        tag="Admin",
        query=RunErrorsQuery,
        answer=RunErrorsAnswer,
        problems=frozenset({404, 503}),
        handle=run_errors,
    ),
)
