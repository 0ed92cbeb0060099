"""The system's own state, for the ingestion page's badges and banners."""

import asyncio
from datetime import timedelta
from functools import partial

from common.bus import topology
from nats.aio.client import Client

from query_api.probes.hub_probe import HubProbe
from query_api.probes.worker_probe import WorkerProbe
from query_api.routes.endpoint import Endpoint
from query_api.schemas.service_status import Status, StatusAnswer, WatcherState, WorkerState
from query_api.settings import Settings
from query_api.view.projection import ViewProjector

# Compared by the database's clock, which rows are written by: the host's own may be hours off.
# A sync of many datasets takes minutes, and a watcher that starts anew catches up: only then is it silence.
OVERDUE_AFTER = timedelta(minutes=30)


@partial(Endpoint, "/api/status", "Service")
async def get_status(
    settings: Settings, client: Client, projector: ViewProjector, workers: WorkerProbe, hub_probe: HubProbe
) -> StatusAnswer:
    """Who is at work: watcher, ingesters, NATS, and the Hub's remaining quota."""
    ingesters, watcher, hub = await asyncio.gather(
        workers(topology.INGESTER), workers(topology.WATCHER), hub_probe.state()
    )
    return StatusAnswer(
        data=Status(
            datasets=settings.hf_datasets,
            writable=settings.is_writable,
            # A server that hangs keeps its connections: what it does not answer, it is not there for.
            bus_connected=client.is_connected and ingesters.alive is not None,
            ingesters=ingesters,
            watcher=_watcher(settings, projector, watcher),
            hub=hub,
        )
    )


def _watcher(settings: Settings, projector: ViewProjector, workers: WorkerState) -> WatcherState:
    last = projector.state.view.last_sync
    last_sync = last.started_at if last else None
    overdue = None
    if settings.enable_cron_jobs:
        overdue = settings.schedule.overdue_since(last_sync, projector.now(), OVERDUE_AFTER)
    return WatcherState(**dict(workers), silent=overdue is not None, last_sync=last_sync, overdue_since=overdue)


ENDPOINTS = (get_status,)
