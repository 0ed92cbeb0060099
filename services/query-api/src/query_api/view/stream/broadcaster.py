"""Sends what happens to every open page: server-sent events over one shared log of frames."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from common.events import IngestionProgress

from query_api.metrics import Metrics
from query_api.view.snapshot import View
from query_api.view.stream.event_id import NOWHERE, EventId
from query_api.view.stream.frames import PINGS, Frame, FrameLog, chunks, frame_of, reset_frame
from query_api.view.stream.stream_event import StreamEvent

log = structlog.get_logger(__name__)

# Frames kept for clients that read slowly; one that falls further behind is dropped and comes back.
KEPT_FRAMES = 2_000
KEPT_BYTES = 8 * 1024 * 1024
KEPT_RUNS = 1_000
PING_SECONDS = 10.0
# A client whose connection takes no bytes for this long is gone, or too slow to be kept.
WRITE_TIMEOUT_SECONDS = 10.0
# Frames are collected for up to this long: a thousand clients cost one write each, not one per frame. Each client has
# its own slot within it, so that their writes do not hold up all other requests at once.
BURST_SECONDS = 0.25
_WRITE_SLOTS = 64

Write = Callable[[bytes], Awaitable[None]]
"""Sends bytes to one client; raises ConnectionError once it is gone."""

Replay = Callable[[EventId, int], Awaitable[Sequence[Frame] | None]]
"""Reads the frames after a place up to a sequence from the stream; None when that is not known."""


class Broadcaster:
    """One log of frames, which every client reads at its own pace."""

    def __init__(
        self, metrics: Metrics, replay: Replay, view: Callable[[], View], is_stale: Callable[[], bool]
    ) -> None:
        self._metrics = metrics
        self._is_stale = is_stale
        self._replay = replay
        self._view = view
        self._log = FrameLog(KEPT_FRAMES, KEPT_BYTES)
        self._changed = asyncio.Event()
        self._numbers = itertools.count()
        self.newest = NOWHERE
        """The place after which every event is still to be broadcast."""
        self.running: dict[int, IngestionProgress] = {}
        """What was last heard of each run that goes on."""
        self.closing = False
        self.clients = 0
        metrics.clients.set_function(lambda: self.clients)

    def broadcast(self, events: Sequence[StreamEvent]) -> None:
        """Send events of the stream to every client."""
        view = self._view()
        for each in events:
            if each.place.stream != self.newest.stream or each.place.sequence <= self.newest.sequence:
                # Numbers go up: where they do not, the stream was created again, and old ones are of another one.
                before = each.place._replace(sequence=each.place.sequence - 1)
                self._add(reset_frame(before, "the stream was made anew"))
            self.newest = each.place
            if frame := frame_of(each.event, view, each.place):
                self._add(frame)

    def joined(self, after: EventId) -> None:
        """Begin after a place of the stream, which may have come late: who listens already reads everything anew."""
        if self.newest == NOWHERE:
            self.newest = after
            if self.clients:
                self._add(reset_frame(after, "the stream was joined"))

    def progress(self, event: IngestionProgress) -> None:
        """Send how far an ingestion is to every client."""
        self.running.pop(event.run_id, None)
        if event.status == "running":
            self.running[event.run_id] = event
            if len(self.running) > KEPT_RUNS:  # of some the end was never heard
                del self.running[next(iter(self.running))]
        if frame := frame_of(event, self._view()):
            self._add(frame)

    def close(self) -> None:
        """Let every client go."""
        self.closing = True
        self._notify()

    def _add(self, frame: Frame) -> None:
        self._log.add(frame)
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def serve(self, write: Write, last: EventId | None) -> None:
        """Write events to a client until it goes, falls behind, or the server stops."""
        self.clients += 1
        pause = BURST_SECONDS * (next(self._numbers) % _WRITE_SLOTS + 1) / _WRITE_SLOTS
        try:
            await self._write(write, [b"retry: 2000\n\n"])
            place = await self._catch_up(write, last)
            await self._follow(write, place, pause)
        except TimeoutError:
            self._metrics.dropped.inc()
        except ConnectionError:
            log.debug("events.client_gone")
        finally:
            self.clients -= 1

    async def _catch_up(self, write: Write, last: EventId | None) -> int:
        """Write what a client missed; return its place in the log."""
        # What happens while the stream is read comes after this place.
        place, newest = self._log.total, self.newest
        if last is not None:
            missed = await self._missed(last, newest)
            if missed is None:
                missed = [reset_frame(newest, "what happened since the last event is not known")]
            await self._write(write, [each.data for each in missed])
        elif newest != NOWHERE:
            # Without data this is no event: a client whose connection breaks before the first one names it.
            await self._write(write, [f"id: {newest}\n\n".encode()])
        return place

    async def _missed(self, last: EventId, newest: EventId) -> Sequence[Frame] | None:
        """Return the frames after one that a client has; None when it is not certain that these are all."""
        if last.stream not in {None, newest.stream} or last.sequence > newest.sequence:
            return None
        if last.sequence == newest.sequence:
            return []
        return await self._replay(newest._replace(sequence=last.sequence), newest.sequence)

    async def _follow(self, write: Write, place: int, pause: float) -> None:
        now = asyncio.get_running_loop().time
        ping_at = now() + PING_SECONDS
        while not self.closing:
            if place == self._log.total:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), max(0.0, ping_at - now()))
            if place < self._log.total:
                await asyncio.sleep(pause)
            new = self._log.after(place)
            if new is None:
                self._metrics.dropped.inc()
                return
            place = self._log.total
            parts = [each.data for each in new]
            if now() >= ping_at:
                parts.append(PINGS[self._is_stale()])
                ping_at = now() + PING_SECONDS
            await self._write(write, parts)

    async def _write(self, write: Write, parts: Iterable[bytes]) -> None:
        for chunk in chunks(parts):
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                await write(chunk)
