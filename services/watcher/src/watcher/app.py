"""The watcher's table of contents: what it is made of, in the order in which it starts."""

import asyncio
from functools import partial

import asyncpg
import structlog
from common.bus import bus
from common.bus.delivery import Delivery
from common.bus.topology import WATCHER
from common.database.pool import open_pool, takes_writes
from common.database.schema import check_migrated
from common.events import QuotaReport
from common.hub.client import HubClient
from common.hub.quota_sharing import QuotaSharing, key_of
from common.metrics import bus_metrics, pool_metrics
from common.metrics.bus_metrics import BusMetrics
from common.process import ops
from common.process.outage import Room
from common.process.service import background
from nats.aio.client import Client

from watcher import handlers
from watcher.metrics import Metrics
from watcher.poll import Poller
from watcher.publishing import Publisher
from watcher.settings import Settings
from watcher.store.syncs import Syncs
from watcher.sync import Syncer

log = structlog.get_logger(__name__)
SERVICE = handlers.SERVICE


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Run the service until `stopping` is set."""
    metrics = Metrics()
    database_url = settings.database_url.get_secret_value()
    starting, wait_seconds, room = ops.Starting(), settings.start_wait_seconds, Room()
    checks: dict[str, ops.Check] = {"database": starting.check, "consumer": starting.check, "disk": room.check}
    serve_ops = partial(ops.serve, registry=metrics.registry, instance=settings.arcwatch_instance)
    async with (
        # First: while it waits for its servers, a probe gets the answer that it lives, and why it is not ready.
        serve_ops(settings.ops_host, settings.ops_port, checks=checks) as port,
        open_pool(database_url, wait_seconds=wait_seconds, on_wait=partial(starting.waits, "database.waiting")) as pool,
        hub_client(settings, metrics) as hub,
    ):
        await check_migrated(pool)
        checks["database"] = partial(takes_writes, pool)
        broker = bus.make_broker(
            settings, settings.arcwatch_instance or SERVICE, wait_seconds, partial(starting.waits, "nats.waiting")
        )
        client = await bus.connect_broker(broker)
        broker.add_middleware(Delivery(SERVICE, client.jetstream(), metrics.registry, room=room))
        syncer = build(settings, pool, hub, client, metrics, room=room)
        handlers.register(broker, settings, syncer, auto_ingest=settings.hf_sync_auto_ingest)
        pool_metrics.register(pool, metrics.registry)
        sharing = share_quota(hub, client)
        async with (
            bus.hearing(client, QuotaReport, sharing.hear),
            bus.consuming(broker, client, [WATCHER]),
            background(
                _poller(settings, syncer).run(),
                sharing.run(),
                bus.watch_durables(client, [WATCHER]),
                bus_metrics.watch(client, BusMetrics(metrics.registry)),
            ),
        ):
            checks["consumer"] = partial(bus.durable_differs, client, WATCHER)
            log.info("watcher.ready", ops_port=port)
            await stopping.wait()


def share_quota(hub: HubClient, client: Client) -> QuotaSharing:
    """Put together what tells the others of this quota what we know and use of it, and hears them."""
    tell = partial(bus.tell, client, QuotaReport.subject_of(SERVICE))
    return QuotaSharing(hub.quota, key_of(hub.endpoint, hub.token), tell)


def hub_client(settings: Settings, metrics: Metrics) -> HubClient:
    """Return the client that lists; `async with` opens it."""
    return HubClient(settings.endpoint, settings.token, metrics.hub.quota, metrics.hub.requested)


def build(
    settings: Settings,
    pool: asyncpg.Pool,
    hub: HubClient,
    client: Client,
    metrics: Metrics,
    *,
    room: Room | None = None,
) -> Syncer:
    """Put a syncer together from what it works on; with `room`, it waits for some where NATS has none."""
    for dataset in settings.hf_datasets:
        metrics.last_success.labels(dataset).set(0)
    return Syncer(settings.hf_datasets, hub, Syncs(pool), Publisher(client, pool, SERVICE, room), metrics)


def _poller(settings: Settings, syncer: Syncer) -> Poller:
    return Poller(
        syncer=syncer,
        schedule=settings.schedule,
        enabled=settings.enable_cron_jobs,
        auto_ingest=settings.hf_sync_auto_ingest,
        catch_up=settings.hf_sync_catch_up,
    )
