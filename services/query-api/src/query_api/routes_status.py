"""The system's own state, for the ingestion page's badges and banners."""

import asyncio
from datetime import UTC, datetime, timedelta

import nats.errors
import nats.js.errors
from aiohttp import web
from common.schedule import Schedule
from common.topology import INGESTER, STREAM, WATCHER, Durable
from nats.js.api import ConsumerInfo

from query_api.endpoints import Endpoint, Services
from query_api.schemas_status import HubReach, Status, StatusAnswer, StatusAsked, WatcherState, WorkerState

PATIENCE_SECONDS = 2.0
# Between two pulls nobody waits for a moment (1 of 60 looks found one idle ingester so): only several looks tell.
LOOKS = 4
LOOK_AGAIN_SECONDS = 0.15
# A sync of many datasets takes minutes, and a watcher that starts anew catches up: only then is it silence.
OVERDUE_AFTER = timedelta(minutes=30)


async def status(services: Services, _request: web.Request, _asked: StatusAsked) -> StatusAnswer:
    """Answer with the state of the watcher, the ingesters, the bus and the Hub."""
    ingesters, watcher, hub = await asyncio.gather(
        _worker(services, INGESTER), _worker(services, WATCHER), services.hub_probe.state()
    )
    settings = services.settings
    return StatusAnswer(
        data=Status(
            datasets=settings.hf_datasets,
            writable=settings.admin_token is not None,
            bus_connected=services.client.is_connected,
            ingesters=ingesters,
            watcher=_watcher(services, watcher, datetime.now(UTC)),
            hub=HubReach(
                endpoint=settings.endpoint,
                reachable=hub.reachable,
                reason=hub.reason,
                checked_at=hub.checked_at,
                quota_left=hub.left,
                quota_limit=hub.limit,
                quota_resets_at=hub.resets_at,
            ),
        )
    )


async def _worker(services: Services, durable: Durable) -> WorkerState:
    unknown = WorkerState(alive=None, idle=None, busy=None, waiting=None)
    if not services.client.is_connected:
        return unknown
    stream = services.client.jetstream(timeout=PATIENCE_SECONDS)
    try:
        state = _state(await stream.consumer_info(STREAM, durable.name))
        for _ in range(LOOKS - 1):
            if state.alive:
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            state = _state(await stream.consumer_info(STREAM, durable.name))
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
        return unknown
    return state


def _state(info: ConsumerInfo) -> WorkerState:
    idle, busy = info.num_waiting or 0, info.num_ack_pending or 0
    return WorkerState(alive=idle > 0 or busy > 0, idle=idle, busy=busy, waiting=info.num_pending or 0)


def _watcher(services: Services, worker: WorkerState, now: datetime) -> WatcherState:
    last = services.keeper.state.view.last_sync
    overdue = None
    if services.settings.enable_cron_jobs:
        overdue = overdue_since(services.settings.schedule, last.started_at if last else None, now)
    return WatcherState(
        alive=worker.alive,
        idle=worker.idle,
        busy=worker.busy,
        waiting=worker.waiting,
        silent=overdue is not None,
        last_sync=last.started_at if last else None,
        overdue_since=overdue,
    )


def overdue_since(schedule: Schedule, last_sync: datetime | None, now: datetime) -> datetime | None:
    """Return the tick that a sync should have followed by now, or None when one did."""
    due = schedule.allowed_from(schedule.last_tick(now - OVERDUE_AFTER))
    if due > now - OVERDUE_AFTER or (last_sync is not None and last_sync >= due):
        return None
    return due


ENDPOINTS = (
    Endpoint(
        path="/api/status",
        name="getStatus",
        summary="Who is at work: watcher, ingesters, NATS, and the Hub's remaining quota",
        tag="Service",
        asked=StatusAsked,
        answer=StatusAnswer,
        handle=status,
    ),
)
