"""One way to connect to NATS and to publish, for every service and the command line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NoReturn

import nats.errors
import structlog
from faststream import AckPolicy
from faststream._internal.types import CustomCallable
from faststream.nats import JStream, NatsBroker, PullSub
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import PubAck
from nats.js.errors import APIError, NotFoundError

from common.bus import connecting, topology
from common.bus.access import Access
from common.bus.opening import Opening, log_wait
from common.bus.servers import servers_of
from common.bus.storing import store
from common.bus.topology import Durable
from common.events import Event, body_of, headers_of
from common.outcomes import AwayError
from common.process import tracing
from common.process.outage import reason_of
from common.process.patience import OnWait, until_there
from common.process.settings import ServiceSettings

log = structlog.get_logger(__name__)

# One fsync per stored message (`sync_interval: always`) on a slow disk takes a while; 0.5 s, the default, does not do.
PUBLISH_TIMEOUT_SECONDS = 10.0
# How long a pull waits at the server for a message; a stop waits for it too, so it is short.
FETCH_SECONDS = 2.0
# The time a 400-file submission takes at 50 ms latency, several times over.
GRACEFUL_TIMEOUT_SECONDS = 15.0
# How long a deleted durable goes unnoticed.
WATCH_SECONDS = 30.0
_DRAIN_SECONDS = 5.0
# JSStreamNotFoundErr of nats-server.
_NO_STREAM = 10_059
_REMEDY = "run `arcwatch topology apply`"
# What the generated AsyncAPI document shows: never a user's password.
_SHOWN_URL = "nats://127.0.0.1:4222"

# Where a connection goes: a URL alone will do.
To = Access | ServiceSettings | str


class Broker(NatsBroker):
    """A service's FastStream broker. It reconnects for ever, and cancels handlers late.

    `graceful_timeout` bounds how long running handlers may finish after a stop was asked for.
    """

    def __init__(self, access: Access, name: str, wait_seconds: float | None, on_wait: OnWait) -> None:
        super().__init__(
            servers_of(access.url),
            graceful_timeout=GRACEFUL_TIMEOUT_SECONDS,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            logger=None,
            specification_url=[_SHOWN_URL],
        )
        self.opening = Opening(access, name)
        self.patience = (wait_seconds, on_wait)

    async def _connect(self) -> Client:
        client = self.opening.client
        self.config.connect(client)
        return client


def make_broker(to: To, name: str, wait_seconds: float | None = None, on_wait: OnWait = log_wait) -> Broker:
    """Return the broker of a service, which waits for its server at the start."""
    return Broker(Access.of(to), name, wait_seconds, on_wait)


def subscriber(broker: NatsBroker, durable: Durable, to: To, decode: CustomCallable) -> Any:
    """Return the subscriber decorator for one of the topology's durables.

    One message at a time: with more, a handler slower than ack_wait would see messages twice.
    """
    return broker.subscriber(
        durable.subject,
        stream=JStream(topology.STREAM, declare=False),
        durable=durable.name,
        config=topology.consumer(durable),
        pull_sub=PullSub(batch_size=1, timeout=FETCH_SECONDS),
        # Unlike a connection's, this prefix ends with its dot.
        inbox_prefix=Access.of(to).inbox_prefix + b".",
        decoder=decode,
    )


async def connect_broker(broker: Broker) -> Client:
    """Connect a broker, waiting for a server that is not there yet. Handlers may be registered afterwards."""
    await broker.opening.wait(*broker.patience)
    client: Client = await broker.connect()
    return client


@contextlib.asynccontextmanager
async def consuming(broker: Broker, client: Client, durables: Sequence[Durable] = ()) -> AsyncIterator[None]:
    """Wait for the topology, consume until the block ends, then drain and close the connection."""
    async with broker.opening.watched(broker.stop, GRACEFUL_TIMEOUT_SECONDS + 5):
        await until_there(lambda: check_durables(client, durables), broker.opening.jetstream, *broker.patience)
        await broker.start()
        yield


@contextlib.asynccontextmanager
async def connect(
    to: To, name: str, wait_seconds: float | None = None, on_wait: OnWait = log_wait
) -> AsyncIterator[Client]:
    """Yield a plain connection, waiting for a server that is not there yet."""
    opening = Opening(Access.of(to), name)
    await opening.wait(wait_seconds, on_wait)
    async with opening.watched(opening.client.drain, _DRAIN_SECONDS):
        yield opening.client


async def provision(to: To, replicas: int, wait_seconds: float) -> list[topology.Drift]:
    """Apply the topology, waiting for a server that is not there yet; return what differed before."""
    async with connect(to, "provision", wait_seconds) as client:
        js = client.jetstream(timeout=PUBLISH_TIMEOUT_SECONDS)
        return await until_there(
            lambda: topology.apply(js, replicas), connecting.jetstream(Access.of(to).url), wait_seconds, log_wait
        )


@contextlib.asynccontextmanager
async def joining(to: To, name: str) -> AsyncIterator[Opening]:
    """Yield a connection that is there now, or comes while its `join` runs."""
    opening = Opening(Access.of(to), name)
    async with opening.watched(opening.client.drain, _DRAIN_SECONDS):
        yield opening


async def check_durables(client: Client, durables: Sequence[Durable]) -> None:
    """Raise what keeps durables from being used; AwayError where the topology was not applied."""
    for durable in durables:
        if not client.is_connected:
            raise AwayError("the connection was lost again")
        await durable_differs(client, durable)


async def durable_differs(client: Client, durable: Durable) -> str | None:
    """Say, for readiness, what keeps a durable from working as the topology wants it, or None; raise if it is missing.

    It may be there and deliver nothing: paused, with another filter, or about to be forgotten by the server.
    """
    if not client.is_connected:
        return "not connected to NATS"  # a request would only wait for its time-out
    js = client.jetstream(timeout=PUBLISH_TIMEOUT_SECONDS)
    try:
        info = await js.consumer_info(topology.STREAM, durable.name)
    except NotFoundError as error:
        gone = f"stream {topology.STREAM}" if error.err_code == _NO_STREAM else f"durable {durable.name}"
        raise _missing(gone) from error
    try:
        await js.stream_info(topology.DEAD_STREAM)
    except NotFoundError as error:
        raise _missing(f"stream {topology.DEAD_STREAM}") from error  # what fails for good would be lost
    found = topology.durable_drift(durable, info)
    return f"{'; '.join(map(str, found))}; {_REMEDY}" if found else None


async def watch_durables(client: Client, durables: Sequence[Durable], every_seconds: float = WATCH_SECONDS) -> NoReturn:
    """Raise AwayError once a durable or stream is gone: pulling would go on in silence, for ever.

    One that differs is logged once: an operator may be about to apply another version's topology.
    """
    logged: dict[str, str | None] = {}
    while True:
        await asyncio.sleep(every_seconds)
        for durable in durables:
            try:
                found = await durable_differs(client, durable) if client.is_connected else None
            except APIError as error:
                found = reason_of(error)
            except (nats.errors.Error, TimeoutError):
                continue  # NATS is away: the client reconnects by itself, and readiness says so.
            if found and found != logged.get(durable.name):
                log.error("durable.differs", reason=found)
            logged[durable.name] = found


def _missing(thing: str) -> AwayError:
    return AwayError(f"the {thing} is missing on NATS; {_REMEDY}")


async def publish(
    client: Client,
    event: Event,
    source: str,
    *,
    key: str | None = None,
    timeout_seconds: float | None = None,
) -> PubAck:
    """Store an event on the stream; raises when it is not stored.

    The answer tells its place, or that of the one which had its key already: the event is a duplicate then.
    """
    headers = headers_of(event, source, key or event.idempotency_key())
    js = client.jetstream(timeout=timeout_seconds or PUBLISH_TIMEOUT_SECONDS)
    with tracing.span(f"{event.subject} publish", kind="producer"):
        tracing.inject(headers)
        return await store(js, event.subject, body_of(event), stream=topology.STREAM, headers=headers)


async def publish_unstored(client: Client, event: Event) -> None:
    """Publish an event that no stream stores: progress."""
    await client.publish(event.subject, body_of(event))


async def tell(client: Client, subject: str, event: Event) -> bool:
    """Publish what is of use at this moment only; return False where NATS is away."""
    if not client.is_connected:
        return False  # the client would keep it for later
    try:
        await client.publish(subject, body_of(event))
    except (nats.errors.Error, OSError):
        return False
    return True


@contextlib.asynccontextmanager
async def hearing(client: Client, event: type[Event], hear: Callable[[bytes], None]) -> AsyncIterator[None]:
    """Give the body of each such event that is told to `hear`, which raises nothing, until the block ends."""

    async def on_message(message: Msg) -> None:
        hear(message.data)

    subscriptions = [await client.subscribe(subject, cb=on_message) for subject in event.subjects()]
    try:
        yield
    finally:
        for each in subscriptions:
            with contextlib.suppress(nats.errors.Error, OSError):
                await each.unsubscribe()
