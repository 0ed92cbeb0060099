"""The ingester's table of contents: what it is made of, in the order in which it starts."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import asyncpg
import structlog
from common.arc.task_sets import TaskSetError, detect_source, load_task_set
from common.bus import bus
from common.bus.delivery import Delivery
from common.bus.topology import INGESTER
from common.database.pool import PoolOptions, open_pool, takes_writes
from common.database.schema import check_migrated
from common.events import QuotaReport
from common.hub.client import HubClient
from common.hub.quota_sharing import QuotaSharing, key_of
from common.hub.transports import Transports
from common.metrics import bus_metrics, pool_metrics, transport_metrics
from common.metrics.bus_metrics import BusMetrics
from common.outcomes import StartupError
from common.process import ops
from common.process.gc_tuning import settle
from common.process.outage import Outage, Room, periodically
from common.process.service import background
from nats.aio.client import Client

from ingester import handlers, model_gauges, orphaned_runs
from ingester.download import malloc_tuning
from ingester.download.pipeline import DownloadPipeline
from ingester.ingestion import lock_queue, overtaking
from ingester.ingestion.cancelling import Cancellable
from ingester.ingestion.ingest import Ingester
from ingester.ingestion.lock_queue import LockQueue
from ingester.ingestion.overtaking import Overtaking
from ingester.metrics import Metrics
from ingester.orphaned_runs import OrphanedRuns
from ingester.settings import Settings
from ingester.store.session import ColumnTypes, column_types, takes_copies
from ingester.submission.limits import BIGINT, INT4, MEMORY_PER_BYTE, Limits
from ingester.verification import schedule
from ingester.verification.schedule import VerificationSchedule
from ingester.verification.verification import Verification

log = structlog.get_logger(__name__)
SERVICE = handlers.SERVICE
# An ingestion, one that overtakes it and its event's lock, a verification; and what is asked in between.
POOL = PoolOptions(max_size=6)


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Run the service until `stopping` is set."""
    malloc_tuning.return_large_blocks()
    check_task_sets(settings)
    instance, wait_seconds = settings.arcwatch_instance or SERVICE, settings.start_wait_seconds
    metrics, starting, room = Metrics(), ops.Starting(), Room()
    checks: dict[str, ops.Check] = {"database": starting.check, "consumer": starting.check, "disk": room.check}
    serve_ops = partial(ops.serve, registry=metrics.registry, instance=settings.arcwatch_instance)
    async with (
        # First: while it waits for its servers, a probe gets the answer that it lives, and why it is not ready.
        serve_ops(settings.ops_host, settings.ops_port, checks=checks) as port,
        lent_pool(settings, starting) as pool,
        hub_client(settings, metrics) as hub,
    ):
        await check_migrated(pool)
        checks["database"] = partial(takes_writes, pool)
        broker = bus.make_broker(settings, instance, wait_seconds, partial(starting.waits, "nats.waiting"))
        client = await bus.connect_broker(broker)
        failures = handlers.FailureRecorder(pool, client, metrics, instance, settings.hf_datasets)
        broker.add_middleware(Delivery(SERVICE, client.jetstream(), metrics.registry, failures, room))
        ingester = build_ingester(settings, pool, hub, client, metrics=metrics, columns=await column_types(pool))
        queue = build_lock_queue(ingester, client)
        handlers.register(broker, settings, queue, failures)
        pool_metrics.register(pool, metrics.registry)
        sharing = share_quota(hub, client)
        async with (
            bus.hearing(client, QuotaReport, sharing.hear),
            bus.consuming(broker, client, [INGESTER]),
            background(
                sharing.run(),
                bus.watch_durables(client, [INGESTER]),
                bus_metrics.watch(client, BusMetrics(metrics.registry)),
                *background_tasks(ingester, queue, client),
            ),
        ):
            settle()
            checks["consumer"] = partial(bus.durable_differs, client, INGESTER)
            log.info("ingester.ready", ops_port=port)
            await stopping.wait()


def lent_pool(settings: Settings, starting: ops.Starting) -> AbstractAsyncContextManager[asyncpg.Pool]:
    """Return the pool; `async with` waits for the database, and opens it."""
    waits = partial(starting.waits, "database.waiting")
    url = settings.database_url.get_secret_value()
    return open_pool(url, POOL, wait_seconds=settings.start_wait_seconds, on_wait=waits)


def background_tasks(ingester: Ingester, queue: LockQueue, client: Client) -> tuple[Coroutine[Any, Any, NoReturn], ...]:
    """Return what an ingester does periodically in the background of its deliveries."""
    pool, metrics = ingester.pool, ingester.metrics
    outage = Outage("database", "events come again after a pause; files already staged are kept")
    update_gauges = partial(model_gauges.update, pool, ingester.settings.hf_datasets, metrics)
    end_orphaned = OrphanedRuns(pool, client, metrics, SERVICE).run_once
    return (
        periodically("model_gauges", update_gauges, model_gauges.POLL_SECONDS, outage),
        periodically("orphaned_runs", end_orphaned, orphaned_runs.POLL_SECONDS),
        periodically("lock_queue", queue.run_once, lock_queue.POLL_SECONDS),
        periodically("overtaking", build_overtaking(ingester, queue, client).run_once, overtaking.POLL_SECONDS),
        periodically("verification", build_schedule(ingester).run_once, schedule.POLL_SECONDS),
    )


def build_schedule(ingester: Ingester) -> VerificationSchedule:
    """Put together what an ingester verifies by itself."""
    settings, metrics = ingester.settings, ingester.metrics
    verification = Verification(ingester.pool, ingester.hub, settings.arc_tasks_dir, metrics.count_verification)
    paces = schedule.paces(settings.verify_rows_per_hour, settings.verify_hub_per_day)
    return VerificationSchedule(verification, settings.hf_datasets, paces, metrics.is_ingesting)


def share_quota(hub: HubClient, client: Client) -> QuotaSharing:
    """Put together what tells the others of this quota what we know and use of it, and hears them."""
    tell = partial(bus.tell, client, QuotaReport.subject_of(SERVICE))
    return QuotaSharing(hub.quota, key_of(hub.endpoint, hub.token), tell)


def hub_client(settings: Settings, metrics: Metrics) -> HubClient:
    """Return the client that lists and downloads; `async with` opens it."""
    transports = Transports(settings.hf_transport)
    transport_metrics.register(SERVICE, transports, settings.hf_datasets, metrics.registry)
    return HubClient(
        settings.endpoint,
        settings.token,
        metrics.hub.quota,
        metrics.hub.requested,
        on_bytes=metrics.bytes.inc,
        connections=settings.ingest_concurrency,
        transports=transports,
    )


def build_ingester(
    settings: Settings,
    pool: asyncpg.Pool,
    hub: HubClient,
    client: Client,
    *,
    metrics: Metrics,
    columns: ColumnTypes,
) -> Ingester:
    """Put an ingester together from what it works on."""
    return Ingester(
        settings=settings,
        pool=pool,
        hub=hub,
        downloads=DownloadPipeline(hub, settings.ingest_concurrency, settings.ingest_bytes_in_flight),
        limits=limits_of(columns, settings),
        longest_model_name=columns["model_name"][1],
        holds=takes_copies(columns),
        names=settings.names,
        metrics=metrics,
        publish=partial(bus.publish, client, source=SERVICE),
        announce=partial(bus.publish_unstored, client),
    )


def cancellable(ingester: Ingester) -> Cancellable:
    """Return what ingests until an admin cancels it."""
    instance = ingester.settings.arcwatch_instance or SERVICE
    return Cancellable(ingester.ingest, ingester.pool, ingester.metrics, ingester.announce, instance)


def build_lock_queue(ingester: Ingester, client: Client) -> LockQueue:
    """Put together the queue of requests for models whose lock another ingester holds."""
    publish = partial(bus.publish, client, source=SERVICE)
    return LockQueue(ingester.pool, cancellable(ingester), publish, client, ingester.metrics)


def build_overtaking(ingester: Ingester, queue: LockQueue, client: Client) -> Overtaking:
    """Put together the second lane, of manual events ahead of their turn, with half the bytes in flight."""
    downloads = replace(ingester.downloads, bytes_in_flight=ingester.downloads.bytes_in_flight // 2)
    as_configured = partial(handlers.as_configured, datasets=ingester.settings.hf_datasets)
    ingest = cancellable(replace(ingester, downloads=downloads))
    return Overtaking(ingester.pool, client, ingest, as_configured, queue.hand_back)


def check_task_sets(settings: Settings) -> None:
    """Raise StartupError for a dataset whose tasks are not known: nothing of it could be scored."""
    for dataset in settings.hf_datasets:
        source = detect_source(dataset)
        if source is None:
            raise StartupError(f"HF_DATASETS: the name {dataset} does not tell which task set it answers")
        try:
            load_task_set(source, settings.arc_tasks_dir)
        except TaskSetError as error:
            raise StartupError(str(error)) from error


def limits_of(columns: ColumnTypes, settings: Settings) -> Limits:
    """Return what the columns of this database hold, and what the settings allow."""
    return Limits(
        # Of a lower limit no less: a small file with one wide character takes 17 times its size.
        max_memory=max(Limits().max_memory, MEMORY_PER_BYTE * settings.ingest_max_file_bytes),
        max_token=INT4 if columns["total_tokens"][0] == "integer" else BIGINT,
        max_ms=INT4 if columns["api_processing_time_ms"][0] == "integer" else BIGINT,
    )
