"""When syncs run by themselves: at start, at each tick of the schedule, and where an earlier one died or failed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast, get_args

import structlog
from common.events import Trigger
from common.process.outage import AWAY, Outage
from common.schedule import Schedule

from watcher.store.syncs import SyncRow
from watcher.sync import Request, Syncer

log = structlog.get_logger(__name__)

# A dead watcher's sync is resumed within a minute: this, and the time PostgreSQL takes to notice, stay below.
LOOK_SECONDS = 15.0
# A dataset that could not be listed is listed again this often, not only at the next tick, which may be a day away.
RETRY_FAILED = timedelta(minutes=15)
_RECENTLY = timedelta(days=2)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Poller:
    """Runs the syncs that no message asks for. `run` loops; `run_once` does what is due at one instant.

    The schedule, too, goes by the database's clock: no tick comes early, late or twice for a host's sake.
    """

    syncer: Syncer
    schedule: Schedule
    enabled: bool = True
    auto_ingest: bool = True
    catch_up: bool = True
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    outage: Outage = field(default_factory=partial(Outage, "database", "syncs that are due wait; asked every 15 s"))
    _looked_until: datetime | None = field(default=None)
    _began: datetime | None = field(default=None)

    async def run(self) -> None:
        """Do what is due, for ever."""
        while True:
            pause = LOOK_SECONDS
            try:
                await self.run_once()
                pause = self.seconds_to_next_look(await self.syncer.syncs.now())
            except AWAY as error:
                self.outage.failed(error)
            except Exception:
                # The next look finds the same tick again.
                log.exception("poll.failed")
            else:
                self.outage.worked()
            await self.sleep(pause)

    def longest_gap_seconds(self, now: datetime) -> float:
        """Return the longest time between two scheduled syncs of these days; 0 where none run by themselves."""
        return self.schedule.longest_gap(now).total_seconds() if self.enabled else 0.0

    def _update_due(self, now: datetime) -> None:
        """Set the metrics of when silence is wrong: a dataset that was never listed is due after the first look."""
        metrics = self.syncer.metrics
        metrics.interval.set(self.longest_gap_seconds(now))
        self._began = self._began or now
        for dataset in self.syncer.datasets:
            due = self.schedule.listing_due(metrics.last_listed.get(dataset, self._began))
            metrics.due.labels(dataset).set(due.timestamp() if self.enabled else 0)

    def seconds_to_next_look(self, now: datetime) -> float:
        """Return how long to sleep: until the next tick, but never past the next look for orphaned syncs."""
        if not self.enabled:
            return LOOK_SECONDS
        ahead = (self.schedule.next_run(now) - now).total_seconds()
        return min(LOOK_SECONDS, max(ahead, 0.05))

    async def run_once(self) -> int:
        """Run every sync that is due now; return how many this watcher ran."""
        may_start = self.enabled and not self._held_back(await self.syncer.syncs.now())
        done = await self._resume_orphaned_syncs(may_start=may_start)
        # Ticks that pass while a sync runs are found at the next look.
        now = await self.syncer.syncs.now()
        failing = await self._update_listings(now)
        self._update_due(now)
        if not self.enabled or self._held_back(now):
            return done
        request = await self._due(now, failing)
        if request is not None and not (done and request.trigger == "startup"):
            done += bool(await self.syncer.sync(request))
        self._looked_until = now
        return done

    def _held_back(self, now: datetime) -> bool:
        return self.schedule.allowed_from(now) > now

    async def _due(self, now: datetime, failing: tuple[str, ...]) -> Request | None:
        """Return the one sync that is due: however many ticks were missed, the newest stands for all."""
        tick = self.schedule.last_tick(now)
        if self._looked_until is None:
            return await self._due_at_start(tick)
        if tick > self._looked_until:
            return Request("schedule", auto_ingest=self.auto_ingest, scheduled_for=tick)
        if not failing or await self.syncer.syncs.running():
            return None
        return Request("catch_up", failing, auto_ingest=self.auto_ingest)

    async def _due_at_start(self, tick: datetime) -> Request | None:
        covered = await self.syncer.syncs.covered_until()
        if covered is None or (self.catch_up and covered >= tick):
            return Request("startup", auto_ingest=self.auto_ingest)
        return Request("catch_up", auto_ingest=self.auto_ingest, scheduled_for=tick) if self.catch_up else None

    async def _update_listings(self, now: datetime) -> tuple[str, ...]:
        """Set the metrics of each dataset's last listing, by any watcher; return those that failed a while ago."""
        since = _EVER if self._looked_until is None else now - _RECENTLY
        found = {each.dataset: each for each in await self.syncer.syncs.listings(since)}
        watched = [found[dataset] for dataset in self.syncer.datasets if dataset in found]
        for each in watched:
            if each.listed_at is not None:
                self.syncer.metrics.listed(each.dataset, each.listed_at)
        return tuple(each.dataset for each in watched if each.failing_since(now - RETRY_FAILED))

    async def _resume_orphaned_syncs(self, *, may_start: bool) -> int:
        done = 0
        for row in await self.syncer.syncs.running():
            request = _repeated(row, auto_ingest=self.auto_ingest)
            if request is not None and self.enabled:
                done += bool(may_start and await self.syncer.resume(row.id, request))
                continue
            async with self.syncer.syncs.adopt(row.id) as began_at:
                if began_at:
                    # The request itself is redelivered by the bus, and runs as another sync.
                    await self.syncer.syncs.abandon(row.id, "its watcher stopped in the middle")
        return done


def _repeated(row: SyncRow, *, auto_ingest: bool) -> Request | None:
    """Return the request of a sync that ran by itself; None for one that a message asked for."""
    if row.trigger in {"manual", "webhook"} or row.trigger not in get_args(Trigger):
        return None
    return Request(cast("Trigger", row.trigger), auto_ingest=auto_ingest, scheduled_for=row.scheduled_for)
