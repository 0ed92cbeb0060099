"""Streams, durables and their limits, as one table; applied by one idempotent command that also reports drift.

Services never declare streams: they stop with a clear line when the topology is missing.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import stamina
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamConsumerLimits,
)
from nats.js.errors import APIError, NotFoundError

from common import outcomes
from common.bus import resume

STREAM = "ARCWATCH"
DEAD_STREAM = "ARCWATCH_DEAD"

DAY = 86_400.0
MAX_AGE_SECONDS = 30 * DAY
DEDUPE_WINDOW_SECONDS = 600.0
# An event is about 1 kB, and all models of all datasets are a few thousand: 256 MiB never fills in 30 days.
STREAM_MAX_BYTES = 256 * 1024 * 1024
DEAD_MAX_BYTES = 64 * 1024 * 1024

ACK_WAIT_SECONDS = 30.0
# A third of ack_wait: two heartbeats may be lost before a message is delivered to another replica.
HEARTBEAT_SECONDS = ACK_WAIT_SECONDS / 3
MAX_DELIVER = outcomes.MAX_DELIVER


# JSConsumerCreateErrF of nats-server.
_CONSUMER_REFUSED = 10_012


@dataclass(frozen=True)
class Durable:
    """A shared pull consumer."""

    name: str
    subject: str


# Messages that wait for their retry count as pending: with a small number, failures of one dataset hold up all others.
MAX_ACK_PENDING = 10_000

# The server's own default. Each replica has one pull that waits.
MAX_WAITING = 512

INGESTER = Durable("ingester", "model.discovered")
WATCHER = Durable("watcher", "sync.requested")
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
        found, wanted = ("none" if value is None else value for value in (self.found, self.wanted))
        return f"{self.thing}: {self.field} is {found}, should be {wanted}"


def _advisories() -> list[str]:
    kinds = ("MAX_DELIVERIES", "MSG_TERMINATED")
    return [f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.{STREAM}.{durable.name}" for kind in kinds for durable in DURABLES]


def streams(replicas: int) -> tuple[StreamConfig, ...]:
    """Return the streams as they should be. The dead letters' stream comes first: it must miss no advisory."""
    both = StreamConfig(
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        duplicate_window=DEDUPE_WINDOW_SECONDS,
        num_replicas=replicas,
        allow_direct=True,
    )
    dead = replace(
        both,
        name=DEAD_STREAM,
        description="Dead-lettered messages, and the server's advisories on them",
        subjects=["dead.>", *_advisories()],
        discard=DiscardPolicy.OLD,
        max_bytes=DEAD_MAX_BYTES,
    )
    main = replace(
        both,
        name=STREAM,
        description="Models discovered and ingested, syncs requested and completed",
        subjects=["model.>", "sync.>"],
        discard=DiscardPolicy.NEW,
        max_age=MAX_AGE_SECONDS,
        max_bytes=STREAM_MAX_BYTES,
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
        max_ack_pending=MAX_ACK_PENDING,
        max_waiting=MAX_WAITING,
    )


def _differences(thing: str, wanted: StreamConfig | ConsumerConfig, found: object) -> list[Drift]:
    names = (field.name for field in fields(wanted) if field.name not in _NOT_COMPARED)
    pairs = ((name, getattr(wanted, name), getattr(found, name)) for name in names)
    return [Drift(thing, name, want, have) for name, want, have in pairs if _plain(want) != _plain(have)]


def _plain(value: object) -> object:
    # "No limit" is None where we ask and 0, -1 or something empty where the server answers.
    if value in _NO_LIMIT:
        return None
    return sorted(value) if isinstance(value, list) else value


_NO_LIMIT: tuple[object, ...] = (None, 0, -1, "", "none", [], StreamConsumerLimits())
_BEGINNING = ("deliver_policy", "opt_start_seq", "opt_start_time")
# Names, words for people, and what only says where something began.
_NOT_COMPARED = {"name", "durable_name", "description", "metadata", "placement", "template_owner", "first_seq"}
# A pause shows in the server's own field: this one keeps moments that are past.
_NOT_COMPARED |= {"pause_until", *_BEGINNING}


def durable_drift(durable: Durable, info: ConsumerInfo) -> list[Drift]:
    """Return how a durable differs from the table."""
    thing = f"durable {durable.name}"
    found = _differences(thing, consumer(durable), info.config)
    return [*found, *([Drift(thing, "paused", wanted=False, found=True)] if info.paused else [])]


async def _stream_drift(js: JetStreamContext, wanted: StreamConfig) -> list[Drift]:
    thing = f"stream {wanted.name}"
    try:
        info = await js.stream_info(wanted.name or "")
    except NotFoundError:
        return [Drift(thing, "exists", wanted=True, found=False)]
    return _differences(thing, wanted, info.config)


async def _consumer_drift(js: JetStreamContext, durable: Durable) -> list[Drift]:
    try:
        return durable_drift(durable, await js.consumer_info(STREAM, durable.name))
    except NotFoundError:
        return [Drift(f"durable {durable.name}", "exists", wanted=True, found=False)]


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
        try:
            info = await js.consumer_info(STREAM, durable.name)
        except NotFoundError:
            await _make_durable(js, durable)
        else:
            if durable_drift(durable, info):
                await _mend_durable(js, durable, info)
    return before


async def _mend_durable(js: JetStreamContext, durable: Durable, info: ConsumerInfo) -> None:
    if info.paused:
        await js.resume_consumer(STREAM, durable.name)
    # Where it began cannot be changed, and need not be.
    beginning: dict[str, Any] = {name: getattr(info.config, name) for name in _BEGINNING}
    try:
        await js.add_consumer(STREAM, replace(consumer(durable), **beginning))
    except APIError as error:
        if not _no_update_may(error):
            raise  # without a leader, for example: deleted now, it could not be made anew
        # It is made anew, and goes on where its work ended.
        await js.delete_consumer(STREAM, durable.name)
        settled = info.ack_floor.stream_seq if info.ack_floor else 0
        await _add_after_deleting(js, _beginning_at(durable, settled + 1))


def _no_update_may(refusal: APIError) -> bool:
    """Tell whether the server said that what is asked for cannot be changed, such as "max waiting can not be updated".

    The code alone also stands for what went wrong within the server.
    """
    return refusal.err_code == _CONSUMER_REFUSED and "update" in (refusal.description or "")


def _still_written(refusal: BaseException) -> bool:
    """Tell whether the server was still writing the state of the one that it deleted, into the same place.

    Seen with nats-server 2.15.1 on a busy machine: "rename .../o.dat.tmp .../o.dat: no such file or directory".
    """
    return (
        isinstance(refusal, APIError)
        and refusal.err_code == _CONSUMER_REFUSED
        and "no such file" in (refusal.description or "")
    )


@stamina.retry(on=_still_written, attempts=11, timeout=None, wait_initial=0.1, wait_max=0.1, wait_jitter=0)
async def _add_after_deleting(js: JetStreamContext, config: ConsumerConfig) -> None:
    await js.add_consumer(STREAM, config)


async def _make_durable(js: JetStreamContext, durable: Durable) -> None:
    """Begin with what comes from now on, after publishing again what is not settled."""
    last = (await js.stream_info(STREAM)).state.last_seq
    await resume.republish_unsettled(js, STREAM, durable.subject, until=last)
    try:
        # Somebody may have deleted it a moment ago: that is why it is made.
        await _add_after_deleting(js, _beginning_at(durable, last + 1))
    except APIError:
        # Another process made it at this moment, with another beginning.
        await js.consumer_info(STREAM, durable.name)


def _beginning_at(durable: Durable, sequence: int) -> ConsumerConfig:
    if sequence == 1:
        return consumer(durable)
    return replace(consumer(durable), deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=sequence)


# Another process may make the same stream at this moment: until it is there, the server finds no room for two.
@stamina.retry(on=APIError, attempts=11, timeout=None, wait_initial=0.1, wait_max=0.1, wait_jitter=0)
async def _mend(js: JetStreamContext, config: StreamConfig) -> None:
    if found := await _stream_drift(js, config):
        absent = any(each.field == "exists" for each in found)
        await (js.add_stream(config) if absent else js.update_stream(config))
