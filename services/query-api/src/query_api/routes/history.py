"""Routes over the ingestion runs: an indexed query or two each."""

from aiohttp import web

from query_api.routes.endpoint import Endpoint, Services
from query_api.schemas.history import HistoryAnswer, HistoryAsked, RunErrorsAnswer, RunErrorsAsked
from query_api.schemas.problems import Problem
from query_api.store import runs


async def history(services: Services, _request: web.Request, asked: HistoryAsked) -> HistoryAnswer:
    """Answer with runs."""
    total, found = await runs.runs(services.pool, asked)
    return HistoryAnswer(total=total, runs=tuple(found))


async def run_errors(services: Services, _request: web.Request, asked: RunErrorsAsked) -> RunErrorsAnswer:
    """Answer with what was wrong with a run's files."""
    counted = await runs.count_errors(services.pool, asked.run)
    if counted is None:
        raise Problem(404, f"there is no run {asked.run}; /api/admin/ingestion-history lists all")
    total, fatal = counted
    found = await runs.errors(services.pool, asked.run, asked.limit, asked.offset)
    return RunErrorsAnswer(run=asked.run, total=total, fatal=fatal, errors=tuple(found))


ENDPOINTS = (
    Endpoint(
        path="/api/admin/ingestion-history",
        name="listIngestionRuns",
        summary="Ingestion runs: filter, search, sort, page",
        tag="Admin",
        asked=HistoryAsked,
        answer=HistoryAnswer,
        problems=frozenset({503}),
        handle=history,
    ),
    Endpoint(
        path="/api/admin/ingestion-history/{run}/errors",
        name="listRunErrors",
        summary="What was wrong with the files of one run, page by page",
        tag="Admin",
        asked=RunErrorsAsked,
        answer=RunErrorsAnswer,
        problems=frozenset({404, 503}),
        handle=run_errors,
    ),
)
