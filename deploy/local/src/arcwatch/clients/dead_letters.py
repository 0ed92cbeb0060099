"""The messages that were given up: reading them, publishing them again, and removing them."""

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
# One is told in nanoseconds and the other read as a float.
_SAME_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Dead:
    """A message given up: `sequence` is its place among the dead letters, `stream_sequence` that on the main stream.

    `letter` is None where nobody wrote one: its handlers died at every delivery, and only the server's word is left.
    """

    sequence: int
    service: str
    kind: str
    reason: str
    deliveries: int
    stream_sequence: int
    failed_at: datetime
    letter: DeadLetter | None = None
    advisories: tuple[int, ...] = field(default=(), repr=False)

    @property
    def what(self) -> str:
        """Return the model and dataset that it is about, or the beginning of a body that cannot be read."""
        if self.letter is None:
            return ""
        try:
            body = json.loads(self.letter.body)
            return (
                " of ".join(str(body[name]) for name in ("model", "dataset") if body.get(name)) or self.letter.body[:60]
            )
        except (ValueError, AttributeError, TypeError, RecursionError):
            return self.letter.body[:60]


@dataclass(frozen=True)
class Acted:
    """What was done, and why the others were not, by their place."""

    done: list[Dead] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)


async def listed(client: Client) -> list[Dead]:
    """Return every message that was given up, the oldest first."""
    # Two letters may name one place: streams that are made anew count from 1 again. An advisory is of the later one.
    letters: dict[int, Dead] = {}
    last: dict[tuple[str, int], int] = {}
    advisories: dict[tuple[str, int], list[Message]] = {}
    async for message in _messages(client):
        if message.subject.startswith(_ADVISORY):
            body = json.loads(message.body or b"{}")
            advisories.setdefault((body["consumer"], body["stream_seq"]), []).append(message)
        else:
            letter = _letter(message)
            letters[letter.sequence] = letter
            last[letter.service, letter.stream_sequence] = letter.sequence
    for key, found in advisories.items():
        places = tuple(message.sequence for message in found)
        known = letters.get(last.get(key, 0))
        dead = _with(known, places) if known else _unwritten(found[0], key, places)
        letters[dead.sequence] = dead
    return sorted(letters.values(), key=lambda dead: dead.sequence)


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
            # Somebody else takes the same one off.


async def _again(js: JetStreamContext, dead: Dead) -> tuple[str, bytes, dict[str, str]]:
    if dead.letter is not None and not dead.letter.shortened:
        letter = dead.letter.replayed()
        return letter.subject, letter.body.encode(), letter.headers
    remedy = f"`arcwatch dead rm {dead.sequence}` takes it off the list"
    if dead.kind == _UNREADABLE:
        raise DeploymentError(f"{dead.sequence} was written by hand and names no message to replay; {remedy}")
    gone = f"message {dead.stream_sequence}, which {dead.sequence} is about, is no longer on the stream; {remedy}"
    try:
        message = await js.get_msg(topology.STREAM, dead.stream_sequence)
    except NotFoundError as error:
        raise DeploymentError(gone) from error
    stored_at = dead.letter.stored_at if dead.letter else None
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


def _letter(message: Message) -> Dead:
    try:
        letter = DeadLetter.model_validate_json(message.body)
    except ValidationError:
        return _by_hand(message)
    return Dead(
        sequence=message.sequence,
        service=letter.service,
        kind=letter.kind,
        reason=letter.reason,
        deliveries=letter.delivery_count,
        stream_sequence=letter.stream_sequence,
        failed_at=letter.failed_at,
        letter=letter,
    )


def _by_hand(message: Message) -> Dead:
    """Show what somebody published under `dead.>`: it counts among those that wait, so it must be seen and removed."""
    return Dead(
        sequence=message.sequence,
        service=message.subject.removeprefix("dead."),
        kind=_UNREADABLE,
        reason="no dead letter of ours: somebody published it by hand",
        deliveries=0,
        # Negative: no place on the main stream, and no other letter's.
        stream_sequence=-message.sequence,
        failed_at=message.stored_at,
    )


def _with(dead: Dead, advisories: tuple[int, ...]) -> Dead:
    return Dead(**{**vars(dead), "advisories": advisories})


def _unwritten(message: Message, key: tuple[str, int], places: tuple[int, ...]) -> Dead:
    advisory: dict[str, Any] = json.loads(message.body or b"{}")
    return Dead(
        sequence=message.sequence,
        service=key[0],
        kind="max_deliveries" if "MAX_DELIVERIES" in message.subject else "terminated",
        reason="given up by the server: no delivery was ever settled",
        deliveries=int(advisory.get("deliveries") or 0),
        stream_sequence=key[1],
        failed_at=_time(advisory.get("timestamp")),
        advisories=places,
    )


def _time(text: object) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else datetime.fromtimestamp(0, UTC)
