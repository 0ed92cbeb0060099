"""What JetStream knows of our streams and durables, as metrics: every service that works off a durable shows them.

Each shows all of them, not only its own: a backlog must stay visible while every ingester is down. Queries take the
`max` over the instances.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext
from prometheus_client import CollectorRegistry, Gauge

from common.bus.backlog import oldest_unsettled
from common.bus.topology import DEAD_STREAM, DURABLES, STREAM, Durable
from common.process.outage import reason_of

log = structlog.get_logger(__name__)

# Half of the shortest scrape interval in use (10 s): what is scraped is never much older than the scrape.
POLL_SECONDS = 5.0
# A service that dies at its last delivery writes no dead letter: only the server's advisory is left of the message.
_DEAD_LETTERED = ("dead.{durable}", f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{STREAM}.{{durable}}")


class BusMetrics:
    """Gauges of the streams and durables. Labels are the names in common.bus.topology."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, namespace="arcwatch_bus", registry=registry)
        of_durable = partial(gauge, labelnames=["durable"])
        self.pending = of_durable("consumer_pending_events", "Events not delivered yet")
        self.unacknowledged = of_durable("consumer_unacknowledged_events", "Events delivered and not settled yet")
        self.redelivered = of_durable("consumer_redelivered_events", "Unsettled events that were delivered before")
        self.pulls = of_durable("consumer_waiting_pulls", "Replicas that wait for an event")
        self.oldest = of_durable("consumer_oldest_event_age_seconds", "Age of the oldest unsettled event (0: none)")
        # Computed at each scrape: while NATS does not answer, what waits gets older all the same.
        self._oldest_at: dict[str, datetime | None] = {}
        for durable in DURABLES:
            self.oldest.labels(durable.name).set_function(partial(self._age_seconds, durable.name))
        self.bytes = gauge("stream_bytes", "Bytes that a stream takes on the disk", ["stream"])
        self.limit = gauge("stream_limit_bytes", "Bytes that a stream may take", ["stream"])
        self.dead_letters = gauge("dead_letters", "Dead letters that wait to be looked at", ["service"])
        self.polled = gauge("last_poll_timestamp_seconds", "When NATS last answered all of this (0: never)")

    async def poll(self, js: JetStreamContext) -> None:
        """Ask the server once; raises its errors."""
        for durable in DURABLES:
            await self._durable(js, durable)
        for stream in (STREAM, DEAD_STREAM):
            info = await js.stream_info(stream)
            self.bytes.labels(stream).set(info.state.bytes)
            self.limit.labels(stream).set(info.config.max_bytes or 0)
        counts = (await js.stream_info(DEAD_STREAM, subjects_filter=">")).state.subjects or {}
        for durable in DURABLES:
            subjects = (subject.format(durable=durable.name) for subject in _DEAD_LETTERED)
            self.dead_letters.labels(durable.name).set(sum(counts.get(subject, 0) for subject in subjects))
        self.polled.set_to_current_time()

    async def _durable(self, js: JetStreamContext, durable: Durable) -> None:
        info = await js.consumer_info(STREAM, durable.name)
        self.pending.labels(durable.name).set(info.num_pending or 0)
        self.unacknowledged.labels(durable.name).set(info.num_ack_pending or 0)
        self.redelivered.labels(durable.name).set(info.num_redelivered or 0)
        self.pulls.labels(durable.name).set(info.num_waiting or 0)
        oldest = await oldest_unsettled(js, durable, info)
        self._oldest_at[durable.name] = oldest.time if oldest else None

    def _age_seconds(self, durable: str) -> float:
        oldest = self._oldest_at.get(durable)
        return max(0.0, (datetime.now(UTC) - oldest).total_seconds()) if oldest else 0.0


async def watch(client: Client, metrics: BusMetrics, every_seconds: float = POLL_SECONDS) -> NoReturn:
    """Poll for ever. While NATS is away the last figures stay, so that no alert resolves because nothing can be asked.

    Readiness shows it, and so do `arcwatch_check_up` and the time of the last poll.
    """
    js = client.jetstream(timeout=every_seconds)
    while True:
        try:
            await metrics.poll(js)
        except (nats.errors.Error, OSError, TimeoutError) as error:
            log.debug("bus_metrics.failed", reason=reason_of(error))
        await asyncio.sleep(every_seconds)
