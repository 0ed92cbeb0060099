"""Streams, durables and their limits, as one table; applied by one idempotent command that also reports drift.

Services never declare streams: they stop with a clear line when the topology is missing.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

STREAM = "ARCWATCH"
DEAD_STREAM = "ARCWATCH_DEAD"

DAY = 86_400.0
MAX_AGE_SECONDS = 30 * DAY
DEDUPE_WINDOW_SECONDS = 600.0
# An event is about 1 kB, and all models of all datasets are a few thousand: 256 MiB never fills in 30 days.
STREAM_MAX_BYTES = 256 * 1024 * 1024
DEAD_MAX_BYTES = 64 * 1024 * 1024

ACK_WAIT_SECONDS = 30.0
# A third of ack_wait: two heartbeats may be lost before a message is delivered to somebody else.
HEARTBEAT_SECONDS = ACK_WAIT_SECONDS / 3
MAX_DELIVER = 6


# Of those who apply the topology at once, all but one wait this often for that one.
_TRIES = 10
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True)
class Durable:
    """A shared pull consumer."""

    name: str
    subject: str
    max_ack_pending: int


# Messages that wait for their retry count as pending: with a small number, failures of one dataset hold up all others.
MAX_ACK_PENDING = 10_000

INGESTER = Durable("ingester", "model.discovered", MAX_ACK_PENDING)
WATCHER = Durable("watcher", "sync.requested", MAX_ACK_PENDING)
DURABLES = (INGESTER, WATCHER)


@dataclass(frozen=True)
class Drift:
    """One difference between the server and the table."""

    thing: str
    field: str
    wanted: object
    found: object

    def __str__(self) -> str:
        if self.field == "exists":
            return f"{self.thing} does not exist"
        return f"{self.thing}: {self.field} is {self.found}, should be {self.wanted}"


def _advisories() -> list[str]:
    kinds = ("MAX_DELIVERIES", "MSG_TERMINATED")
    return [f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.{STREAM}.{durable.name}" for kind in kinds for durable in DURABLES]


def streams(replicas: int) -> tuple[StreamConfig, ...]:
    """Return the streams as they should be. The dead letters' one comes first: it must miss no advisory."""
    dead = StreamConfig(
        name=DEAD_STREAM,
        description="Messages that were given up, and the server's word on them",
        subjects=["dead.>", *_advisories()],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_bytes=DEAD_MAX_BYTES,
        duplicate_window=DEDUPE_WINDOW_SECONDS,
        num_replicas=replicas,
        allow_direct=True,
    )
    main = StreamConfig(
        name=STREAM,
        description="Models discovered and ingested, syncs requested and completed",
        subjects=["model.>", "sync.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE_SECONDS,
        max_bytes=STREAM_MAX_BYTES,
        duplicate_window=DEDUPE_WINDOW_SECONDS,
        num_replicas=replicas,
        allow_direct=True,
    )
    return dead, main


def consumer(durable: Durable) -> ConsumerConfig:
    """Return a durable as it should be. No backoff: it would override ack_wait and inflate a nak's delay."""
    return ConsumerConfig(
        name=durable.name,
        durable_name=durable.name,
        filter_subject=durable.subject,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=MAX_DELIVER,
        max_ack_pending=durable.max_ack_pending,
    )


def _differences(thing: str, wanted: object, found: object, fields: Iterable[str]) -> list[Drift]:
    pairs = ((field, getattr(wanted, field), getattr(found, field)) for field in fields)
    return [Drift(thing, field, want, have) for field, want, have in pairs if _plain(want) != _plain(have)]


def _plain(value: object) -> object:
    # "No limit" is None where we ask and 0 or an empty list where the server answers.
    return sorted(value) if isinstance(value, list) and value else value or None


_STREAM_FIELDS = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_age",
    "max_bytes",
    "duplicate_window",
    "num_replicas",
)
_CONSUMER_FIELDS = (
    "filter_subject",
    "deliver_policy",
    "ack_policy",
    "ack_wait",
    "max_deliver",
    "max_ack_pending",
    "backoff",
)


async def _stream_drift(js: JetStreamContext, wanted: StreamConfig) -> list[Drift]:
    thing = f"stream {wanted.name}"
    try:
        info = await js.stream_info(wanted.name or "")
    except NotFoundError:
        return [Drift(thing, "exists", wanted=True, found=False)]
    return _differences(thing, wanted, info.config, (*_STREAM_FIELDS,))


async def _consumer_drift(js: JetStreamContext, durable: Durable) -> list[Drift]:
    thing = f"durable {durable.name}"
    try:
        info = await js.consumer_info(STREAM, durable.name)
    except NotFoundError:
        return [Drift(thing, "exists", wanted=True, found=False)]
    return _differences(thing, consumer(durable), info.config, _CONSUMER_FIELDS)


async def drift(js: JetStreamContext, replicas: int = 1) -> list[Drift]:
    """Return every difference between the server and the table; changes nothing."""
    found = [difference for config in streams(replicas) for difference in await _stream_drift(js, config)]
    if any(each.field == "exists" and each.thing == f"stream {STREAM}" for each in found):
        return found
    return found + [difference for durable in DURABLES for difference in await _consumer_drift(js, durable)]


async def apply(js: JetStreamContext, replicas: int = 1) -> list[Drift]:
    """Make the server match the table; return what differed before. Safe to run twice or by several at once."""
    before = await drift(js, replicas)
    for config in streams(replicas):
        await _mend(js, config)
    for durable in DURABLES:
        if await _consumer_drift(js, durable):
            await js.add_consumer(STREAM, consumer(durable))
    return before


async def _mend(js: JetStreamContext, config: StreamConfig) -> None:
    for last in (*(False,) * _TRIES, True):
        found = await _stream_drift(js, config)
        if not found:
            return
        absent = any(each.field == "exists" for each in found)
        try:
            await (js.add_stream(config) if absent else js.update_stream(config))
        except APIError:
            # Somebody makes the same stream at this moment: until it is there, the server finds no room for two.
            if last:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
