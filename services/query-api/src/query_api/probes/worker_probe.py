"""Which replicas work behind a durable, by the requests that wait at NATS: asked every two seconds at most."""

import asyncio

import nats.errors
import nats.js.errors
from common.bus.topology import STREAM, Durable
from nats.aio.client import Client

from query_api.probes.cached_call import CachedCall
from query_api.schemas.service_status import WorkerState

KEPT_SECONDS = 2.0
TIMEOUT_SECONDS = 2.0
# Between two pulls no request waits for a moment (1 of 60 looks found one idle ingester so): so look again.
LOOKS = 4
LOOK_AGAIN_SECONDS = 0.15
_UNKNOWN = WorkerState(alive=None, idle=None, busy=None, waiting=None)


class WorkerProbe:
    """Looks at one durable, for all readers of /api/status."""

    def __init__(self, client: Client, durable: Durable) -> None:
        self._client = client
        self._durable = durable
        self._last = CachedCall(self._look, KEPT_SECONDS)

    async def state(self) -> WorkerState:
        """Return who is there."""
        return await self._last()

    async def _look(self) -> WorkerState:
        if not self._client.is_connected:
            return _UNKNOWN
        try:
            found = await self._ask()
            for _ in range(LOOKS - 1):
                if found.alive:
                    break
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                found = await self._ask()
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
            return _UNKNOWN
        return found

    async def _ask(self) -> WorkerState:
        stream = self._client.jetstream(timeout=TIMEOUT_SECONDS)
        info = await stream.consumer_info(STREAM, self._durable.name)
        idle, busy, waiting = info.num_waiting or 0, info.num_ack_pending or 0, info.num_pending or 0
        return WorkerState(alive=idle > 0 or busy > 0, idle=idle, busy=busy, waiting=waiting)
