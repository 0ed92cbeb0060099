"""Sends what happens to every open page: server-sent events over one shared log of frames."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from common.events import IngestionProgress

from query_api.metrics import Metrics
from query_api.view.event_id import NOWHERE, EventId
from query_api.view.frames import PING, Frame, FrameLog, chunks, frame_of, reset_frame
from query_api.view.projection import StreamEvent
from query_api.view.snapshot import View

log = structlog.get_logger(__name__)

# Frames kept for clients that come back; a client that falls further behind is dropped and comes back.
KEPT_FRAMES = 2_000
KEPT_BYTES = 8 * 1024 * 1024
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

    def __init__(self, metrics: Metrics, replay: Replay, view: Callable[[], View]) -> None:
        self._metrics = metrics
        self._replay = replay
        self._view = view
        self._live = FrameLog(KEPT_FRAMES, KEPT_BYTES)
        self._total = 0
        self._history = FrameLog(KEPT_FRAMES, KEPT_BYTES)
        self._history_after = 0
        self._newest = NOWHERE
        self._changed = asyncio.Event()
        self._numbers = itertools.count()
        self.closing = False
        self.clients = 0

    def start_after(self, place: EventId) -> None:
        """Note that every event after this place will be broadcast."""
        self._history_after = place.sequence
        self._newest = place

    def broadcast(self, events: Sequence[StreamEvent]) -> None:
        """Send events of the stream to every client."""
        view = self._view()
        for each in events:
            if each.place.stream != self._newest.stream or each.place.sequence <= self._newest.sequence:
                self._restart_history(each.place._replace(sequence=each.place.sequence - 1))
            self._newest = each.place
            if frame := frame_of(each.event, view, each.place):
                if gone := self._history.add(frame):
                    self._history_after = gone.sequence or 0
                self._add(frame)

    def _restart_history(self, after: EventId) -> None:
        """Numbers go up: where they do not, the stream was created again, and old ones are places in another one."""
        self._history.clear()
        self.start_after(after)
        self._add(reset_frame(after, "the stream was made anew"))

    def progress(self, event: IngestionProgress) -> None:
        """Send how far an ingestion is to every client."""
        if frame := frame_of(event, self._view()):
            self._add(frame)

    def close(self) -> None:
        """Let every client go."""
        self.closing = True
        self._notify()

    def _add(self, frame: Frame) -> None:
        self._live.add(frame)
        self._total += 1
        self._notify()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def serve(self, write: Write, last: EventId | None) -> None:
        """Write events to a client until it goes, falls behind, or the server stops."""
        self.clients += 1
        self._metrics.clients.inc()
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
            self._metrics.clients.dec()

    async def _catch_up(self, write: Write, last: EventId | None) -> int:
        """Write what a client missed; return its place in the live log."""
        if last is None:
            return self._total
        missed = await self._missed(last)
        place = self._total
        if missed is None:
            missed = [reset_frame(self._newest, "what happened since the last event is not known")]
        await self._write(write, [each.data for each in missed])
        return place

    async def _missed(self, last: EventId) -> list[Frame] | None:
        """Return the frames after one that a client has; None when it is not certain that these are all."""
        stream = self._newest.stream
        if last.stream not in {None, stream}:
            return None
        missed: list[Frame] = []
        after = last.sequence
        while after < self._history_after:
            # What happens while the stream is read may push the history on, so look again.
            until = self._history_after
            found = await self._replay(EventId(stream, after), until)
            if found is None or self._newest.stream != stream:
                return None
            missed += found
            after = until
        if after > self._newest.sequence:
            return None
        return missed + [each for each in self._history if (each.sequence or 0) > after]

    async def _follow(self, write: Write, place: int, pause: float) -> None:
        now = asyncio.get_running_loop().time
        ping_at = now() + PING_SECONDS
        while not self.closing:
            if place == self._total:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), max(0.0, ping_at - now()))
            if place < self._total:
                await asyncio.sleep(pause)
            new = self._total - place
            if new > len(self._live):
                self._metrics.dropped.inc()
                return
            place = self._total
            parts = [each.data for each in self._live.newest(new)]
            if now() >= ping_at:
                parts.append(PING.data)
                ping_at = now() + PING_SECONDS
            await self._write(write, parts)

    async def _write(self, write: Write, parts: Iterable[bytes]) -> None:
        for chunk in chunks(parts):
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                await write(chunk)
