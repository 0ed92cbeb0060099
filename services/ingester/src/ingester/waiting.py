"""Requests for a model that another ingester is at wait in the database: no failure, and no delivery is used up.

A delivery that finds the lock held joins the model's waiting request, and is acked. Whoever had a lock looks
afterwards for requests that waited for it, and publishes each as one event again, however many joined it. That event
has deliveries, retries and a dead letter of its own. Where the holder died, the next look of any ingester finds it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import asyncpg
import structlog
from common import outcomes
from common.events import ModelDiscovered
from common.outcomes import Fail
from common.process.outage import AWAY, Outage, reason_of
from common.process.periodic import FAILURES

from ingester.metrics import Metrics
from ingester.orphaned_runs import is_settled
from ingester.store import LockHeldError, waiting_requests

log = structlog.get_logger(__name__)

LOOK_SECONDS = 60.0
# A copy of the stream that answers may lag behind for a moment: what was just handed back is not looked at.
JUST_HANDED_BACK = timedelta(minutes=1)
# Nats-Msg-Id of an event that hands a request back; a replayed dead letter has another one, and runs as what it is.
_KEY = "waiting-"


@dataclass(frozen=True)
class Waiting:
    """Deliveries of one ingester, and what waits for those of others.

    `publish` takes an event and its message id, and returns its place on the stream; `oldest_unsettled` returns that of
    the oldest event that is not dealt with yet, None where all are.
    """

    pool: asyncpg.Pool
    ingest: Callable[[ModelDiscovered, int, int | None], Awaitable[object]]
    publish: Callable[[ModelDiscovered, str], Awaitable[int]]
    oldest_unsettled: Callable[[], Awaitable[int | None]]
    metrics: Metrics
    outage: Outage = field(default_factory=partial(Outage, "handing back", "requests wait; tried again every minute"))

    async def deliver(
        self, event: ModelDiscovered, delivery_count: int, message_id: str = "", sequence: int | None = None
    ) -> None:
        """Ingest, or let the request wait; raises what `ingest` does, but never for a lock.

        `sequence` is the message's on the stream.
        """
        handed_back = message_id.startswith(_KEY)
        answered = await self._answered_by(event, message_id)
        if handed_back and answered is None:
            log.info("ingestion.already_done", dataset=event.dataset, model=event.model)
            return
        answered_id = answered.id if answered else None
        try:
            try:
                await self.ingest(event, delivery_count, sequence)
            except LockHeldError as held:
                answered_id = await waiting_requests.join(self.pool, event, held.model)
                # Whoever had the lock may have looked before the request was there.
                if not await self._ingested(event, delivery_count, sequence):
                    return
        except Exception as error:
            if isinstance(outcomes.consequence(error, delivery_count), Fail):
                # The dead letter is not written yet: where that fails, what was handed back must be found once more.
                await self._end(None if handed_back else answered_id)
            raise
        await self._end(answered_id)

    async def _answered_by(self, event: ModelDiscovered, message_id: str) -> waiting_requests.WaitingRequest | None:
        """Return the waiting request that this delivery answers: who waits by now gets what is there from now on."""
        if message_id.startswith(_KEY):
            return await waiting_requests.by_id(self.pool, message_id.removeprefix(_KEY))
        if event.force:
            return await waiting_requests.by_model(self.pool, event)
        return None

    async def _ingested(self, event: ModelDiscovered, delivery_count: int, sequence: int | None) -> bool:
        try:
            await self.ingest(event, delivery_count, sequence)
        except LockHeldError as held:
            self.metrics.waits.inc()
            log.info("ingestion.waits", dataset=event.dataset, model=event.model, reason=str(held))
            return False
        return True

    async def _end(self, answered_id: str | None) -> None:
        """Remove what is answered, and hand back what waited. What fails here is made up for within a minute."""
        try:
            if answered_id is not None:
                await waiting_requests.settle(self.pool, answered_id)
            await self.hand_back()
        except FAILURES as error:
            log.debug("waiting.not_looked", reason=reason_of(error))

    async def hand_back(self) -> int:
        """Publish every request whose lock is free; return their number."""
        requests = await waiting_requests.free(self.pool)
        for request in requests:
            # Several may do so at once: the server keeps one.
            sequence = await self._publish(request)
            await waiting_requests.mark_handed_back(self.pool, request.id, sequence)
            log.info("ingestion.handed_back", dataset=request.event.dataset, model=request.event.model)
        return len(requests)

    async def _publish(self, request: waiting_requests.WaitingRequest) -> int:
        try:
            sequence = await self.publish(request.event, f"{_KEY}{request.id}")
        except AWAY as error:
            self.outage.failed(error)
            raise
        self.outage.worked()
        return sequence

    async def look(self) -> None:
        """Hand back what holders left that died, and forget what was handed back and whose event is gone."""
        await self.hand_back()
        late = await waiting_requests.handed_back(self.pool, JUST_HANDED_BACK)
        if not late:
            return
        # Not by when the oldest was stored: NATS' and PostgreSQL's clocks may differ, and a request would be lost.
        oldest = await self.oldest_unsettled()
        for request in late:
            # Dealt with, or given up by the server: `arcwatch dead ls` shows that, and `dead replay` asks again.
            if is_settled(request.event_sequence, oldest):
                await waiting_requests.settle(self.pool, request.id)
