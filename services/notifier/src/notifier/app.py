"""The notifier's table of contents: what it is made of, in the order in which it starts."""

import asyncio
from functools import partial

import structlog
from common.database.pool import open_pool, takes_writes
from common.database.schema import check_migrated
from common.metrics import pool_metrics
from common.process import ops
from common.process.outage import Outage, periodically
from common.process.service import background

from notifier.metrics import Metrics
from notifier.rounds.collect import Collector
from notifier.rounds.console import ANNOUNCE_SECONDS, Console
from notifier.rounds.deliver import Deliverer
from notifier.sending.sender import send
from notifier.settings import Settings
from notifier.store.outbox import Outbox
from notifier.store.register import Register

log = structlog.get_logger(__name__)

SERVICE = "notifier"
# How late news is at most, besides its channel's digest.
LOOK_SECONDS = 5.0
SEND_SECONDS = 1.0


async def run(settings: Settings, stopping: asyncio.Event) -> None:
    """Run the service until `stopping` is set. Without channels it only says so."""
    channels = settings.channels
    metrics = Metrics([channel.name for channel in channels])
    starting = ops.Starting()
    checks: dict[str, ops.Check] = {"database": starting.check} if channels else {}
    shown = partial(ops.serve, registry=metrics.registry, instance=settings.arcwatch_instance)
    async with shown(settings.ops_host, settings.ops_port, checks=checks) as port:
        if not channels:
            log.info("notifier.idle", ops_port=port, what_next="set NOTIFICATIONS_FILE, and start it again")
            await stopping.wait()
            return
        url, waits = settings.database_url.get_secret_value(), partial(starting.waits, "database.waiting")
        async with open_pool(url, wait_seconds=settings.start_wait_seconds, on_wait=waits) as pool:
            await check_migrated(pool)
            checks["database"] = partial(takes_writes, pool)
            pool_metrics.register(pool, metrics.registry)
            outbox = Outbox(pool)
            collector = Collector(outbox, channels, metrics)
            senders = [Deliverer(channel, outbox, metrics, send, settings.site) for channel in channels]
            console = Console(channels, Register(pool), settings.site)
            outage = Outage("database", "news waits there; asked every 5 s")
            async with background(
                periodically("news", collector.run_once, LOOK_SECONDS, outage),
                periodically("channels", console.announce, ANNOUNCE_SECONDS),
                periodically("tests", console.send_tests, SEND_SECONDS),
                *(periodically(sender.channel.name, sender.run_due, SEND_SECONDS) for sender in senders),
            ):
                log.info("notifier.ready", ops_port=port, channels=[channel.name for channel in channels])
                await stopping.wait()
