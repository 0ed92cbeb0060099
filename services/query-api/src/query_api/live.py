"""What happens, told to every open page: server-sent events over one shared log of frames."""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web
from common.events import Event, IngestionProgress

from query_api.keeper import Happening
from query_api.metrics import Metrics

log = structlog.get_logger(__name__)

# Frames kept for clients that come back; a client that falls further behind is dropped and comes back.
KEPT_FRAMES = 2_000
HEARTBEAT_SECONDS = 15.0
# A client whose connection takes no bytes for this long is gone, or too slow to be kept.
WRITE_TIMEOUT_SECONDS = 10.0
# Frames are collected for up to this long: a thousand clients cost one write each, not one per frame. Each client has
# its own moment within it, so that their writes do not hold up everybody else at once.
BURST_SECONDS = 0.25
_MOMENTS = 64

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
    """Return an event as a server-sent event."""
    lines = [f"id: {sequence}"] if sequence is not None else []
    lines += [f"event: {NAMES[event.subject]}", f"data: {event.model_dump_json()}", "", ""]
    return Frame(sequence, "\n".join(lines).encode())


Replay = Callable[[int, int], Awaitable[list[Frame]]]
"""Reads the frames after one sequence up to another from the stream."""


class Broadcaster:
    """One log of frames, which every client reads at its own pace."""

    def __init__(
        self,
        metrics: Metrics,
        replay: Replay,
        *,
        heartbeat_seconds: float | None = None,
        kept_frames: int = KEPT_FRAMES,
    ) -> None:
        self._metrics = metrics
        self._replay = replay
        self._heartbeat = heartbeat_seconds or HEARTBEAT_SECONDS
        self._live: deque[Frame] = deque(maxlen=kept_frames)
        self._total = 0
        self._history: deque[Frame] = deque()
        self._history_after = 0
        self._kept = kept_frames
        self._news = asyncio.Event()
        self._numbers = itertools.count()
        self.closing = False
        self.clients = 0

    def begin(self, after: int) -> None:
        """Note that everything after this sequence will be told."""
        self._history_after = after

    def tell(self, happenings: Sequence[Happening]) -> None:
        """Tell what happened on the stream."""
        for each in happenings:
            frame = frame_of(each.event, each.sequence)
            self._history.append(frame)
            if len(self._history) > self._kept:
                self._history_after = self._history.popleft().sequence or 0
            self._add(frame)

    def progress(self, event: IngestionProgress) -> None:
        """Tell how far an ingestion is."""
        self._add(frame_of(event))

    def close(self) -> None:
        """Let every client go."""
        self.closing = True
        self._announce()

    def _add(self, frame: Frame) -> None:
        self._live.append(frame)
        self._total += 1
        self._announce()

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    @property
    def _oldest(self) -> int:
        return self._total - len(self._live)

    async def serve(self, response: web.StreamResponse, last_event_id: int | None) -> None:
        """Write events to a client until it goes, falls behind, or the server stops."""
        self.clients += 1
        self._metrics.clients.inc()
        pause = BURST_SECONDS * (next(self._numbers) % _MOMENTS + 1) / _MOMENTS
        try:
            await self._write(response, [b"retry: 2000\n\n"])
            place = await self._catch_up(response, last_event_id)
            await self._follow(response, place, pause)
        except TimeoutError:
            self._metrics.dropped.inc()
        except ConnectionError:
            log.debug("events.client_gone")
        finally:
            self.clients -= 1
            self._metrics.clients.dec()

    async def _catch_up(self, response: web.StreamResponse, last_event_id: int | None) -> int:
        """Write what a client missed; return its place in the live log."""
        if last_event_id is None:
            return self._total
        missed: list[Frame] = []
        while last_event_id < self._history_after:
            # What happens while the stream is read may push the history on, so look again.
            until = self._history_after
            missed += await self._replay(last_event_id, until)
            last_event_id = until
        missed += [each for each in self._history if (each.sequence or 0) > last_event_id]
        place = self._total
        await self._write(response, [each.data for each in missed])
        return place

    async def _follow(self, response: web.StreamResponse, place: int, pause: float) -> None:
        while not self.closing:
            if place == self._total:
                news = self._news
                try:
                    await asyncio.wait_for(news.wait(), self._heartbeat)
                except TimeoutError:
                    await self._write(response, [b": here\n\n"])
                    continue
                await asyncio.sleep(pause)
            if place < self._oldest:
                self._metrics.dropped.inc()
                return
            new = self._total - place
            place = self._total
            await self._write(response, [each.data for each in list(self._live)[-new:]] if new else [])

    async def _write(self, response: web.StreamResponse, parts: list[bytes]) -> None:
        if parts:
            async with asyncio.timeout(WRITE_TIMEOUT_SECONDS):
                await response.write(b"".join(parts))


async def stop_quietly(response: web.StreamResponse) -> None:
    """End a stream; the client may be gone already."""
    with contextlib.suppress(ConnectionError):
        await response.write_eof()
