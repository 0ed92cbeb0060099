"""Cancelling: an ingestion that runs, or a request that waits for one."""

from functools import partial

import asyncpg
import structlog
from aiohttp import web
from nats.aio.client import Client

from query_api.probes import request_probe
from query_api.routes.console.audited import deed_of
from query_api.routes.endpoint import Endpoint
from query_api.schemas.console.cancel_shapes import Cancelled, OneRunQuery
from query_api.schemas.ingestion import RequestQuery
from query_api.schemas.problems import ProblemError
from query_api.store import cancellations
from query_api.view.stream.broadcaster import Broadcaster

log = structlog.get_logger(__name__)
_POST = partial(Endpoint, method="POST", status=202, problems=(404, 422, 503), secured="adminToken")


@partial(_POST, "/api/admin/ingestion-history/{run}/cancel", "Admin")
async def cancel_run(pool: asyncpg.Pool, request: web.Request, query: OneRunQuery) -> Cancelled:
    """Stop an ingestion that runs: its ingester does so within seconds, and the run ends as skipped."""
    deed = deed_of(request, "runs.cancel", run=query.run)
    status = await cancellations.cancel_run(pool, query.run, deed)
    if status is None:
        raise ProblemError(404, f"there is no run {query.run}; /api/admin/ingestion-history lists all")
    if status != "running":
        raise ProblemError(422, f"run {query.run} is not running: it has ended as {status}")
    log.info("admin.run_cancelled", by=deed.actor, run_id=query.run)
    return Cancelled(message="Its ingester stops it; /api/admin/ingestion-history tells how it ended.")


@partial(_POST, "/api/admin/ingestion-requests/{requestId}/cancel", "Admin")
async def cancel_request(
    pool: asyncpg.Pool, client: Client, broadcaster: Broadcaster, request: web.Request, query: RequestQuery
) -> Cancelled:
    """Take a request back: one that waits is never begun, one that runs is stopped within seconds."""
    found = await request_probe.answer(pool, client, query.request_id, broadcaster.running)
    if found.state not in {"queued", "waiting", "running"}:
        raise ProblemError(422, f"request {query.request_id} has ended: {found.state}")
    deed = deed_of(request, "requests.cancel", requestId=query.request_id, dataset=found.dataset, model=found.model)
    await cancellations.cancel_request(pool, query.request_id, deed)
    log.info("admin.request_cancelled", by=deed.actor, request_id=query.request_id)
    return Cancelled(message="It ends as skipped when its turn comes, at once where it runs.")


ENDPOINTS = (cancel_run, cancel_request)
