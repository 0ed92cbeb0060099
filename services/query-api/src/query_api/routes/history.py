"""Routes over the ingestion runs: an indexed query or two each."""

from collections.abc import Callable
from functools import partial

import asyncpg
from common.events import IngestionProgress
from nats.aio.client import Client

from query_api.probes import request_probe
from query_api.routes.endpoint import Endpoint
from query_api.schemas.ingestion import RequestAnswer, RequestQuery
from query_api.schemas.ingestion_runs import (
    Activity,
    ActivityAnswer,
    HistoryAnswer,
    HistoryQuery,
    RequestProgress,
    Run,
    RunErrorsAnswer,
    RunErrorsQuery,
)
from query_api.schemas.problems import ProblemError
from query_api.settings import Settings
from query_api.store import runs
from query_api.view.named_models import check_known
from query_api.view.snapshot import View
from query_api.view.stream.broadcaster import Broadcaster

RECENT = 10


@partial(Endpoint, "/api/admin/ingestion-history", "Admin", problems=(404, 503))
async def list_ingestion_runs(
    pool: asyncpg.Pool, settings: Settings, view: Callable[[], View], broadcaster: Broadcaster, query: HistoryQuery
) -> HistoryAnswer:
    """Ingestion runs: filter, search, sort, page."""
    dataset = query.dataset and view().spelled(query.dataset)
    total, found = await runs.runs(pool, query.model_copy(update={"dataset": dataset}))
    if not total and (dataset or query.model):
        keys = await runs.models(pool) | view().submissions.keys()
        check_known(dataset, query.model, keys, settings.hf_datasets)
    return HistoryAnswer(total=total, runs=tuple(_with_progress(run, broadcaster.running.get(run.id)) for run in found))


def _with_progress(run: Run, event: IngestionProgress | None) -> Run:
    if run.status != "running" or event is None:
        return run
    return run.model_copy(update={"progress": RequestProgress(done=event.done, total=event.total)})


@partial(Endpoint, "/api/admin/recent-activity", "Admin", problems=(503,))
async def list_recent_activity(pool: asyncpg.Pool) -> ActivityAnswer:
    """The last ten runs, in short."""
    _, found = await runs.runs(pool, HistoryQuery(limit=RECENT))
    shown = Activity.model_fields.keys() - {"duration"}
    return ActivityAnswer(
        runs=tuple(Activity(duration=each.duration_ms, **each.model_dump(include=shown)) for each in found)
    )


@partial(Endpoint, "/api/admin/ingestion-history/{run}/errors", "Admin", problems=(404, 503))
async def list_run_errors(pool: asyncpg.Pool, query: RunErrorsQuery) -> RunErrorsAnswer:
    """What was wrong with the files of one run, page by page."""
    counted = await runs.count_errors(pool, query)
    if counted is None:
        raise ProblemError(404, f"there is no run {query.run}; /api/admin/ingestion-history lists all")
    total, fatal = counted
    found = await runs.errors(pool, query)
    counted_by_kind = (await runs.findings(pool, [query.run])).get(query.run, ())
    return RunErrorsAnswer(run=query.run, total=total, fatal=fatal, errors=tuple(found), findings=counted_by_kind)


@partial(Endpoint, "/api/admin/ingestion-requests/{requestId}", "Admin", problems=(404, 503), limited=True)
async def get_ingestion_request(
    pool: asyncpg.Pool, client: Client, broadcaster: Broadcaster, query: RequestQuery
) -> RequestAnswer:
    """Where a request for an ingestion is: queued, waiting, running, or how it ended."""
    return await request_probe.answer(pool, client, query.request_id, broadcaster.running)


ENDPOINTS = (list_ingestion_runs, list_recent_activity, list_run_errors, get_ingestion_request)
