"""Does the steps of a plan to a world; what lasts is undone after its time, whatever else happens in between."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg
import nats.errors
from arcwatch.embedded.postgres import SUPERUSER
from common.bus import bus, topology
from common.events import SyncRequested
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from tests.soak.plan import Step
from tests.soak.upstream import Upstream
from tests.soak.world import World
from tests.support.hub.faults import ConnectionReset, Corrupt, Fault, RateLimited, Stall, Status, Truncate

_MOODS: Final[dict[str, Fault]] = {
    "unavailable": Status(503),
    "limited": RateLimited(reset=2),
    "stalling": Stall(keep=0.5),
    "corrupt": Corrupt(),
    "cut": Truncate(),
    "reset": ConnectionReset(),
}
# A segment of PostgreSQL's log is 16 MiB: each statement begins another one.
_NEXT_SEGMENT: Final = "SELECT pg_logical_emit_message(false, 'soak', 'full'), pg_switch_wal()"
_MOST_SEGMENTS: Final = 16


@dataclass
class Breaker:
    """Does one step after the other. `stream_began`: when a stream that was deleted was made anew, empty."""

    world: World
    upstream: Upstream
    pick: random.Random
    stream_began: datetime | None = None

    async def do(self, step: Step) -> str:
        """Do a step; what lasts goes on after this returns. Return what was done, in words."""
        if step.kind == "upload":
            return await asyncio.to_thread(self.upstream.upload, step.target)
        act: Callable[[Step], Awaitable[None]] = getattr(self, f"_{step.kind}")
        task = asyncio.create_task(_run(act, step))
        self.world.tasks.add(task)
        return str(step).partition("s  ")[2]

    async def mended(self) -> None:
        """Wait until everything that lasts is over."""
        await asyncio.gather(*self.world.tasks)

    async def _kill_service(self, step: Step) -> None:
        _signal(filter(None, [self.world.services[step.target].pid]), signal.SIGKILL)

    async def _freeze_service(self, step: Step) -> None:
        await _frozen(list(filter(None, [self.world.services[step.target].pid])), step.seconds)

    async def _part(self, step: Step) -> None:
        service, server = step.target.split()
        relay = self.world.relays[service, server]
        relay.hold_back()
        await asyncio.sleep(step.seconds)
        await relay.let_through()

    async def _kill_server(self, step: Step) -> None:
        self.world.servers.kill(step.target)

    async def _freeze_server(self, step: Step) -> None:
        await _frozen(self.world.servers.pids(step.target), step.seconds)

    async def _full_disk(self, step: Step) -> None:
        server, _, what = step.target.partition("-")
        disk = self.world.servers.disks[server]
        await asyncio.to_thread(disk.fill, leave=0)
        try:
            async with asyncio.timeout(step.seconds):
                await self._use_up_the_log() if what == "log" else None
                await asyncio.sleep(step.seconds)
        except TimeoutError:
            pass  # that was all of its time
        finally:
            disk.make_room()

    async def _use_up_the_log(self) -> None:
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            connection = await asyncpg.connect(self.world.servers.postgres.url(user=SUPERUSER))
            for _ in range(_MOST_SEGMENTS):
                await connection.execute(_NEXT_SEGMENT)

    async def _receiver(self, step: Step) -> None:
        await self.world.receiver.be(step.target, step.seconds)

    async def _mood(self, step: Step) -> None:
        rule = self.world.hub.faults.add(_MOODS[step.target])
        await asyncio.sleep(step.seconds)
        self.world.hub.faults.remove(rule)

    async def _clock(self, step: Step) -> None:
        self.world.clocks[step.target].set(self.pick.choice((-3, -1, 0, 1, 3)))

    async def _sync(self, _: Step) -> None:
        async with bus.connect(self.world.servers.nats.url(), "soak") as client:
            event = SyncRequested(requested_by="soak")
            await bus.publish(client, event, "soak", key=event.idempotency_key())

    async def _delete_durable(self, _: Step) -> None:
        async def delete(js: JetStreamContext) -> None:
            await js.delete_consumer(topology.STREAM, self.pick.choice((topology.INGESTER, topology.WATCHER)).name)

        await self._delete(delete)

    async def _delete_stream(self, _: Step) -> None:
        stream = self.pick.choice((topology.STREAM, topology.STREAM, topology.DEAD_STREAM))

        async def delete(js: JetStreamContext) -> None:
            await js.delete_stream(stream)

        await self._delete(delete)
        if stream == topology.STREAM:
            self.stream_began = datetime.now(UTC)

    async def _delete(self, delete: Callable[[JetStreamContext], Awaitable[None]]) -> None:
        """Delete something, and make it anew soon after, as `arcwatch up` and the job `migrate` do."""
        async with bus.connect(self.world.servers.nats.url(), "soak") as client:
            with contextlib.suppress(NotFoundError):
                await delete(client.jetstream())
            await asyncio.sleep(1)
            await topology.apply(client.jetstream())


async def _run(act: Callable[[Step], Awaitable[None]], step: Step) -> None:
    """Do a step; a server that another step has broken at this moment is tried again."""
    while True:
        try:
            return await act(step)
        except (OSError, TimeoutError, nats.errors.Error):
            await asyncio.sleep(1)


async def _frozen(pids: list[int], seconds: float) -> None:
    _signal(pids, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
