"""Ends the runs that nobody goes on with: their ingester died, and their event is gone or was given up by the server.

Without this they would be shown as running for ever. A run whose event still waits is left alone: its next delivery
goes on with it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog
from common import bus
from common.backlog import oldest_unsettled
from common.events import ModelIngestionFailed
from common.outcomes import Transient
from common.topology import INGESTER
from nats.aio.client import Client

from ingester import store
from ingester.metrics import Metrics

log = structlog.get_logger(__name__)

LOOK_SECONDS = 60.0
# A run begins after its event was stored. NATS and PostgreSQL may have different clocks: doctor warns from 5 s on.
CLOCKS_DIFFER = timedelta(minutes=1)
KIND = "abandoned"
REASON = "its ingester stopped in the middle, and no event asks for it any more; the next sync finds the model again"


@dataclass(frozen=True)
class Abandoned:
    """Looks for such runs, and ends them under their model's lock."""

    pool: asyncpg.Pool
    client: Client
    metrics: Metrics
    source: str

    async def run_once(self) -> int:
        """End every run that nobody goes on with; return their number."""
        running = await store.running(self.pool, CLOCKS_DIFFER)
        if not running:
            return 0
        # Asked after the runs: an event stored meanwhile belongs to none of them.
        oldest = await oldest_unsettled(self.client.jetstream(timeout=bus.PUBLISH_TIMEOUT_SECONDS), INGESTER)
        lost = [run for run in running if oldest is None or oldest > run.started_at + CLOCKS_DIFFER]
        return sum([await self._end(run) for run in lost])

    async def _end(self, run: store.RunningRun) -> bool:
        try:
            async with store.locked(self.pool, run.dataset, run.model) as session:
                duration_ms = await session.abandon_run(run.id, REASON)
        except Transient:
            # Somebody is at the model, and will end its runs.
            return False
        if duration_ms is None:
            return False
        self.metrics.gave_up(KIND)
        log.warning(
            "ingestion.ended",
            run_id=run.id,
            dataset=run.dataset,
            model=run.model,
            outcome="failed",
            kind=KIND,
            reason=REASON,
            duration_ms=duration_ms,
        )
        failed = ModelIngestionFailed(
            run_id=run.id,
            dataset=run.dataset,
            model=run.model,
            kind=KIND,
            reason=REASON,
            delivery_count=run.delivery_count,
            failed_at=datetime.now(UTC),
        )
        await bus.publish(self.client, failed, self.source, key=ModelIngestionFailed.key_of(run.id, run.started_at))
        return True
