"""The messages that were given up: reading them, publishing them again, and removing them."""

import json
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from common import topology
from common.events import DeadLetter, fresh_id
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError
from pydantic import ValidationError

from arcwatch.errors import DeploymentError

# The server's code for "no message found", apart from "stream not found".
_NO_MESSAGE = 10037
_UNREADABLE = "unreadable"
_ADVISORY = "$JS.EVENT.ADVISORY.CONSUMER."


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


async def listed(client: Client) -> list[Dead]:
    """Return every message that was given up, the oldest first."""
    js = client.jetstream(timeout=10)
    letters: dict[tuple[str, int], Dead] = {}
    advisories: dict[tuple[str, int], list[RawStreamMsg]] = {}
    async for message in _messages(js):
        if (message.subject or "").startswith(_ADVISORY):
            body = json.loads(message.data or b"{}")
            advisories.setdefault((body["consumer"], body["stream_seq"]), []).append(message)
        else:
            letter = _letter(message)
            letters[letter.service, letter.stream_sequence] = letter
    for key, found in advisories.items():
        places = tuple(message.seq or 0 for message in found)
        known = letters.get(key)
        letters[key] = _with(known, places) if known else _unwritten(found[0], key, places)
    return sorted(letters.values(), key=lambda dead: dead.sequence)


async def replay(client: Client, chosen: Collection[int] | None) -> list[Dead]:
    """Publish the chosen ones (None: all) again, under fresh ids, and take them off the list; return them."""
    js = client.jetstream(timeout=10)
    wanted = await _chosen(client, chosen)
    for dead in wanted:
        subject, body, headers = await _again(js, dead)
        # Published first, and taken off the list then: the power may fail between the two.
        await js.publish(subject, body, stream=topology.STREAM, headers=headers)
        await _take_off(js, dead)
    return wanted


async def remove(client: Client, chosen: Collection[int] | None) -> list[Dead]:
    """Take the chosen ones (None: all) off the list, for good; return them."""
    js = client.jetstream(timeout=10)
    wanted = await _chosen(client, chosen)
    for dead in wanted:
        await _take_off(js, dead)
    return wanted


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
    if dead.letter is not None:
        letter = dead.letter.replayed()
        return letter.subject, letter.body.encode(), letter.headers
    remedy = f"`arcwatch dead rm {dead.sequence}` takes it off the list"
    if dead.kind == _UNREADABLE:
        raise DeploymentError(f"{dead.sequence} was written by hand and names no message to replay; {remedy}")
    try:
        message = await js.get_msg(topology.STREAM, dead.stream_sequence)
    except NotFoundError as error:
        line = f"message {dead.stream_sequence}, which {dead.sequence} is about, is no longer on the stream; {remedy}"
        raise DeploymentError(line) from error
    return message.subject or "", message.data or b"", {"Nats-Msg-Id": fresh_id()}


async def _messages(js: JetStreamContext) -> AsyncIterator[RawStreamMsg]:
    sequence = 1
    while True:
        try:
            # Without a subject "next" means nothing, and the first letter taken off would end the list.
            message = await js.get_msg(topology.DEAD_STREAM, sequence, subject=">", next=True)
        except NotFoundError as error:
            if error.err_code == _NO_MESSAGE:
                return
            line = f"the stream {topology.DEAD_STREAM} is missing on NATS; run `arcwatch topology apply`"
            raise DeploymentError(line) from error
        yield message
        sequence = (message.seq or sequence) + 1


def _letter(message: RawStreamMsg) -> Dead:
    try:
        letter = DeadLetter.model_validate_json(message.data or b"")
    except ValidationError:
        return _by_hand(message)
    return Dead(
        sequence=message.seq or 0,
        service=letter.service,
        kind=letter.kind,
        reason=letter.reason,
        deliveries=letter.delivery_count,
        stream_sequence=letter.stream_sequence,
        failed_at=letter.failed_at,
        letter=letter,
    )


def _by_hand(message: RawStreamMsg) -> Dead:
    """Show what somebody published under `dead.>`: it counts among those that wait, so it must be seen and removed."""
    return Dead(
        sequence=message.seq or 0,
        service=(message.subject or "").removeprefix("dead."),
        kind=_UNREADABLE,
        reason="no dead letter of ours: somebody published it by hand",
        deliveries=0,
        # Negative: no place on the main stream, and no other letter's.
        stream_sequence=-(message.seq or 0),
        failed_at=message.time or datetime.fromtimestamp(0, UTC),
    )


def _with(dead: Dead, advisories: tuple[int, ...]) -> Dead:
    return Dead(**{**vars(dead), "advisories": advisories})


def _unwritten(message: RawStreamMsg, key: tuple[str, int], places: tuple[int, ...]) -> Dead:
    advisory: dict[str, Any] = json.loads(message.data or b"{}")
    return Dead(
        sequence=message.seq or 0,
        service=key[0],
        kind="max_deliveries" if "MAX_DELIVERIES" in (message.subject or "") else "terminated",
        reason="given up by the server: no delivery was ever settled",
        deliveries=int(advisory.get("deliveries") or 0),
        stream_sequence=key[1],
        failed_at=_time(advisory.get("timestamp")),
        advisories=places,
    )


def _time(text: object) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else datetime.fromtimestamp(0, UTC)
