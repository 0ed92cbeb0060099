"""The query API's table of contents: what it is made of, in the order in which it starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import Any

import asyncpg
import structlog
from aiohttp import web
from common.arc.task_sets import detect_source
from common.bus import bus, topology
from common.bus.opening import Opening
from common.database.pool import PoolOptions, answers, open_pool
from common.database.schema import check_migrated
from common.events import IngestionProgress
from common.hub.client import HubClient
from common.metrics import pool_metrics
from common.outcomes import AwayError
from common.process import addresses, http_server, ops
from common.process.gc_tuning import settle
from common.process.outage import DATABASE_ERRORS, reason_of
from common.process.service import background
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from query_api.metrics import Metrics
from query_api.probes.readiness import STOPPING, Readiness
from query_api.routes.access import AccessControl
from query_api.routes.export.sending import ExportLimits
from query_api.routes.table import ENDPOINTS, Services
from query_api.server.access_log import AccessLog
from query_api.server.http import Http
from query_api.server.response_cache import ResponseCache
from query_api.server.web_app import make_app
from query_api.settings import Settings
from query_api.store import submissions, task_attempts
from query_api.store.repair import read_any_instant
from query_api.view import task_sets
from query_api.view.by_task.outcomes import OutcomeTable
from query_api.view.comparison import Comparison
from query_api.view.projection import ViewProjector
from query_api.view.snapshot import View
from query_api.view.standings import Standings
from query_api.view.stream.broadcaster import Broadcaster
from query_api.view.stream.replay import StreamReplay
from query_api.view.stream.stream_event import SUBJECTS
from query_api.view.stream.stream_reader import OrderedReader

log = structlog.get_logger(__name__)
SERVICE = "query-api"
# A read that a page waits for: with the second in which its connection comes back, it is refused within six.
READ_SECONDS = 4.5
POOL = PoolOptions(
    max_size=8,
    writes=False,
    command_seconds=READ_SECONDS,
    init=read_any_instant,
    longest_seconds=submissions.LOAD_SECONDS,
)
SHUTDOWN_SECONDS = 5.0


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Run the service until `stopping` is set."""
    async with serving(settings):
        settle()
        await stopping.wait()


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[str, Services, Metrics]]:
    """Serve until the block ends; yield the base URL, what the application is made of, and its metrics."""
    settings = with_connection_limits(settings)
    metrics, readiness = Metrics(), Readiness()
    dependencies: dict[str, ops.Check] = {}
    shown = partial(ops.serve, registry=metrics.registry, instance=settings.arcwatch_instance)
    probes = partial(shown, checks={"view": readiness.check}, dependencies=dependencies)
    instance = settings.arcwatch_instance or SERVICE
    database_url, waits = settings.database_url.get_secret_value(), partial(readiness.waits, "database.waiting")
    async with (
        # First: while it waits for its servers, a probe gets the answer that it lives, and why it is not ready.
        probes(settings.ops_host, settings.ops_port) as ops_port,
        open_pool(database_url, POOL, wait_seconds=settings.start_wait_seconds, on_wait=waits) as pool,
        bus.joining(settings, instance) as opening,
        HubClient(settings.endpoint, settings.token, metrics.hub.quota, metrics.hub.requested) as hub,
    ):
        await check_migrated(pool)
        pool_metrics.register(pool, metrics.registry)
        services = await build(settings, pool, hub, opening.client, metrics)
        dependencies.update(consumer=services.projector.check_stream, database=partial(answers, pool))
        await opening.try_once()
        await load(services)
        access_log = AccessLog(settings.log_format, enabled=settings.log_level in {"debug", "info"}, service=instance)
        http = _http(services, metrics, access_log)
        handlers = [(each, each.bound(services)) for each in ENDPOINTS]
        app = make_app(http, handlers, {"view": readiness.check}, dependencies, settings.prefix)
        async with (
            _listening(settings, app, http, services, metrics) as port,
            background(*background_tasks(services, opening), access_log.run()),
        ):
            log.info("query_api.ready", port=port, ops_port=ops_port, submissions=len(services.view().submissions))
            readiness.reason = None
            try:
                yield addresses.local_url(settings.host, port), services, metrics
            finally:
                readiness.reason = STOPPING
        access_log.flush()


async def build(settings: Settings, pool: asyncpg.Pool, hub: HubClient, client: Client, metrics: Metrics) -> Services:
    """Put together what the application is made of."""

    def view() -> View:
        return projector.state.view

    def is_stale() -> bool:
        return projector.state.as_of is not None

    needed = filter(None, map(detect_source, settings.hf_datasets))
    sets = await asyncio.to_thread(task_sets.load, settings.arc_tasks_dir, tuple(needed))
    broadcaster = Broadcaster(metrics, StreamReplay(client, topology.STREAM, view), view, is_stale)
    projector = ViewProjector(
        reader=OrderedReader(client, topology.STREAM, SUBJECTS),
        load=partial(submissions.load, pool),
        reread=partial(submissions.submissions, pool),
        comparison=Comparison(
            read_tasks=partial(submissions.tasks, pool),
            standings=Standings(sets),
            outcomes=OutcomeTable(sets, partial(task_attempts.solves, pool)),
        ),
        names=settings.names,
        interval_seconds=settings.reconcile_interval_seconds,
        metrics=metrics,
        on_applied=broadcaster.broadcast,
        on_joined=broadcaster.joined,
    )
    return Services(
        settings=settings,
        pool=pool,
        client=client,
        hub=hub,
        projector=projector,
        broadcaster=broadcaster,
        task_sets=sets,
        deliveries=metrics.webhooks,
        export_limits=ExportLimits(settings.max_exports, settings.export_seconds, metrics.exports),
    )


async def load(services: Services) -> None:
    """Load the view, and begin to listen where NATS is there."""
    try:
        await services.projector.start()
    except DATABASE_ERRORS as error:
        raise AwayError(f"the view cannot be loaded: {reason_of(error)}") from error


def background_tasks(services: Services, opening: Opening) -> tuple[Coroutine[Any, Any, None], ...]:
    """Return what the query API does for ever: it joins NATS where that is away, and keeps its view."""
    projector = services.projector
    return (
        opening.join(partial(listen_to_progress, services)),
        projector.follow(),
        projector.apply(),
        projector.watch(partial(answers, services.pool)),
    )


async def listen_to_progress(services: Services) -> None:
    """Tell the pages how far ingestions are, from now on."""
    await services.client.subscribe(IngestionProgress.subject, cb=partial(_on_progress, services.broadcaster))


async def _on_progress(broadcaster: Broadcaster, message: Msg) -> None:
    try:
        broadcaster.progress(IngestionProgress.model_validate_json(message.data))
    except ValidationError as error:
        log.warning("progress.unreadable", reason=str(error))


def _http(services: Services, metrics: Metrics, access_log: AccessLog) -> Http:
    projector, settings = services.projector, services.settings
    cache = ResponseCache(lambda: projector.state, settings, services.task_sets, lambda: projector.now().timestamp())
    return Http(
        cache,
        AccessControl(settings),
        access_log,
        metrics.requests,
        projector.database_failed,
        lambda: services.broadcaster.newest,
    )


@contextlib.asynccontextmanager
async def _listening(
    settings: Settings, app: web.Application, http: Http, services: Services, metrics: Metrics
) -> AsyncIterator[int]:
    async with http_server.serving(
        app,
        (settings.host, settings.port),
        http_server.Limits(settings.max_connections),
        shutdown_seconds=SHUTDOWN_SECONDS,
        on_closed=lambda reason: metrics.closed_connections.labels(reason).inc(),
        error_answer=http.unreadable,
        refusal=http.refusal(),
    ) as (port, connections):
        metrics.connections.set_function(lambda: len(connections))
        try:
            yield port
        finally:
            services.broadcaster.close()


def with_connection_limits(settings: Settings) -> Settings:
    """Return settings with as many connections as the process may have, of which a quarter is not for listeners."""
    connections = http_server.fitting(settings.max_connections)
    listeners = min(settings.max_event_clients, max(1, connections * 3 // 4))
    return settings.model_copy(update={"max_connections": connections, "max_event_clients": listeners})
