"""Reads past events from the stream, for clients that come back with their Last-Event-ID."""

import asyncio
import contextlib
from collections import OrderedDict
from contextlib import aclosing

import nats.errors
import structlog
from nats.aio.client import Client
from pydantic import ValidationError

from query_api.keeper import SUBJECTS, event_of
from query_api.live import Frame, frame_of
from query_api.ordered import StreamReadError, stored

log = structlog.get_logger(__name__)

# After a restart every page comes back at once, and most of them with the same Last-Event-ID.
READS_AT_ONCE = 4
KEPT_ANSWERS = 64
PATIENCE_SECONDS = 5.0
# More than a day of busy syncs; who was away longer reads the whole state anew anyway.
MOST_EVENTS = 1_000


class Replays:
    """Answers what happened between two sequences; the past does not change, so answers are kept."""

    def __init__(self, client: Client, stream: str) -> None:
        self._client = client
        self._stream = stream
        self._turns = asyncio.Semaphore(READS_AT_ONCE)
        self._kept: OrderedDict[tuple[int, int], list[Frame]] = OrderedDict()

    async def __call__(self, after: int, until: int) -> list[Frame]:
        """Return the frames, oldest first; none when the stream cannot be read now."""
        after = max(after, until - _SPAN)
        async with self._turns:
            if (after, until) not in self._kept:
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        self._kept[after, until] = await self._read(after, until)
                except (StreamReadError, nats.errors.Error, TimeoutError, OSError) as error:
                    log.warning("replay.failed", after=after, until=until, reason=str(error) or type(error).__name__)
                    return []
                if len(self._kept) > KEPT_ANSWERS:
                    self._kept.popitem(last=False)
            return self._kept[after, until]

    async def _read(self, after: int, until: int) -> list[Frame]:
        found: list[Frame] = []
        async with aclosing(stored(self._client, self._stream, after)) as messages:
            async for message in messages:
                if message.sequence > until:
                    break
                if message.subject in SUBJECTS:
                    with contextlib.suppress(ValidationError):
                        found.append(frame_of(event_of(message), message.sequence))
        return found[-MOST_EVENTS:]


_SPAN = 100_000
