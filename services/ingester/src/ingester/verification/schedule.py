"""Verifies by itself: the versions that wait longest, within bounds, while nothing is ingested."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import structlog
from common.outcomes import TransientError
from common.process.service import cancel_all

from ingester.store.verdicts import Pace, next_due, turn
from ingester.verification.judgement import ComparedWith
from ingester.verification.verification import Verification

log = structlog.get_logger(__name__)

POLL_SECONDS = 60.0
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
# How soon an ingestion that began has the processor and the Hub for itself.
_LOOK_SECONDS = 0.5


def paces(rows_per_hour: int, hub_per_day: int) -> tuple[Pace, ...]:
    """Return how much is verified from what, 0 for nothing; each version once a week from its rows."""
    both = (Pace("rows", rows_per_hour, HOUR, WEEK), Pace("hub", hub_per_day, DAY))
    return tuple(pace for pace in both if pace.most)


@dataclass(frozen=True)
class VerificationSchedule:
    """What one ingester verifies of its datasets; `is_busy` tells whether it ingests now."""

    verification: Verification
    datasets: Sequence[str]
    paces: Sequence[Pace]
    is_busy: Callable[[], bool]

    async def run_once(self) -> int:
        """Verify what is due, unless another ingester does; stop where an ingestion begins. Return how many were."""
        if self.is_busy() or not self.paces:
            return 0
        async with turn(self.verification.pool) as ours:
            return sum([await self._verify_due(pace) for pace in self.paces]) if ours else 0

    async def _verify_due(self, pace: Pace) -> int:
        count = 0
        while not self.is_busy():
            version_id = await next_due(self.verification.pool, self.datasets, pace)
            if version_id is None or not await self._verify(version_id, cast("ComparedWith", pace.compared_with)):
                break
            count += 1
        return count

    async def _verify(self, version_id: int, compared_with: ComparedWith) -> bool:
        """Verify one version, unless an ingestion begins meanwhile or the Hub is away: the next turn tries again."""
        work = asyncio.create_task(self._tolerant(version_id, compared_with))
        try:
            while not work.done() and not self.is_busy():
                await asyncio.wait([work], timeout=_LOOK_SECONDS)
        finally:
            if not work.done():
                await cancel_all([work])
        return not work.cancelled() and work.result()

    async def _tolerant(self, version_id: int, compared_with: ComparedWith) -> bool:
        try:
            return await self.verification.verify(version_id, compared_with) is not None
        except TransientError as error:
            log.info("verification.put_off", version_id=version_id, compared_with=compared_with, reason=str(error))
            return False
