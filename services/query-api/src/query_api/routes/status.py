"""The system's own state, for the ingestion page's badges and banners."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from nats.aio.client import Client

from query_api.probes.hub_probe import HubProbe
from query_api.probes.worker_probe import WorkerProbe
from query_api.routes.endpoint import Endpoint
from query_api.schemas.base import Query
from query_api.schemas.service_status import Status, StatusAnswer, WatcherState, WorkerState
from query_api.settings import Settings
from query_api.view.projection import ViewProjector

# Compared by the database's clock, which rows are written by: the host's own may be hours off.
# A sync of many datasets takes minutes, and a watcher that starts anew catches up: only then is it silence.
OVERDUE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Needs:
    """What these routes work with."""

    settings: Settings
    client: Client
    projector: ViewProjector
    ingesters: WorkerProbe
    watchers: WorkerProbe
    hub: HubProbe


async def status(needs: Needs, _request: web.Request, _query: Query) -> StatusAnswer:
    """Answer with the state of the watcher, the ingesters, the bus and the Hub."""
    ingesters, watcher, hub = await asyncio.gather(needs.ingesters.state(), needs.watchers.state(), needs.hub.state())
    settings = needs.settings
    return StatusAnswer(
        data=Status(
            datasets=settings.hf_datasets,
            writable=settings.admin_token is not None,
            bus_connected=needs.client.is_connected,
            ingesters=ingesters,
            watcher=_watcher(needs, watcher, needs.projector.now()),
            hub=hub,
        )
    )


def _watcher(needs: Needs, workers: WorkerState, now: datetime) -> WatcherState:
    last = needs.projector.state.view.last_sync
    overdue = None
    if needs.settings.enable_cron_jobs:
        schedule = needs.settings.schedule
        overdue = schedule.overdue_since(last.started_at if last else None, now, OVERDUE_AFTER)
    return WatcherState(
        **dict(workers),
        silent=overdue is not None,
        last_sync=last.started_at if last else None,
        overdue_since=overdue,
    )


ENDPOINTS: tuple[Endpoint[Needs], ...] = (
    Endpoint(
        path="/api/status",
        name="getStatus",
        summary="Who is at work: watcher, ingesters, NATS, and the Hub's remaining quota",
        tag="Service",
        answer=StatusAnswer,
        handle=status,
    ),
)
