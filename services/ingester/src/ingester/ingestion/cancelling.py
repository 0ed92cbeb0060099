"""Ends ingestions that an admin cancels: one that runs within seconds, one that waits before it begins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from common.events import IngestionProgress, ModelDiscovered
from common.process.outage import FAILURES

from ingester.ingestion.report import Report
from ingester.metrics import Metrics
from ingester.store import cancelled
from ingester.store.runs import Origin, end_event
from ingester.store.session import LockHeldError, Session, locked

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
# Until the server has noticed that the connection with the model's lock is gone.
_LOCK_TRIES, _LOCK_PAUSE_SECONDS = 50, 0.2

Ingest = Callable[[ModelDiscovered, int, int | None], Awaitable[object]]


@dataclass(frozen=True)
class Cancellable:
    """Ingests as `ingest` does, unless and until an admin cancels it."""

    ingest: Ingest
    pool: asyncpg.Pool
    metrics: Metrics
    announce: Callable[[IngestionProgress], Awaitable[None]]
    instance: str
    poll_seconds: float = POLL_SECONDS

    async def __call__(self, event: ModelDiscovered, delivery_count: int = 1, sequence: int | None = None) -> object:
        """Return or raise what `ingest` does; None for one that was cancelled: its run is skipped."""
        origin = Origin(event, sequence, delivery_count, self.instance)
        by = await cancelled.cancelled_by(self.pool, origin)
        if by is None:
            work = asyncio.ensure_future(self.ingest(event, delivery_count, sequence))
            by = await self._cancelled(work, origin)
            if by is None or not work.cancelled():
                return work.result()
        return await self._end(origin, f"cancelled by {by}")

    async def _cancelled(self, work: "asyncio.Future[object]", origin: Origin) -> str | None:
        """Wait until the work is done, and return None, or until it is cancelled, and return by whom."""
        watch = asyncio.ensure_future(self._watch(origin))
        both: set[asyncio.Future[Any]] = {work, watch}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            by = None if work.done() else watch.result()
        finally:
            for each in both:
                each.cancel()
            # Whatever it raises is raised by who asks for its result.
            await asyncio.wait(both)
        return by

    async def _watch(self, origin: Origin) -> str:
        while True:
            await asyncio.sleep(self.poll_seconds)
            with contextlib.suppress(*FAILURES):
                if by := await cancelled.cancelled_by(self.pool, origin):
                    return by

    async def _end(self, origin: Origin, reason: str) -> object:
        """End the event's run as skipped; one that was committed before it could be stopped is announced instead."""
        event = origin.event
        async with self._locked(event) as session:
            committed = await session.has_committed(event, origin.sequence)
            ended = [] if committed else await session.skip_running(event, origin.sequence, reason)
            if not committed and not ended:
                ended = [await end_event(session.connection, origin, "skipped", reason)]
        if committed:
            # Nothing of it is fetched again: its content is there.
            return await self.ingest(event.model_copy(update={"force": False}), origin.delivery_count, origin.sequence)
        report = Report(self.metrics, self.announce, event)
        for run in ended:
            await report.skipped(run.id, reason, run.duration_ms, cancelled=True)
        return None

    @contextlib.asynccontextmanager
    async def _locked(self, event: ModelDiscovered) -> AsyncIterator[Session]:
        """Lock the model: PostgreSQL may take a moment to notice that the connection that had the lock is gone."""
        for last in (*[False] * _LOCK_TRIES, True):
            try:
                async with locked(self.pool, event.dataset, event.model) as session:
                    yield session
                    return
            except LockHeldError:
                if last:
                    raise
                await asyncio.sleep(_LOCK_PAUSE_SECONDS)
