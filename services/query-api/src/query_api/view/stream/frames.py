"""Server-sent events as bytes: each event in the API's shape, and a bounded log of them. Knows no client."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from common.events import Event, IngestionProgress, ModelIngested, ModelIngestionFailed, SyncCompleted

from query_api.schemas import live_events as shapes
from query_api.schemas.base import ApiModel
from query_api.view.snapshot import View
from query_api.view.stream.event_id import EventId

# Written at once: what waits for a slow client is bounded by this and aiohttp's own 64 KiB.
_CHUNK_BYTES = 64 * 1024
_NAMES: Final = {field.annotation: name for name, field in shapes.LiveEvents.model_fields.items()}
# Events of the bus whose fields the API shows under the same names.
_SHAPES: Final[dict[type[Event], type[ApiModel]]] = {
    ModelIngestionFailed: shapes.FailedEvent,
    SyncCompleted: shapes.SyncEvent,
    IngestionProgress: shapes.ProgressEvent,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One event on the wire. `sequence` is its place on the stream; progress has none and is never replayed."""

    sequence: int | None
    data: bytes


def frame_of(event: Event, view: View, place: EventId | None = None) -> Frame | None:
    """Return an event of the bus as a server-sent event; None where it tells of no submission that can be shown."""
    if not isinstance(event, ModelIngested):
        return _frame(_SHAPES[type(event)].model_validate(event, from_attributes=True), place)
    submission = view.announced_by(event)
    if submission is None:
        return None
    run = {
        "run_id": event.run_id,
        "trigger": event.trigger,
        "auto_triggered": event.auto_triggered,
        "landed": event.landed,
    }
    return _frame(shapes.IngestedEvent(**(dict(view.row(submission)) | run)), place)


def reset_frame(place: EventId, reason: str) -> Frame:
    """Return what says "load again, then go on after this": some of what happened cannot be replayed any more."""
    return _frame(shapes.ResetEvent(reason=reason), place)


def _frame(shown: ApiModel, place: EventId | None = None) -> Frame:
    lines = [f"id: {place}"] if place else []
    lines += [f"event: {_NAMES[type(shown)]}", f"data: {shown.model_dump_json()}", "", ""]
    return Frame(place.sequence if place else None, "\n".join(lines).encode())


PINGS: Final = {stale: _frame(shapes.PingEvent(stale=stale)).data for stale in (False, True)}


class FrameLog:
    """The newest frames, bounded by number and by bytes; `total` counts all that there were."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: deque[Frame] = deque()
        self.total = 0

    def add(self, frame: Frame) -> None:
        """Keep a frame; the oldest go for it."""
        self.total += 1
        self._frames.append(frame)
        self._bytes += len(frame.data)
        while len(self._frames) > 1 and (len(self._frames) > self._max_frames or self._bytes > self._max_bytes):
            self._bytes -= len(self._frames.popleft().data)

    def after(self, place: int) -> list[Frame] | None:
        """Return all but the first `place` frames that there were, oldest first; None where some are gone."""
        gone = self.total - len(self._frames)
        return list(itertools.islice(self._frames, place - gone, None)) if place >= gone else None


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
