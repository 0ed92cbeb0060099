"""Which replicas work behind a durable, told by the requests that wait at NATS: asked every two seconds at most."""

import asyncio
import time
from dataclasses import dataclass

import nats.errors
import nats.js.errors
from common.bus.topology import STREAM, Durable
from nats.aio.client import Client
from nats.js.api import ConsumerInfo

KEPT_SECONDS = 2.0
TIMEOUT_SECONDS = 2.0
# Between two pulls no request waits for a moment (1 of 60 looks found one idle ingester so): only several looks tell.
LOOKS = 4
LOOK_AGAIN_SECONDS = 0.15


@dataclass(frozen=True)
class Workers:
    """The replicas behind a durable: `idle` requests for work wait, `busy` messages are worked on, others wait."""

    idle: int
    busy: int
    waiting: int

    @property
    def alive(self) -> bool:
        """Whether any replica is there."""
        return self.idle > 0 or self.busy > 0


class WorkerProbe:
    """Looks at one durable, for all readers of /api/status."""

    def __init__(self, client: Client, durable: Durable) -> None:
        self._client = client
        self._durable = durable
        self._lock = asyncio.Lock()
        self._last: tuple[float, Workers | None] | None = None

    async def state(self) -> Workers | None:
        """Return who is there, or None when NATS does not answer."""
        async with self._lock:
            if self._last is None or time.monotonic() - self._last[0] >= KEPT_SECONDS:
                found = await self._look()
                self._last = (time.monotonic(), found)
            return self._last[1]

    async def _look(self) -> Workers | None:
        if not self._client.is_connected:
            return None
        try:
            found = await self._ask()
            for _ in range(LOOKS - 1):
                if found.alive:
                    break
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                found = await self._ask()
        except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
            return None
        return found

    async def _ask(self) -> Workers:
        stream = self._client.jetstream(timeout=TIMEOUT_SECONDS)
        return _workers(await stream.consumer_info(STREAM, self._durable.name))


def _workers(info: ConsumerInfo) -> Workers:
    return Workers(info.num_waiting or 0, info.num_ack_pending or 0, info.num_pending or 0)
