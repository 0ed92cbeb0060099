"""Reads past events from the stream, for clients that come back with their Last-Event-ID."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import aclosing

import nats.errors
import structlog
from common.bus.stored import StreamReadError, stored
from nats.aio.client import Client
from pydantic import ValidationError

from query_api.view.snapshot import View
from query_api.view.stream.event_id import EventId, stream_number
from query_api.view.stream.frames import Frame, frame_of
from query_api.view.stream.stream_event import SUBJECTS, event_of

log = structlog.get_logger(__name__)

# After a restart every page comes back at once, and most of them with the same Last-Event-ID.
READS_AT_ONCE = 4
KEPT_ANSWERS = 64
TIMEOUT_SECONDS = 5.0
# Days of busy syncs; who was away longer reads the whole state anew anyway.
MAX_EVENTS = 2_000
KEPT_BYTES = 16 * 1024 * 1024
_SPAN = 100_000

Answer = list[Frame] | None


class StreamReplay:
    """Reads the events after a place up to a sequence; the past does not change, so answers are kept."""

    def __init__(self, client: Client, stream: str, view: Callable[[], View]) -> None:
        self._client = client
        self._stream = stream
        self._view = view
        self._slots = asyncio.Semaphore(READS_AT_ONCE)
        self._kept: OrderedDict[tuple[EventId, int], Answer] = OrderedDict()

    async def __call__(self, after: EventId, until: int) -> Answer:
        """Return the frames, oldest first; None when the stream cannot be read, or no longer holds all of them."""
        if until - after.sequence > _SPAN:
            return None
        try:
            # The wait for a slot counts too: while the stream is away, all clients come back at once.
            async with asyncio.timeout(TIMEOUT_SECONDS), self._slots:
                if (after, until) in self._kept:
                    return self._kept[after, until]
                answer = await self._replayed(after, until)
        except (StreamReadError, nats.errors.Error, TimeoutError, OSError) as error:
            log.warning("replay.failed", after=after.sequence, until=until, reason=str(error) or type(error).__name__)
            return None
        self._keep((after, until), answer)
        return answer

    def _keep(self, span: tuple[EventId, int], answer: Answer) -> None:
        self._kept[span] = answer
        while len(self._kept) > KEPT_ANSWERS or sum(map(_size, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)

    async def _replayed(self, after: EventId, until: int) -> Answer:
        info = await self._client.jetstream().stream_info(self._stream)
        if stream_number(info.created) != after.stream or info.state.first_seq > after.sequence + 1:
            # What is gone may have been for this client.
            return None
        found = await self._read(after, until)
        return found if len(found) <= MAX_EVENTS else None

    async def _read(self, after: EventId, until: int) -> list[Frame]:
        found: list[Frame] = []
        async with aclosing(stored(self._client, self._stream, after.sequence)) as messages:
            async for message in messages:
                if message.sequence > until or len(found) > MAX_EVENTS:
                    break
                if message.subject in SUBJECTS:
                    with contextlib.suppress(ValidationError):
                        frame = frame_of(event_of(message), self._view(), after._replace(sequence=message.sequence))
                        found += [frame] if frame else []
        return found


def _size(answer: Answer) -> int:
    return sum(len(each.data) for each in answer or ())
