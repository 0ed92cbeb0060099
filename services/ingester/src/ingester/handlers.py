"""Handles `model.discovered`, one ingestion each, and records the ingestions that failed for good."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import structlog
from common import outcomes
from common.bus import bus
from common.bus.delivery import decoder, parse
from common.bus.topology import INGESTER
from common.events import ModelDiscovered, ModelIngestionFailed
from common.outcomes import Fail, PermanentError
from common.process.choices import watched
from faststream.nats import NatsBroker
from faststream.nats.annotations import NatsMessage
from nats.aio.client import Client

from ingester.ingestion.lock_queue import LockQueue
from ingester.ingestion.overtaking import is_asked_for, was_overtaken
from ingester.ingestion.report import publish_failure
from ingester.metrics import Metrics
from ingester.store.runs import Origin, end_event

log = structlog.get_logger(__name__)

SERVICE = "ingester"


def register(broker: NatsBroker, to: bus.To, queue: LockQueue, failures: "FailureRecorder") -> None:
    """Subscribe the handler to the shared durable."""

    @bus.subscriber(broker, INGESTER, to, decoder(ModelDiscovered))  # type: ignore[untyped-decorator] # Any, see bus
    async def on_model_discovered(event: ModelDiscovered, message: NatsMessage) -> None:
        raw, event = message.raw_message, as_configured(event, failures.datasets)
        count, sequence = raw.metadata.num_delivered or 1, raw.metadata.sequence.stream
        if is_asked_for(event) and await was_overtaken(failures.pool, sequence, raw.metadata.timestamp):
            log.info("ingestion.already_done", dataset=event.dataset, model=event.model)
            return
        try:
            await queue.deliver(event, count, (raw.headers or {}).get("Nats-Msg-Id", ""), sequence)
        except Exception as error:
            verdict = outcomes.consequence(error, count)
            if not event.dry_run or not isinstance(verdict, Fail):
                raise
            # The one who asked for it sees the failure. There is nothing to replay, and no alert.
            if verdict.unexpected:
                log.exception("ingestion.unexpected", dataset=event.dataset, model=event.model)
            await failures(raw.data, verdict, count, sequence)


@dataclass(frozen=True)
class FailureRecorder:
    """Records an ingestion that failed for good, where users and operators look for it."""

    pool: asyncpg.Pool
    client: Client
    metrics: Metrics
    instance: str
    datasets: Collection[str] = ()

    async def __call__(self, body: bytes, verdict: Fail, delivery_count: int, sequence: int | None = None) -> None:
        """Fail the event's run (making one where there is none) and publish `model.ingestion_failed`.

        A dry run that failed is no failure of its model: no metric counts it.
        """
        event: ModelDiscovered | None = None
        with contextlib.suppress(PermanentError):
            event = as_configured(parse(ModelDiscovered, body), self.datasets)
        if event is None or not event.dry_run:
            self.metrics.failed_for_good(verdict.kind)
        if event is not None:
            origin = Origin(event, sequence, delivery_count, self.instance)
            run = await end_event(self.pool, origin, "failed", verdict.reason)
            await publish_failure(self.client, SERVICE, origin, run, kind=verdict.kind, reason=verdict.reason)
            return
        failed = ModelIngestionFailed(
            kind=verdict.kind,
            reason=verdict.reason,
            delivery_count=delivery_count,
            # Of no run that the database could time, and compared with none.
            failed_at=datetime.now(UTC),
            event_sequence=sequence,
        )
        await bus.publish(self.client, failed, SERVICE)


def as_configured(event: ModelDiscovered, datasets: Collection[str]) -> ModelDiscovered:
    """Return the event with its dataset's name as it is configured: people may write it in another letter case."""
    named = watched(event.dataset, datasets)
    return event if named in {None, event.dataset} else event.model_copy(update={"dataset": named})
