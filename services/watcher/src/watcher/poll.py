"""When syncs run by themselves: at start, at each tick of the schedule, and where another watcher died in one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast, get_args

import structlog
from common.events import Trigger
from common.schedule import Schedule

from watcher.store import SyncRow
from watcher.sync import Clock, Request, Syncer, utc_now

log = structlog.get_logger(__name__)

# A dead watcher's sync is gone on with within a minute: this, and the time PostgreSQL takes to notice, stay below.
LOOK_SECONDS = 15.0


@dataclass
class Poller:
    """Runs the syncs that nobody asks for. `run` loops; `run_once` does what is due at one instant."""

    syncer: Syncer
    schedule: Schedule
    enabled: bool = True
    auto_ingest: bool = True
    catch_up: bool = True
    clock: Clock = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _looked_until: datetime | None = field(default=None)
    _starting: bool = field(default=True)

    async def run(self) -> None:
        """Do what is due, for ever."""
        while True:
            try:
                await self.run_once()
            except Exception:
                # The database is away, say: the next look finds the same tick again.
                log.exception("poll.failed")
            await self.sleep(self.seconds_to_next_look())

    def seconds_to_next_look(self) -> float:
        """Return how long to sleep: until the next tick, but never past the next look for dead watchers."""
        if not self.enabled:
            return LOOK_SECONDS
        ahead = (self.schedule.next_run(self.clock()) - self.clock()).total_seconds()
        return min(LOOK_SECONDS, max(ahead, 0.05))

    async def run_once(self) -> int:
        """Run every sync that is due now; return how many this watcher ran."""
        done = await self._go_on_with_dead_ones()
        if not self.enabled or self.schedule.allowed_from(self.clock()) > self.clock():
            return done
        request = await self._due()
        if request is not None and await self.syncer.sync(request):
            done += 1
        self._starting = False
        self._looked_until = self.clock()
        return done

    async def _due(self) -> Request | None:
        """Return the one sync that is due: however many ticks were missed, the newest stands for all."""
        now = self.clock()
        tick = self.schedule.last_tick(now)
        last = await self.syncer.store.last_scheduled()
        if self._starting and not await self.syncer.store.has_synced():
            return Request("startup", auto_ingest=self.auto_ingest)
        if self._looked_until is not None and tick > self._looked_until:
            return Request("schedule", auto_ingest=self.auto_ingest, scheduled_for=tick)
        if not self._starting or not self.catch_up:
            return None
        if last is not None and last < tick:
            return Request("catch_up", auto_ingest=self.auto_ingest, scheduled_for=tick)
        return Request("startup", auto_ingest=self.auto_ingest)

    async def _go_on_with_dead_ones(self) -> int:
        done = 0
        for row in await self.syncer.store.running():
            request = _again(row, auto_ingest=self.auto_ingest)
            if request is not None:
                done += bool(await self.syncer.resume(row.id, request))
                continue
            async with self.syncer.store.adopt(row.id) as ours:
                if ours:
                    # The request itself is redelivered by the bus, and runs as a sync of its own.
                    await self.syncer.store.abandon(row.id, "its watcher stopped in the middle")
        return done


def _again(row: SyncRow, *, auto_ingest: bool) -> Request | None:
    """Return the request of a sync that ran by itself; None for one that somebody asked for."""
    if row.trigger in {"manual", "webhook"} or row.trigger not in get_args(Trigger):
        return None
    return Request(cast("Trigger", row.trigger), auto_ingest=auto_ingest, scheduled_for=row.scheduled_for)
