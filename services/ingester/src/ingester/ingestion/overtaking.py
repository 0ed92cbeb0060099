"""Manual requests overtake what waits: each is done ahead of its turn, and only acked when its turn comes.

The durable delivers in the stream's order, and a first fill may put a thousand events before a person's. So each
ingester looks for manual events that the durable has not delivered to any, and does them in a second lane. A lock, one
per event, has exactly one do it. Whatever happens meanwhile, the durable still has the event: it is not lost, and where
it was done ahead, a row says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import structlog
from common.bus import bus
from common.bus.stored import Message, StreamReadError, stored
from common.bus.topology import INGESTER, STREAM
from common.events import ModelDiscovered
from common.process.outage import reason_of
from nats.aio.client import Client
from pydantic import ValidationError

from ingester.store import overtaken
from ingester.store.session import LockHeldError

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
_LOCK_PAUSE_SECONDS = 0.3


@dataclass(frozen=True)
class Ahead:
    """A manual event, and its place on the stream: a stream that is made anew gives its numbers anew."""

    event: ModelDiscovered
    sequence: int
    stored_at: datetime


@dataclass
class Overtaking:
    """The second lane of one ingester. What fails here is left to the durable, with its retries and its dead letter."""

    pool: asyncpg.Pool
    client: Client
    ingest: Callable[[ModelDiscovered, int, int | None], Awaitable[object]]
    as_configured: Callable[[ModelDiscovered], ModelDiscovered]
    hand_back: Callable[[], Awaitable[object]]
    _after: int | None = None
    _waiting: dict[int, Ahead] = field(default_factory=dict)

    async def run_once(self) -> int:
        """Do the manual events that wait for their turn, the oldest first; return how many were done."""
        if not self.client.is_connected:
            return 0  # a request would only wait for its time-out
        try:
            await self._look()
        except StreamReadError as error:
            log.debug("overtaking.not_looked", reason=reason_of(error))
        return sum([await self._overtake(each) for each in list(self._waiting.values())])

    async def _look(self) -> None:
        if self._after is None:
            self._after = await self._delivered()
        async for message in stored(self.client, STREAM, self._after, subject=ModelDiscovered.subject):
            self._after = message.sequence
            if (event := _event(message)) and is_asked_for(event):
                found = Ahead(self.as_configured(event), message.sequence, message.stored_at)
                self._waiting[found.sequence] = found

    async def _overtake(self, ahead: Ahead) -> bool:
        async with overtaken.holding(self.pool, ahead.sequence) as ours:
            if not ours:
                return False  # another ingester is at it; where it dies, this one takes it
            # Asked after the lock: from now on, whoever it is delivered to sees that it is being done.
            if ahead.sequence <= await self._delivered() or await overtaken.is_done(
                self.pool, ahead.sequence, ahead.stored_at
            ):
                del self._waiting[ahead.sequence]
                return False
            done = await self._done(ahead)
        if done:
            await self.hand_back()
        return done

    async def _done(self, ahead: Ahead) -> bool:
        about = {"dataset": ahead.event.dataset, "model": ahead.event.model, "sequence": ahead.sequence}
        try:
            await self.ingest(ahead.event, 1, ahead.sequence)
        except LockHeldError:
            return False  # another event's ingestion of the model: soon
        except Exception as error:  # noqa: BLE001 - told in full when its turn comes
            del self._waiting[ahead.sequence]
            log.warning("ingestion.not_overtaken", **about, reason=reason_of(error))
            return False
        await overtaken.mark_done(self.pool, ahead.sequence, ahead.stored_at)
        del self._waiting[ahead.sequence]
        log.info("ingestion.overtook", **about)
        return True

    async def _delivered(self) -> int:
        """Return the last place that the durable has delivered to any ingester."""
        js = self.client.jetstream(timeout=bus.PUBLISH_TIMEOUT_SECONDS)
        info = await js.consumer_info(STREAM, INGESTER.name)
        return info.delivered.stream_seq if info.delivered else 0


def is_asked_for(event: ModelDiscovered) -> bool:
    """Tell whether a person asked for this very model.

    A sync by hand publishes what it found, maybe a thousand models: with their tree oids, and not forced.
    """
    return event.trigger == "manual" and (event.force or event.tree_oid is None)


async def was_overtaken(pool: asyncpg.Pool, sequence: int, stored_at: datetime) -> bool:
    """Tell whether an event that is delivered now was done ahead of its turn.

    While an ingester is at it, its delivery waits: no other one is used up for it. Where that ingester dies, this one
    does it.
    """
    while await overtaken.is_held(pool, sequence):  # noqa: ASYNC110 - the lock is PostgreSQL's
        await asyncio.sleep(_LOCK_PAUSE_SECONDS)
    # Asked after the lock, which is given back once the row is there.
    return await overtaken.is_done(pool, sequence, stored_at)


def _event(message: Message) -> ModelDiscovered | None:
    try:
        return ModelDiscovered.model_validate_json(message.body)
    except ValidationError:
        return None
