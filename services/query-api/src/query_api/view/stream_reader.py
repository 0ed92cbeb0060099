"""Reads the stream in its order from the reader's own place: every message once, across lost connections and servers.

It makes no consumer: who may make one may also change those of the ingesters, because the server goes by the request's
body. Core subscriptions only say that it is worth while to look; what is read comes by direct gets, which change
nothing. A look every other second finds what no hint announced, and shows that the stream is there.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import nats.errors
import structlog
from common.bus.stored import Message, StreamReadError, stored
from nats.aio.client import Client
from nats.aio.msg import Msg

if TYPE_CHECKING:
    from nats.aio.subscription import Subscription

log = structlog.get_logger(__name__)

# With a patience of twice as long, a stream that went silent is noticed within 6 s.
POLL_SECONDS = 2.0
# A hint may come before the message is stored where it is asked for: look again, each time after twice as long.
FIRST_PAUSE_SECONDS = 0.005


class OrderedReader:
    """Reads some subjects of a stream from a place on."""

    def __init__(
        self, client: Client, stream: str, subjects: Sequence[str], *, poll_seconds: float | None = None
    ) -> None:
        self._client = client
        self._js = client.jetstream()
        self._stream = stream
        self._subjects = list(subjects)
        self._poll = poll_seconds or POLL_SECONDS
        self._resumed: Callable[[], None] = lambda: None
        self._hinted = asyncio.Event()
        self._hints: list[Subscription] = []
        self._place = 0
        self._heard_at = datetime.now(UTC)
        self.created: datetime | None = None
        """When the stream was made, which tells it from another one of its name."""
        self.silent_since: datetime | None = self._heard_at

    def on_resumed(self, resumed: Callable[[], None]) -> None:
        """Have something called each time the stream was silent or made anew."""
        self._resumed = resumed

    async def start(self, after: int | None = None) -> int:
        """Begin after a sequence, or with what is stored from now on; return the last sequence stored before."""
        self._hints = [await self._client.subscribe(each, cb=self._on_hint) for each in self._subjects]
        info = await self._js.stream_info(self._stream)
        last = int(info.state.last_seq)
        self.created = info.created
        self._place = last if after is None else min(after, last)
        self._answered()
        return last

    async def messages(self) -> AsyncIterator[Message]:
        """Yield messages for ever."""
        pause = self._poll
        while True:
            try:
                # Each time: a place of the stream that was there before would be another one in this stream.
                await self._look()
                async for message in stored(self._client, self._stream, self._place, 2 * self._poll):
                    self._place = message.sequence
                    if message.subject in self._subjects:
                        yield message
                self._answered()
            except (StreamReadError, nats.errors.Error, OSError, TimeoutError) as error:
                self._failed(error)
            pause = await self._wait(pause)

    async def close(self) -> None:
        """Stop listening."""
        for subscription in self._hints:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def _look(self) -> None:
        """Ask whether the stream is still the one that our place is in."""
        async with asyncio.timeout(2 * self._poll):
            info = await self._js.stream_info(self._stream)
        last = int(info.state.last_seq)
        place = 0 if info.created != self.created else min(self._place, last)
        self.created = info.created
        if place < self._place:
            log.warning("stream.made_anew", place=self._place, last=last)
            self._place = place
            self._resumed()

    async def _wait(self, pause: float) -> float:
        """Wait for a hint, or for as long as the pause; return the next pause."""
        try:
            await asyncio.wait_for(self._hinted.wait(), pause)
        except TimeoutError:
            return min(2 * pause, self._poll)
        self._hinted.clear()
        return FIRST_PAUSE_SECONDS

    async def _on_hint(self, _: Msg) -> None:
        self._hinted.set()

    def _answered(self) -> None:
        self._heard_at = datetime.now(UTC)
        if self.silent_since is not None:
            self.silent_since = None
            self._resumed()

    def _failed(self, error: Exception) -> None:
        if self.silent_since is None:
            log.warning("stream.lost", reason=str(error) or type(error).__name__)
            self.silent_since = self._heard_at
