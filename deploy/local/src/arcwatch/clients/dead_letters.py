"""The dead letters: reading them, publishing them again, and removing them."""

import json
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import nats.errors
from common.bus import topology
from common.bus.stored import Message, StreamReadError, stored
from common.events import DeadLetter, fresh_id, resent
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError
from pydantic import ValidationError

from arcwatch.errors import DeploymentError

# The server's code for "no message found", apart from "stream not found".
_NO_MESSAGE = 10037
_UNREADABLE = "unreadable"
_ADVISORY = "$JS.EVENT.ADVISORY.CONSUMER."
# One is written in nanoseconds and the other read as a float.
_SAME_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Dead:
    """A dead letter: `sequence` is its place among them, `stream_sequence` that of its message on the main stream.

    `record` is None where no handler lived to write one: then only the server's advisories tell of the message.
    """

    sequence: int
    service: str
    kind: str
    reason: str
    deliveries: int
    stream_sequence: int
    failed_at: datetime
    record: DeadLetter | None = None
    advisories: tuple[int, ...] = field(default=(), repr=False)

    @property
    def what(self) -> str:
        """Return the model and dataset that it is about, or the beginning of a body that cannot be read."""
        if self.record is None:
            return ""
        try:
            body = json.loads(self.record.body)
            return (
                " of ".join(str(body[name]) for name in ("model", "dataset") if body.get(name)) or self.record.body[:60]
            )
        except (ValueError, AttributeError, TypeError, RecursionError):
            return self.record.body[:60]


@dataclass(frozen=True)
class Acted:
    """What was done, and why the others were not, by their place."""

    done: list[Dead] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)


async def listed(client: Client) -> list[Dead]:
    """Return every dead letter, the oldest first."""
    # Two records may name one place: streams that are made anew count from 1 again. An advisory is of the later one.
    found: dict[int, Dead] = {}
    last: dict[tuple[str, int], int] = {}
    advisories: dict[tuple[str, int], list[Message]] = {}
    async for message in _messages(client):
        if message.subject.startswith(_ADVISORY):
            body = json.loads(message.body or b"{}")
            advisories.setdefault((body["consumer"], body["stream_seq"]), []).append(message)
        else:
            dead = _recorded(message)
            found[dead.sequence] = dead
            last[dead.service, dead.stream_sequence] = dead.sequence
    for key, messages in advisories.items():
        places = tuple(message.sequence for message in messages)
        known = found.get(last.get(key, 0))
        dead = _with(known, places) if known else _unrecorded(messages[0], key, places)
        found[dead.sequence] = dead
    return sorted(found.values(), key=lambda dead: dead.sequence)


async def replay(client: Client, chosen: Collection[int] | None) -> Acted:
    """Publish the chosen ones (None: all) again, under fresh ids, and take them off the list.

    One that cannot be published stays on the list, and stops no other.
    """
    js = client.jetstream(timeout=10)
    acted = Acted()
    for dead in await _chosen(client, chosen):
        try:
            subject, body, headers = await _again(js, dead)
            # Published first, and taken off the list then: the power may fail between the two.
            await js.publish(subject, body, stream=topology.STREAM, headers=headers)
        except (DeploymentError, nats.errors.Error, ValueError) as error:
            acted.failures[dead.sequence] = str(error) or type(error).__name__
        else:
            await _take_off(js, dead)
            acted.done.append(dead)
    return acted


async def remove(client: Client, chosen: Collection[int] | None) -> Acted:
    """Take the chosen ones (None: all) off the list, for good."""
    js = client.jetstream(timeout=10)
    acted = Acted(await _chosen(client, chosen))
    for dead in acted.done:
        await _take_off(js, dead)
    return acted


async def _chosen(client: Client, chosen: Collection[int] | None) -> list[Dead]:
    there = {dead.sequence: dead for dead in await listed(client)}
    wanted = list(there) if chosen is None else list(dict.fromkeys(chosen))
    if missing := [str(sequence) for sequence in wanted if sequence not in there]:
        raise DeploymentError(f"no dead letter {', '.join(missing)}; `arcwatch dead ls` shows them")
    return [there[sequence] for sequence in wanted]


async def _take_off(js: JetStreamContext, dead: Dead) -> None:
    for sequence in {dead.sequence, *dead.advisories}:
        try:
            await js.delete_msg(topology.DEAD_STREAM, sequence)
        except APIError as error:
            if error.err_code != _NO_MESSAGE:
                raise
            # Another `dead` command takes the same one off.


async def _again(js: JetStreamContext, dead: Dead) -> tuple[str, bytes, dict[str, str]]:
    if dead.record is not None and not dead.record.shortened:
        again = dead.record.replayed()
        return again.subject, again.body.encode(), again.headers
    remedy = f"`arcwatch dead rm {dead.sequence}` takes it off the list"
    if dead.kind == _UNREADABLE:
        raise DeploymentError(f"{dead.sequence} was written by hand and names no message to replay; {remedy}")
    gone = f"message {dead.stream_sequence}, which {dead.sequence} is about, is no longer on the stream; {remedy}"
    try:
        message = await js.get_msg(topology.STREAM, dead.stream_sequence)
    except NotFoundError as error:
        raise DeploymentError(gone) from error
    stored_at = dead.record.stored_at if dead.record else None
    if stored_at and message.time and abs(message.time - stored_at) > _SAME_INSTANT:
        # The stream was made anew, and what has that place now is another message.
        raise DeploymentError(gone)
    return message.subject or "", message.data or b"", resent(message.headers or {}, fresh_id())


async def _messages(client: Client) -> AsyncIterator[Message]:
    try:
        async with aclosing(stored(client, topology.DEAD_STREAM, 0)) as messages:
            async for message in messages:
                yield message
    except StreamReadError as error:
        line = f"the stream {topology.DEAD_STREAM} cannot be read: {error}; run `arcwatch topology apply`"
        raise DeploymentError(line) from error


def _recorded(message: Message) -> Dead:
    try:
        record = DeadLetter.model_validate_json(message.body)
    except ValidationError:
        return _by_hand(message)
    return Dead(
        sequence=message.sequence,
        service=record.service,
        kind=record.kind,
        reason=record.reason,
        deliveries=record.delivery_count,
        stream_sequence=record.stream_sequence,
        failed_at=record.failed_at,
        record=record,
    )


def _by_hand(message: Message) -> Dead:
    """Show what was published under `dead.>` by hand: it counts as waiting, so it must be seen and removed."""
    return Dead(
        sequence=message.sequence,
        service=message.subject.removeprefix("dead."),
        kind=_UNREADABLE,
        reason="not written by arcwatch: it was published by hand",
        deliveries=0,
        # Negative: no place on the main stream, and no other dead letter's.
        stream_sequence=-message.sequence,
        failed_at=message.stored_at,
    )


def _with(dead: Dead, advisories: tuple[int, ...]) -> Dead:
    return Dead(**{**vars(dead), "advisories": advisories})


def _unrecorded(message: Message, key: tuple[str, int], places: tuple[int, ...]) -> Dead:
    advisory: dict[str, Any] = json.loads(message.body or b"{}")
    return Dead(
        sequence=message.sequence,
        service=key[0],
        kind="max_deliveries" if "MAX_DELIVERIES" in message.subject else "terminated",
        reason="the server delivers it no more: no delivery was ever settled",
        deliveries=int(advisory.get("deliveries") or 0),
        stream_sequence=key[1],
        failed_at=_time(advisory.get("timestamp")),
        advisories=places,
    )


def _time(text: object) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else datetime.fromtimestamp(0, UTC)
