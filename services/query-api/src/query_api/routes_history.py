"""Routes over the ingestion runs: one indexed query each."""

from aiohttp import web

from query_api import store
from query_api.endpoints import Endpoint, Services
from query_api.schemas_history import HistoryAnswer, HistoryAsked


async def history(services: Services, _request: web.Request, asked: HistoryAsked) -> HistoryAnswer:
    """Answer with runs."""
    total, runs = await store.runs(services.pool, asked)
    return HistoryAnswer(total=total, runs=tuple(runs))


ENDPOINTS = (
    Endpoint(
        path="/api/admin/ingestion-history",
        name="listIngestionRuns",
        summary="Ingestion runs: filter, sort, page",
        tag="Admin",
        asked=HistoryAsked,
        answer=HistoryAnswer,
        problems=frozenset({503}),
        handle=history,
    ),
)
