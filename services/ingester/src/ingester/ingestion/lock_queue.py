"""Requests for a model whose lock another ingester holds wait in the database: no failure, and no delivery is used up.

A delivery that finds the lock held joins the model's waiting request, and is acked. After it releases a lock, an
ingester looks for requests that waited for it, and publishes each as one new event, however many joined it. That event
has its own deliveries, retries and dead letter. Where the holder died, the next poll of any ingester finds the request.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import asyncpg
import structlog
from common import outcomes
from common.bus import backlog, bus
from common.bus.topology import INGESTER
from common.events import MAX_REQUEST_IDS, ModelDiscovered
from common.outcomes import Fail
from common.process.outage import AWAY, FAILURES, Outage, reason_of
from nats.aio.client import Client
from nats.js.api import PubAck

from ingester.metrics import Metrics
from ingester.store import lock_waiters
from ingester.store.session import LockHeldError

log = structlog.get_logger(__name__)

POLL_SECONDS = 60.0
# A copy of the stream that answers may lag behind for a moment: what was just handed back is not looked at.
JUST_HANDED_BACK = timedelta(minutes=1)
# Nats-Msg-Id of an event that hands a request back; a replayed dead letter has another one, and runs as what it is.
_ID_PREFIX = "waiting-"


@dataclass(frozen=True)
class LockQueue:
    """Deliveries of one ingester, and the requests that wait for those of others.

    `publish` takes an event and `key`, its message id.
    """

    pool: asyncpg.Pool
    ingest: Callable[[ModelDiscovered, int, int | None], Awaitable[object]]
    publish: Callable[..., Awaitable[PubAck]]
    client: Client
    metrics: Metrics
    outage: Outage = field(default_factory=partial(Outage, "handing back", "requests wait; tried again every minute"))

    async def deliver(
        self, event: ModelDiscovered, delivery_count: int, message_id: str = "", sequence: int | None = None
    ) -> None:
        """Ingest, or let the request wait; raises what `ingest` does, but never for a lock.

        `sequence` is the message's on the stream.
        """
        handed_back = message_id.startswith(_ID_PREFIX)
        answered = await self._answered_by(event, message_id)
        if handed_back and answered is None:
            log.info("ingestion.already_done", dataset=event.dataset, model=event.model)
            return
        answered_id = answered.id if answered else None
        asked, event = event, _answering(event, answered)
        try:
            try:
                await self.ingest(event, delivery_count, sequence)
            except LockHeldError as held:
                answered_id = await lock_waiters.join(self.pool, event, held.model)
                event = _answering(event, await lock_waiters.by_id(self.pool, answered_id))
                # The lock's holder may have looked before the request was there.
                if not await self._ingested(event, delivery_count, sequence):
                    return
        except Exception as error:
            verdict = outcomes.consequence(error, delivery_count)
            if isinstance(verdict, Fail):
                # The dead letter is not written yet: if that fails, a request that was handed back must be found again.
                fail = partial(self._fail, asked, sequence, verdict.reason)
                await self._end(None if handed_back else answered_id, fail)
            raise
        await self._end(answered_id, self._settle)

    async def _answered_by(self, event: ModelDiscovered, message_id: str) -> lock_waiters.WaitingRequest | None:
        """Return the waiting request that this delivery answers: what waits by now gets what the Hub has now."""
        if message_id.startswith(_ID_PREFIX):
            return await lock_waiters.by_id(self.pool, message_id.removeprefix(_ID_PREFIX))
        if event.force:
            return await lock_waiters.by_model(self.pool, event)
        return None

    async def _ingested(self, event: ModelDiscovered, delivery_count: int, sequence: int | None) -> bool:
        try:
            await self.ingest(event, delivery_count, sequence)
        except LockHeldError as held:
            self.metrics.waits.inc()
            log.info("ingestion.waits", dataset=event.dataset, model=event.model, reason=str(held))
            return False
        return True

    async def _settle(self, answered_id: str) -> None:
        await lock_waiters.settle(self.pool, answered_id)

    async def _fail(self, event: ModelDiscovered, sequence: int | None, reason: str, answered_id: str) -> None:
        await lock_waiters.fail(self.pool, answered_id, event, sequence, reason)

    async def _end(self, answered_id: str | None, end: Callable[[str], Awaitable[None]]) -> None:
        """End the answered request, hand back those that waited. A failure here is made up for in a minute."""
        try:
            if answered_id is not None:
                await end(answered_id)
            await self.hand_back()
        except FAILURES as error:
            log.debug("waiting.not_looked", reason=reason_of(error))

    async def hand_back(self) -> int:
        """Publish every request whose lock is free; return their number."""
        requests = await lock_waiters.free(self.pool)
        for request in requests:
            # Several may do so at once: the server keeps one.
            try:
                stored = await self.publish(request.event, key=f"{_ID_PREFIX}{request.id}")
            except AWAY as error:
                self.outage.failed(error)
                raise
            self.outage.worked()
            await lock_waiters.mark_handed_back(self.pool, request.id, stored.seq)
            log.info("ingestion.handed_back", dataset=request.event.dataset, model=request.event.model)
        return len(requests)

    async def run_once(self) -> None:
        """Hand back requests whose lock's holder died; delete those handed back whose event is settled."""
        await self.hand_back()
        late = await lock_waiters.handed_back(self.pool, JUST_HANDED_BACK)
        if not late:
            return
        # Not by when the oldest was stored: NATS' and PostgreSQL's clocks may differ, and a request would be lost.
        oldest = await oldest_unsettled(self.client)
        for request in late:
            # Done, or dropped by the server after its last delivery: `arcwatch dead ls` and `dead replay` help then.
            if is_settled(request.event_sequence, oldest):
                await lock_waiters.settle(self.pool, request.id)


def _answering(event: ModelDiscovered, waiting: lock_waiters.WaitingRequest | None) -> ModelDiscovered:
    """Return the event as one that is for all who wait, too."""
    if waiting is None:
        return event
    others = waiting.event
    ids = tuple(dict.fromkeys((*event.request_ids, *others.request_ids)))[:MAX_REQUEST_IDS]
    return event.model_copy(update={"force": event.force or others.force, "request_ids": ids})


async def oldest_unsettled(client: Client) -> int | None:
    """Return the place on the stream of the oldest event that is not settled, None where all are."""
    found = await backlog.oldest_unsettled(client.jetstream(timeout=bus.PUBLISH_TIMEOUT_SECONDS), INGESTER)
    return found.seq if found else None


def is_settled(sequence: int | None, oldest: int | None) -> bool:
    """Tell whether an event was acked or terminated. A run that names none may belong to any that waits."""
    return oldest is None or (sequence is not None and sequence < oldest)
