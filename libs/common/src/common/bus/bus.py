"""One way to connect to NATS and to publish, for every service and the command line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NoReturn, TypeVar
from weakref import WeakKeyDictionary

import nats
import nats.errors
import structlog
from faststream import AckPolicy
from faststream._internal.types import CustomCallable
from faststream.nats import JStream, NatsBroker, PullSub
from nats.aio.client import Client
from nats.js.api import PubAck
from nats.js.errors import NotFoundError

from common.bus import topology
from common.bus.servers import inbox_prefix_of, servers_of
from common.bus.topology import Durable
from common.bus.watchdog import Watchdog
from common.events import Event, body_of, headers_of
from common.outcomes import StartupError
from common.process import tracing
from common.process.outage import reason_of

log = structlog.get_logger(__name__)

START_TIMEOUT_SECONDS = 60.0
# One fsync per stored message (`sync_interval: always`) on a slow disk takes a while; 0.5 s, the default, does not do.
PUBLISH_TIMEOUT_SECONDS = 10.0
# The library's default, 60, ends in a loop that never sleeps: reconnect for ever, and exit when really closed.
_FOREVER = -1
# How long a pull waits at the server for a message; a stop waits for it too, so it is short.
FETCH_SECONDS = 2.0
# The time a 400-file submission takes at 50 ms latency, several times over.
GRACEFUL_TIMEOUT_SECONDS = 15.0
# How long a deleted durable goes unnoticed.
WATCH_SECONDS = 30.0
_REMEDY = "run `arcwatch topology apply`"
# What the generated AsyncAPI document shows: never a user's password.
_SHOWN_URL = "nats://127.0.0.1:4222"


def make_broker(url: str, name: str) -> NatsBroker:
    """Return the FastStream broker of a service. It reconnects for ever, and cancels handlers late.

    `graceful_timeout` bounds how long running handlers may finish after a stop was asked for.
    """
    watchdog = Watchdog()
    broker = NatsBroker(
        **_connection(url, name, watchdog),
        graceful_timeout=GRACEFUL_TIMEOUT_SECONDS,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        logger=None,
        specification_url=[_SHOWN_URL],
    )
    _WATCHDOGS[broker] = watchdog
    return broker


def _connection(url: str, name: str, watchdog: Watchdog) -> dict[str, Any]:
    return {
        "servers": servers_of(url),
        "name": name,
        "inbox_prefix": inbox_prefix_of(url),
        "max_reconnect_attempts": _FOREVER,
        "closed_cb": watchdog.on_closed,
        "error_cb": watchdog.on_error,
        "disconnected_cb": watchdog.on_disconnected,
        "reconnected_cb": watchdog.on_reconnected,
    }


def subscriber(broker: NatsBroker, durable: Durable, url: str, decode: CustomCallable) -> Any:
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
        inbox_prefix=inbox_prefix_of(url) + b".",
        decoder=decode,
    )


_WATCHDOGS: WeakKeyDictionary[NatsBroker, Watchdog] = WeakKeyDictionary()


async def connect_broker(broker: NatsBroker) -> Client:
    """Connect a broker, waiting for a server that is still starting. Handlers may be registered afterwards."""
    client: Client = await _within_start_timeout(broker.connect)
    return client


@contextlib.asynccontextmanager
async def consuming(broker: NatsBroker, client: Client, durables: Sequence[Durable] = ()) -> AsyncIterator[None]:
    """Check that the topology is there, consume until the block ends, then drain and close the connection."""
    async with _watched(client, _WATCHDOGS[broker], broker.stop, GRACEFUL_TIMEOUT_SECONDS + 5):
        await check_durables(client, durables)
        await broker.start()
        yield


@contextlib.asynccontextmanager
async def connect(url: str, name: str) -> AsyncIterator[Client]:
    """Yield a plain connection, waiting for a server that is still starting."""
    watchdog = Watchdog()
    options = _connection(url, name, watchdog)
    client = await _within_start_timeout(lambda: nats.connect(**options))
    async with _watched(client, watchdog, client.drain, 5):
        yield client


@contextlib.asynccontextmanager
async def _watched(
    client: Client, watchdog: Watchdog, end: Callable[[], Awaitable[None]], end_seconds: float
) -> AsyncIterator[None]:
    watchdog.watch(client)
    try:
        yield
    finally:
        watchdog.stop()
        with contextlib.suppress(nats.errors.Error, OSError):
            await asyncio.wait_for(end(), timeout=end_seconds)


async def check_durables(client: Client, durables: Sequence[Durable]) -> None:
    """Raise StartupError when the topology was not applied."""
    for durable in durables:
        try:
            await durable_differs(client, durable)
        except NotFoundError as error:
            raise _missing(durable) from error
        except nats.errors.Error as error:
            raise StartupError(f"NATS answers, but not for JetStream: {reason_of(error)}") from error


async def durable_differs(client: Client, durable: Durable) -> str | None:
    """Say, for readiness, what keeps a durable from working as the topology wants it, or None.

    It may be there and deliver nothing: paused, with another filter, or about to be forgotten by the server.
    """
    if not client.is_connected:
        return "not connected to NATS"  # a request would only wait for its time-out
    js = client.jetstream(timeout=PUBLISH_TIMEOUT_SECONDS)
    found = topology.durable_drift(durable, await js.consumer_info(topology.STREAM, durable.name))
    return f"{'; '.join(map(str, found))}; {_REMEDY}" if found else None


async def watch_durables(client: Client, durables: Sequence[Durable], every_seconds: float = WATCH_SECONDS) -> NoReturn:
    """Raise StartupError once a durable is gone: pulling from it would go on in silence, for ever.

    One that differs is logged once: an operator may be about to apply another version's topology.
    """
    logged: dict[str, str | None] = {}
    while True:
        await asyncio.sleep(every_seconds)
        for durable in durables:
            try:
                found = await durable_differs(client, durable) if client.is_connected else None
            except NotFoundError as error:
                raise _missing(durable) from error
            except (nats.errors.Error, TimeoutError):
                continue  # NATS is away: the client reconnects by itself, and readiness says so.
            if found and found != logged.get(durable.name):
                log.error("durable.differs", reason=found)
            logged[durable.name] = found


def _missing(durable: Durable) -> StartupError:
    return StartupError(f"the durable {durable.name} is missing on NATS; {_REMEDY}")


async def publish(client: Client, event: Event, source: str, *, key: str | None = None) -> PubAck:
    """Store an event on the stream; raises when it is not stored.

    The answer tells its place, or that of the one which had its key already: the event is a duplicate then.
    """
    headers = headers_of(event, source, key or event.idempotency_key())
    js = client.jetstream(timeout=PUBLISH_TIMEOUT_SECONDS)
    with tracing.span(f"{event.subject} publish", kind="producer"):
        tracing.inject(headers)
        return await js.publish(event.subject, body_of(event), stream=topology.STREAM, headers=headers)


async def publish_unstored(client: Client, event: Event) -> None:
    """Publish an event that no stream stores: progress."""
    await client.publish(event.subject, body_of(event))


T = TypeVar("T")


async def _within_start_timeout(connecting: Callable[[], Awaitable[T]]) -> T:
    try:
        return await asyncio.wait_for(connecting(), timeout=START_TIMEOUT_SECONDS)
    except TimeoutError as error:
        line = f"cannot reach NATS in NATS_URL within {START_TIMEOUT_SECONDS:.0f} s; its errors are in the lines above"
        raise StartupError(line) from error
    except (nats.errors.Error, OSError, ValueError) as error:
        raise StartupError(f"cannot use NATS_URL: {reason_of(error)}") from error
