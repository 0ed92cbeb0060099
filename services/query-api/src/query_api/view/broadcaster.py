"""Sends what happens to every open page: server-sent events over one shared log of frames."""

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from common.events import Event, IngestionProgress

from query_api.metrics import Metrics
from query_api.view.projection import StreamEvent

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
# Written at once: what waits for a slow client is bounded by this and the server's own 64 KiB.
_CHUNK_BYTES = 64 * 1024

NAMES = {
    "model.ingested": "ingested",
    "model.ingestion_failed": "failed",
    "sync.completed": "sync",
    "ingestion.progress": "progress",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One event on the wire. `sequence` is its place on the stream; progress has none and is never replayed."""

    sequence: int | None
    data: bytes


def frame_of(event: Event, sequence: int | None = None) -> Frame:
    """Return an event as a server-sent event, which anybody may read: without the address that requested it."""
    if getattr(event, "requested_by", None):
        event = event.model_copy(update={"requested_by": "admin"})
    return _frame(NAMES[event.subject], event.model_dump_json(), sequence)


def _frame(name: str, data: str, sequence: int | None = None) -> Frame:
    lines = [f"id: {sequence}"] if sequence is not None else []
    return Frame(sequence, "\n".join([*lines, f"event: {name}", f"data: {data}", "", ""]).encode())


def reset_frame(sequence: int, reason: str) -> Frame:
    """Return what says "load again, then go on after this": some of what happened cannot be replayed any more."""
    return _frame("reset", json.dumps({"reason": reason}), sequence)


PING = _frame("ping", "{}")

Write = Callable[[bytes], Awaitable[None]]
"""Sends bytes to one client; raises ConnectionError once it is gone."""

Replay = Callable[[int, int], Awaitable[Sequence[Frame] | None]]
"""Reads the frames after one sequence up to another from the stream; None when that is not known."""


class FrameLog:
    """The newest frames, bounded by number and by bytes."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self.max_frames = max_frames
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: deque[Frame] = deque()

    def add(self, frame: Frame) -> Frame | None:
        """Keep a frame; return the newest of those that had to go for it."""
        gone = None
        self._frames.append(frame)
        self._bytes += len(frame.data)
        while len(self._frames) > 1 and (len(self._frames) > self.max_frames or self._bytes > self._max_bytes):
            gone = self._frames.popleft()
            self._bytes -= len(gone.data)
        return gone

    def newest(self, count: int) -> list[Frame]:
        """Return the last ones, oldest first."""
        return list(itertools.islice(self._frames, len(self._frames) - count, None))

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self._bytes = 0

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


class Broadcaster:
    """One log of frames, which every client reads at its own pace."""

    def __init__(
        self,
        metrics: Metrics,
        replay: Replay,
        *,
        ping_seconds: float | None = None,
        kept_frames: int = KEPT_FRAMES,
    ) -> None:
        self._metrics = metrics
        self._replay = replay
        self._ping_seconds = ping_seconds or PING_SECONDS
        self._live = FrameLog(kept_frames, KEPT_BYTES)
        self._total = 0
        self._history = FrameLog(kept_frames, KEPT_BYTES)
        self._history_after = 0
        self._newest = 0
        self._changed = asyncio.Event()
        self._numbers = itertools.count()
        self.closing = False
        self.clients = 0

    def start_after(self, after: int) -> None:
        """Note that every event after this sequence will be broadcast."""
        self._history_after = self._newest = after

    def broadcast(self, events: Sequence[StreamEvent]) -> None:
        """Send events of the stream to every client."""
        for each in events:
            if each.sequence <= self._newest:
                self._restart_history(each.sequence - 1)
            frame = frame_of(each.event, each.sequence)
            if gone := self._history.add(frame):
                self._history_after = gone.sequence or 0
            self._newest = each.sequence
            self._add(frame)

    def _restart_history(self, after: int) -> None:
        """Numbers go up: where they do not, the stream was made anew, and old ones are places in another one."""
        self._history.clear()
        self.start_after(after)
        self._add(reset_frame(after, "the stream was made anew"))

    def progress(self, event: IngestionProgress) -> None:
        """Send how far an ingestion is to every client."""
        self._add(frame_of(event))

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

    @property
    def _oldest(self) -> int:
        return self._total - len(self._live)

    async def serve(self, write: Write, last_event_id: int | None) -> None:
        """Write events to a client until it goes, falls behind, or the server stops."""
        self.clients += 1
        self._metrics.clients.inc()
        pause = BURST_SECONDS * (next(self._numbers) % _WRITE_SLOTS + 1) / _WRITE_SLOTS
        try:
            await self._write(write, [b"retry: 2000\n\n"])
            place = await self._catch_up(write, last_event_id)
            await self._follow(write, place, pause)
        except TimeoutError:
            self._metrics.dropped.inc()
        except ConnectionError:
            log.debug("events.client_gone")
        finally:
            self.clients -= 1
            self._metrics.clients.dec()

    async def _catch_up(self, write: Write, last_event_id: int | None) -> int:
        """Write what a client missed; return its place in the live log."""
        if last_event_id is None:
            return self._total
        missed = await self._missed(last_event_id)
        place = self._total
        if missed is None:
            missed = [reset_frame(self._newest, "what happened since the last event cannot be told")]
        await self._write(write, [each.data for each in missed])
        return place

    async def _missed(self, last_event_id: int) -> list[Frame] | None:
        """Return the frames after one that a client has; None when it is not certain that these are all."""
        missed: list[Frame] = []
        while last_event_id < self._history_after:
            # What happens while the stream is read may push the history on, so look again.
            until = self._history_after
            found = await self._replay(last_event_id, until)
            if found is None:
                return None
            missed += found
            last_event_id = until
        if last_event_id > self._newest:
            return None
        return missed + [each for each in self._history if (each.sequence or 0) > last_event_id]

    async def _follow(self, write: Write, place: int, pause: float) -> None:
        now = asyncio.get_running_loop().time
        ping_at = now() + self._ping_seconds
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
                ping_at = now() + self._ping_seconds
            await self._write(write, parts)

    async def _write(self, write: Write, parts: Iterable[bytes]) -> None:
        for chunk in chunks(parts):
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                await write(chunk)


def chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Join parts into pieces of some size, so that few writes suffice and none is large."""
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= _CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
