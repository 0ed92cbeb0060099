"""The dead letters: reading them, publishing them again, and removing them."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError
from pydantic import ValidationError

from common.bus import topology
from common.bus.stored import Message, StreamReadError, stored
from common.events import DeadLetter, ModelDiscovered, SyncRequested, fresh_id, resent
from common.process.choices import no_such

# What asks for work: who may publish these may publish them again.
REQUESTS = frozenset({ModelDiscovered.subject, SyncRequested.subject})

# The server's code for "no message found", apart from "stream not found".
_NO_MESSAGE = 10037
TIMEOUT_SECONDS = 10.0
_UNREADABLE = "unreadable"
_ADVISORY = "$JS.EVENT.ADVISORY.CONSUMER."
# One is written in nanoseconds and the other read as a float.
_SAME_INSTANT = timedelta(milliseconds=1)


class DeadLetterError(Exception):
    """Dead letters cannot be read, there is none of a number, or one cannot be published again."""


@dataclass(frozen=True)
class Dead:
    """A dead letter: its place among them, what is known of it, and the places of the server's advisories of it.

    Where no handler lived to write `letter`, only the advisories tell of the message: its subject is empty then.
    """

    sequence: int
    letter: DeadLetter
    advisories: tuple[int, ...] = ()

    @property
    def what(self) -> str:
        """Return the model and dataset that it is about, or the beginning of a body that cannot be read."""
        named = (self.about.get(name) for name in ("model", "dataset"))
        return " of ".join(str(name) for name in named if name) or self.letter.body[:60]

    @cached_property
    def about(self) -> dict[str, Any]:
        """Return the message's body where it is an object of JSON, else nothing."""
        try:
            body = json.loads(self.letter.body)
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class Filter:
    """Which dead letters are meant: those that fit all that is said. `older_than` is the time since they failed."""

    service: str | None = None
    kind: str | None = None
    dataset: str | None = None
    model: str | None = None
    older_than: timedelta | None = None
    search: str | None = None

    def fits(self, dead: Dead, now: datetime) -> bool:
        """Tell whether a dead letter is meant."""
        letter = dead.letter
        wanted = (
            (self.service, letter.service),
            (self.kind, letter.kind),
            (self.dataset, dead.about.get("dataset")),
            (self.model, dead.about.get("model")),
        )
        if any(asked is not None and asked != found for asked, found in wanted):
            return False
        if self.older_than is not None and now - letter.failed_at < self.older_than:
            return False
        text = f"{dead.what} {letter.reason} {letter.service}".casefold()
        return not self.search or self.search.casefold() in text


@dataclass(frozen=True)
class Acted:
    """What was done, and why the others were not, by their place."""

    done: list[Dead] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)


async def listed(client: Client) -> list[Dead]:
    """Return every dead letter, the oldest first."""
    found: dict[int, Dead] = {}
    advisories: defaultdict[tuple[str, int], list[Message]] = defaultdict(list)
    for message in await _messages(client):
        if message.subject.startswith(_ADVISORY):
            body = json.loads(message.body or b"{}")
            advisories[body["consumer"], body["stream_seq"]].append(message)
        else:
            found[message.sequence] = Dead(message.sequence, _recorded(message))
    # Two records may name one place: streams that are made anew count from 1 again. An advisory is of the later one.
    known = {(dead.letter.service, dead.letter.stream_sequence): dead for dead in found.values()}
    for place, messages in advisories.items():
        dead = known.get(place) or Dead(messages[0].sequence, _unrecorded(messages[0], *place))
        found[dead.sequence] = replace(dead, advisories=tuple(message.sequence for message in messages))
    return sorted(found.values(), key=lambda dead: dead.sequence)


async def fitting(client: Client, wanted: Filter) -> list[Dead]:
    """Return those that are meant, the oldest first."""
    now = datetime.now(UTC)
    return [dead for dead in await listed(client) if wanted.fits(dead, now)]


async def replay(client: Client, chosen: Collection[int] | None, subjects: Collection[str] | None = None) -> Acted:
    """Publish the chosen ones (None: all) again, under fresh ids, and take them off the list.

    One that cannot be published stays on the list, and stops no other; nor is one of a subject that is not of
    `subjects` (None: any).
    """
    return await replay_each(client, await chosen_ones(client, chosen), subjects)


async def replay_each(client: Client, found: Sequence[Dead], subjects: Collection[str] | None = None) -> Acted:
    """Do the same with dead letters that are known."""
    js = client.jetstream(timeout=TIMEOUT_SECONDS)
    acted = Acted()
    for dead in found:
        try:
            subject, body, headers = await _again(js, dead, subjects)
            # Published first, and taken off the list then: the power may fail between the two.
            await js.publish(subject, body, stream=topology.STREAM, headers=headers)
        except (DeadLetterError, nats.errors.Error, ValueError) as error:
            acted.failures[dead.sequence] = str(error) or type(error).__name__
        else:
            await _take_off(js, dead)
            acted.done.append(dead)
    return acted


async def remove(client: Client, chosen: Collection[int] | None) -> Acted:
    """Take the chosen ones (None: all) off the list, for good."""
    return await remove_each(client, await chosen_ones(client, chosen))


async def remove_each(client: Client, found: Sequence[Dead]) -> Acted:
    """Do the same with dead letters that are known."""
    js = client.jetstream(timeout=TIMEOUT_SECONDS)
    acted = Acted(list(found))
    for dead in acted.done:
        await _take_off(js, dead)
    return acted


async def chosen_ones(client: Client, chosen: Collection[int] | None) -> list[Dead]:
    """Return the chosen ones (None: all); raise DeadLetterError for a number that none has."""
    there = {dead.sequence: dead for dead in await listed(client)}
    wanted = list(there) if chosen is None else list(dict.fromkeys(chosen))
    if missing := [str(sequence) for sequence in wanted if sequence not in there]:
        raise DeadLetterError(no_such("dead letter", ", ".join(missing), there.keys()))
    return [there[sequence] for sequence in wanted]


async def _take_off(js: JetStreamContext, dead: Dead) -> None:
    for sequence in {dead.sequence, *dead.advisories}:
        try:
            await js.delete_msg(topology.DEAD_STREAM, sequence)
        except APIError as error:
            if error.err_code != _NO_MESSAGE:
                raise
            # Another `dead` command takes the same one off.


async def _again(
    js: JetStreamContext, dead: Dead, subjects: Collection[str] | None
) -> tuple[str, bytes, dict[str, str]]:
    subject, body, headers = await _whole(js, dead)
    if subjects is not None and subject not in subjects:
        raise DeadLetterError(f"it was published on {subject}: only `arcwatch dead replay` may do that")
    return subject, body, headers


async def _whole(js: JetStreamContext, dead: Dead) -> tuple[str, bytes, dict[str, str]]:
    letter = dead.letter
    if letter.subject and not letter.shortened:
        again = letter.replayed()
        return again.subject, again.body.encode(), again.headers
    remedy = f"`arcwatch dead rm {dead.sequence}` takes it off the list"
    if letter.kind == _UNREADABLE:
        raise DeadLetterError(f"{dead.sequence} was written by hand and names no message to replay; {remedy}")
    gone = f"message {letter.stream_sequence}, which {dead.sequence} is about, is no longer on the stream; {remedy}"
    try:
        message = await js.get_msg(topology.STREAM, letter.stream_sequence, direct=True)
    except NotFoundError as error:
        raise DeadLetterError(gone) from error
    if letter.stored_at and message.time and abs(message.time - letter.stored_at) > _SAME_INSTANT:
        # The stream was made anew, and what has that place now is another message.
        raise DeadLetterError(gone)
    return message.subject or "", message.data or b"", resent(message.headers or {}, fresh_id())


async def _messages(client: Client) -> list[Message]:
    try:
        return [message async for message in stored(client, topology.DEAD_STREAM, 0)]
    except StreamReadError as error:
        line = f"the stream {topology.DEAD_STREAM} cannot be read: {error}; run `arcwatch topology apply`"
        raise DeadLetterError(line) from error


def _recorded(message: Message) -> DeadLetter:
    try:
        return DeadLetter.model_validate_json(message.body)
    except ValidationError:
        # It counts as waiting, so it must be seen and removed.
        return _letter(
            service=message.subject.removeprefix("dead."),
            kind=_UNREADABLE,
            reason="not written by arcwatch: it was published by hand",
            # Negative: no place on the main stream, and no other dead letter's.
            stream_sequence=-message.sequence,
            failed_at=message.stored_at,
        )


def _unrecorded(message: Message, service: str, stream_sequence: int) -> DeadLetter:
    advisory: dict[str, Any] = json.loads(message.body or b"{}")
    return _letter(
        service=service,
        kind="max_deliveries" if "MAX_DELIVERIES" in message.subject else "terminated",
        reason="the server delivers it no more: no delivery was ever settled",
        delivery_count=advisory.get("deliveries") or 0,
        stream_sequence=stream_sequence,
        failed_at=advisory.get("timestamp", 0),
    )


def _letter(**known: Any) -> DeadLetter:
    return DeadLetter.model_validate({"subject": "", "body": "", "headers": {}, "delivery_count": 0, **known})
