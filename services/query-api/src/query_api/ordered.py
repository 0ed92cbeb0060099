"""An ordered, ephemeral reader of the stream: every message once, in order, across lost connections and servers.

nats-py's own ordered consumer starts again from the first message when it is reset before it has seen one, and tells
nobody that it went silent. This one keeps its place, and says since when it hears nothing.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header

log = structlog.get_logger(__name__)

# The server says that it is there this often; after three silences the consumer is made anew.
HEARTBEAT_SECONDS = 2.0
SILENCES = 3
RETRY_SECONDS = 1.0
# Many subjects' worth of the stream fits: a client that falls behind further starts again from its place.
PENDING_MESSAGES = 65_536


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the stream."""

    sequence: int
    subject: str
    body: bytes
    stored_at: datetime
    pending: int = 0
    """How many come after it by now."""
    headers: Mapping[str, str] = field(default_factory=dict)


class _Gap(Exception):  # noqa: N818
    """A message did not come, or the server fell silent: make the consumer anew."""


class OrderedReader:
    """Reads some subjects of a stream from a place on."""

    def __init__(
        self,
        client: Client,
        stream: str,
        subjects: Sequence[str],
        *,
        heartbeat_seconds: float | None = None,
    ) -> None:
        self._client = client
        self._js = client.jetstream()
        self._stream = stream
        self._subjects = list(subjects)
        self._heartbeat = heartbeat_seconds or HEARTBEAT_SECONDS
        self._resumed: Callable[[], None] = lambda: None
        self._next: int | None = None
        self._subscription: Subscription | None = None
        self._waiting = 0
        self._heard_at = datetime.now(UTC)
        self.silent_since: datetime | None = self._heard_at

    def on_resumed(self, resumed: Callable[[], None]) -> None:
        """Have something called each time the reader had to start again."""
        self._resumed = resumed

    async def start(self, after: int | None = None) -> int:
        """Begin after a sequence, or with what is stored from now on; return the last sequence stored before."""
        info = await self._js.stream_info(self._stream)
        last = int(info.state.last_seq)
        self._next = (last if after is None else min(after, last)) + 1
        await self._subscribe()
        return last

    async def messages(self) -> AsyncIterator[Message]:
        """Yield messages for ever."""
        while True:
            try:
                if self._subscription is None:
                    await self._resume()
                async for message in self._received():
                    yield message
            except (_Gap, nats.errors.Error, OSError, TimeoutError) as error:
                if self.silent_since is None:
                    log.warning("stream.lost", reason=str(error) or type(error).__name__)
                self.silent_since = self.silent_since or self._heard_at
                await self.close()
                await asyncio.sleep(min(RETRY_SECONDS, self._heartbeat))

    async def stored(self) -> AsyncGenerator[Message, None]:
        """Yield what is stored up to now, and end."""
        if self._waiting == 0:
            return
        async for message in self._received():
            yield message
            if message.pending == 0:
                return

    async def close(self) -> None:
        """Stop listening; the server forgets the consumer by itself."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()

    async def _resume(self) -> None:
        info = await self._js.stream_info(self._stream)
        if self._next is None or info.state.last_seq < self._next - 1:
            # The stream was made anew: our place is in another one's future.
            self._next = int(info.state.last_seq) + 1
        await self._subscribe()
        self._resumed()

    async def _subscribe(self) -> None:
        inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(inbox, pending_msgs_limit=PENDING_MESSAGES)
        info = await self._js.add_consumer(
            self._stream,
            ConsumerConfig(
                deliver_subject=inbox,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._next,
                filter_subjects=self._subjects,
                ack_policy=AckPolicy.NONE,
                max_deliver=1,
                mem_storage=True,
                num_replicas=1,
                idle_heartbeat=self._heartbeat,
                inactive_threshold=self._heartbeat * SILENCES * 5,
            ),
        )
        self._waiting = info.num_pending or 0
        self._heard_at = datetime.now(UTC)
        self.silent_since = None

    async def _received(self) -> AsyncIterator[Message]:
        subscription = self._subscription
        if subscription is None:
            raise _Gap
        delivered = 0
        while True:
            raw = await _next_of(subscription, self._heartbeat * SILENCES)
            self._heard_at = datetime.now(UTC)
            if raw.headers and raw.headers.get(Header.STATUS):
                _check_heartbeat(raw, delivered)
                continue
            metadata = raw.metadata
            delivered += 1
            if metadata.sequence.consumer != delivered:
                raise _Gap(f"message {delivered} of the consumer is missing")
            self._next = metadata.sequence.stream + 1
            place, pending = metadata.sequence.stream, metadata.num_pending
            yield Message(place, raw.subject, raw.data, metadata.timestamp, pending, raw.headers or {})


async def _next_of(subscription: Subscription, seconds: float) -> Msg:
    try:
        return await subscription.next_msg(timeout=seconds)
    except (TimeoutError, nats.errors.TimeoutError) as error:
        raise _Gap(f"no heartbeat for {seconds:g} s") from error


def _check_heartbeat(raw: Msg, delivered: int) -> None:
    last = (raw.headers or {}).get(Header.LAST_CONSUMER)
    if last is not None and int(last) != delivered:
        raise _Gap(f"the server delivered {last} messages, {delivered} came")
