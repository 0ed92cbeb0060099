"""Ends orphaned runs: their ingester died, and their event is gone or had its last delivery.

Without this they would be shown as running for ever. A run whose event still waits is left alone: its next delivery
resumes it. The run names its event, by its place on the stream: NATS' and PostgreSQL's clocks may differ.
"""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from common.outcomes import TransientError
from nats.aio.client import Client

from ingester.ingestion.lock_queue import is_settled, oldest_unsettled
from ingester.ingestion.report import publish_failure
from ingester.metrics import Metrics
from ingester.store.runs import Origin, delete_orphaned_staging, running_runs
from ingester.store.session import locked

POLL_SECONDS = 60.0
# A copy of the stream that answers may lag behind for a moment: what just began is not looked at.
GRACE = timedelta(minutes=1)
KIND = "abandoned"
REASON = "its ingester stopped in the middle, and no event asks for it any more; the next sync finds the model again"


@dataclass(frozen=True)
class OrphanedRuns:
    """Finds such runs, and ends them under their model's lock."""

    pool: asyncpg.Pool
    client: Client
    metrics: Metrics
    source: str

    async def run_once(self) -> int:
        """End every orphaned run, and delete what is staged for no run; return how many runs were ended."""
        await delete_orphaned_staging(self.pool)
        running = await running_runs(self.pool, GRACE)
        if not running:
            return 0
        # Asked after the runs: an event stored meanwhile belongs to none of them.
        oldest = await oldest_unsettled(self.client)
        lost = [(run_id, origin) for run_id, origin in running.items() if is_settled(origin.sequence, oldest)]
        return sum([await self._end(run_id, origin) for run_id, origin in lost])

    async def _end(self, run_id: int, origin: Origin) -> bool:
        try:
            async with locked(self.pool, origin.event.dataset, origin.event.model) as session:
                ended = await session.fail_orphaned(run_id, REASON)
        except TransientError:
            # Another ingester holds the model's lock, and will end its runs.
            return False
        if ended is None:
            return False
        if not origin.event.dry_run:
            self.metrics.failed_for_good(KIND)
        await publish_failure(self.client, self.source, origin, ended, kind=KIND, reason=REASON)
        return True
