"""What the ingester does with a message: `model.discovered` in, one ingestion; and what is left of one given up."""

from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import structlog
from common import bus
from common.delivery import decoder, parse
from common.events import ModelDiscovered, ModelIngestionFailed
from common.outcomes import GiveUp, Permanent
from common.topology import INGESTER
from faststream.nats import NatsBroker
from faststream.nats.annotations import NatsMessage
from nats.aio.client import Client

from ingester import store
from ingester.metrics import Metrics
from ingester.waiting import Waiting

log = structlog.get_logger(__name__)

SERVICE = "ingester"


def register(broker: NatsBroker, nats_url: str, waiting: Waiting) -> None:
    """Subscribe the handler to the shared durable."""

    @bus.pull(broker, INGESTER, nats_url, decoder(ModelDiscovered))  # type: ignore[untyped-decorator] # Any, see bus
    async def on_model_discovered(event: ModelDiscovered, message: NatsMessage) -> None:
        raw = message.raw_message
        message_id = (raw.headers or {}).get("Nats-Msg-Id", "")
        await waiting.deliver(event, raw.metadata.num_delivered or 1, message_id)


@dataclass(frozen=True)
class Failures:
    """Records an ingestion that was given up, where users and operators look for it."""

    pool: asyncpg.Pool
    client: Client
    metrics: Metrics
    instance: str

    async def __call__(self, body: bytes, verdict: GiveUp, delivery_count: int) -> None:
        """Fail the run (making one where there is none) and publish `model.ingestion_failed`."""
        self.metrics.gave_up(verdict.kind)
        event = _readable(body)
        run_id = key = None
        if event is not None:
            run = await store.fail_run(self.pool, event, verdict.reason, delivery_count, self.instance)
            run_id, key = run.id, ModelIngestionFailed.key_of(run.id, run.started_at)
            log.error(
                "ingestion.ended",
                run_id=run.id,
                dataset=event.dataset,
                model=event.model,
                outcome="failed",
                kind=verdict.kind,
                reason=verdict.reason,
                duration_ms=run.duration_ms,
            )
        failed = ModelIngestionFailed(
            run_id=run_id,
            dataset=event.dataset if event else None,
            model=event.model if event else None,
            kind=verdict.kind,
            reason=verdict.reason,
            delivery_count=delivery_count,
            failed_at=datetime.now(UTC),
        )
        await bus.publish(self.client, failed, SERVICE, key=key)


def _readable(body: bytes) -> ModelDiscovered | None:
    try:
        return parse(ModelDiscovered, body)
    except Permanent:
        return None
