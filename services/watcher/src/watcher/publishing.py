"""Publishing so that the stream's deduplication never swallows work.

The message id of a model's content cannot tell that the database was emptied, restored, or replaced by another one
since: the stream calls the event a duplicate of one that was dealt with, and the work would never be done.
"""

from dataclasses import dataclass
from functools import partial

import asyncpg
from common.bus import bus, topology
from common.events import ModelDiscovered, SyncCompleted
from common.process.outage import Room
from nats.aio.client import Client
from nats.js.api import PubAck

from watcher.store import versions


@dataclass(frozen=True)
class Publisher:
    """Publishes a watcher's events; returns whether they were stored now.

    With `room`, it waits where NATS has none: a sync goes on then, and is not begun anew.
    """

    client: Client
    pool: asyncpg.Pool
    source: str
    room: Room | None = None

    async def __call__(self, event: ModelDiscovered | SyncCompleted) -> bool:
        """Store an event, under another key where an event of this one is dealt with already."""
        key = event.content_key if isinstance(event, ModelDiscovered) else event.idempotency_key()
        ack = await self._publish(event, key)
        while ack.duplicate and isinstance(event, ModelDiscovered) and not await self._is_on_its_way(event, ack.seq):
            # The same for every watcher that finds the same: one of them is stored.
            ack = await self._publish(event, f"{key}@after-{ack.seq}")
        return not ack.duplicate

    async def _publish(self, event: ModelDiscovered | SyncCompleted, key: str) -> PubAck:
        publish = partial(bus.publish, self.client, event, self.source, key=key)
        return await (self.room.patiently(publish) if self.room else publish())

    async def _is_on_its_way(self, event: ModelDiscovered, sequence: int) -> bool:
        """Tell whether an ingester has the stored event still to handle, or is handling it."""
        js = self.client.jetstream(timeout=bus.PUBLISH_TIMEOUT_SECONDS)
        info = await js.consumer_info(topology.STREAM, topology.INGESTER.name)
        if info.delivered is None or sequence > info.delivered.stream_seq:
            return True
        if info.ack_floor is not None and sequence <= info.ack_floor.stream_seq:
            return False
        return await versions.is_being_ingested(self.pool, event.dataset, event.model, event.tree_oid)
