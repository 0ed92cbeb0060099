"""Reads the stream in its order from the reader's own place: every message once, across lost connections and servers.

It makes no consumer: who may make one may also change those of the ingesters, because the server goes by the request's
body. Core subscriptions only say that it is worth while to look; what is read comes by direct gets, which change
nothing. A look every other second finds what no hint announced, and shows that the stream is there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime

import nats.errors
import structlog
from common.bus.stored import Message, StreamReadError, stored
from common.process.outage import reason_of
from nats.aio.client import Client
from nats.aio.msg import Msg

from query_api.view.stream.event_id import EventId, stream_number

log = structlog.get_logger(__name__)

# With a patience of twice as long, a stream that went silent is noticed within 6 s.
POLL_SECONDS = 2.0
# A hint may come before the message is stored where it is asked for: look again, each time after twice as long.
FIRST_PAUSE_SECONDS = 0.005
_AWAY = (StreamReadError, nats.errors.Error, OSError, TimeoutError)


class OrderedReader:
    """Reads some subjects of a stream from a place on."""

    def __init__(self, client: Client, name: str, subjects: Collection[str]) -> None:
        self._client = client
        self._js = client.jetstream()
        self._name = name
        self._subjects = subjects
        self._hinted = asyncio.Event()
        self._place = 0
        self._listens = False
        self._heard_at = datetime.now(UTC)
        self.on_resumed: Callable[[], None] = lambda: None
        """Called each time the stream was silent or made anew."""
        self.stream = 0
        """The stream's number, which tells it from another one of its name."""
        self.began_after: EventId | None = None
        """The last place of the stream before those that are read; None until the stream is there."""
        self.silent_since: datetime | None = self._heard_at

    async def start(self, after: int | None = None) -> None:
        """Begin after a sequence, or with what is stored from now on: from when NATS is there, if it is away."""
        try:
            await self._begin(after)
        except _AWAY as error:
            log.warning("stream.lost", reason=reason_of(error))

    async def _begin(self, after: int | None = None) -> None:
        if not self._client.is_connected:
            raise StreamReadError("NATS is away")
        if not self._listens:
            for each in self._subjects:
                await self._client.subscribe(each, cb=self._on_hint)
            self._listens = True
        info = await self._js.stream_info(self._name)
        last = int(info.state.last_seq)
        self.stream = stream_number(info.created)
        self.began_after = EventId(self.stream, last)
        self._place = last if after is None else min(after, last)
        self._answered()

    async def messages(self) -> AsyncIterator[Message]:
        """Yield messages for ever."""
        pause = POLL_SECONDS
        while True:
            try:
                # Each time: a place of the stream that was there before would be another one in this stream.
                await (self._look() if self.began_after else self._begin())
                async for message in stored(self._client, self._name, self._place, 2 * POLL_SECONDS):
                    self._place = message.sequence
                    if message.subject in self._subjects:
                        yield message
                self._answered()
            except _AWAY as error:
                self._failed(error)
            pause = await self._wait(pause)

    async def _look(self) -> None:
        """Ask whether the stream is still the one that our place is in."""
        async with asyncio.timeout(2 * POLL_SECONDS):
            info = await self._js.stream_info(self._name)
        last, stream = int(info.state.last_seq), stream_number(info.created)
        place = 0 if stream != self.stream else min(self._place, last)
        self.stream = stream
        if place < self._place:
            log.warning("stream.made_anew", place=self._place, last=last)
            self._place = place
            self.on_resumed()

    async def _wait(self, pause: float) -> float:
        """Wait for a hint, or for as long as the pause; return the next pause."""
        try:
            await asyncio.wait_for(self._hinted.wait(), pause)
        except TimeoutError:
            return min(2 * pause, POLL_SECONDS)
        self._hinted.clear()
        return FIRST_PAUSE_SECONDS

    async def _on_hint(self, _: Msg) -> None:
        self._hinted.set()

    def _answered(self) -> None:
        self._heard_at = datetime.now(UTC)
        if self.silent_since is not None:
            self.silent_since = None
            self.on_resumed()

    def _failed(self, error: Exception) -> None:
        if self.silent_since is None:
            log.warning("stream.lost", reason=reason_of(error))
            self.silent_since = self._heard_at
