"""Which replicas work behind a durable, by the requests that wait at NATS."""

import asyncio
from collections.abc import Awaitable, Callable

import nats.errors
import nats.js.errors
from common.bus.topology import STREAM, Durable
from nats.aio.client import Client

from query_api.schemas.service_status import WorkerState

WorkerProbe = Callable[[Durable], Awaitable[WorkerState]]
# All readers of /api/status share an answer for so long.
KEPT_SECONDS = 2.0
TIMEOUT_SECONDS = 2.0
# Between two pulls no request waits for a moment (1 of 60 looks found one idle ingester so): so look again.
LOOKS = 4
LOOK_AGAIN_SECONDS = 0.15
_UNKNOWN = WorkerState(alive=None, idle=None, busy=None, waiting=None)
# Without the durable, nothing can be taken from the stream.
_NOBODY = WorkerState(alive=False, idle=0, busy=0, waiting=None)


async def state(client: Client, durable: Durable) -> WorkerState:
    """Return who is there."""
    if not client.is_connected:
        return _UNKNOWN
    try:
        found = await _ask(client, durable)
        for _ in range(LOOKS - 1):
            if found.alive:
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            found = await _ask(client, durable)
    except nats.js.errors.NotFoundError:
        return _NOBODY
    except (nats.errors.Error, nats.js.errors.Error, TimeoutError):
        return _UNKNOWN
    return found


async def _ask(client: Client, durable: Durable) -> WorkerState:
    info = await client.jetstream(timeout=TIMEOUT_SECONDS).consumer_info(STREAM, durable.name)
    idle, busy, waiting = info.num_waiting or 0, info.num_ack_pending or 0, info.num_pending or 0
    return WorkerState(alive=idle > 0 or busy > 0, idle=idle, busy=busy, waiting=waiting)
