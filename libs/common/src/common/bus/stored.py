"""Reads what a stream holds, in its order, by batches of direct gets: no consumer is made, and nothing changes."""

import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

BATCH = 256
TIMEOUT_SECONDS = 5.0
# "No message there", and "end of the batch".
_ENDS = frozenset({"404", "204"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the stream."""

    sequence: int
    subject: str
    body: bytes
    stored_at: datetime
    pending: int
    """How many come after it by now, of the subjects that are read."""
    headers: Mapping[str, str]


class StreamReadError(Exception):
    """The server answered otherwise than with the next messages."""


async def stored(
    client: Client, stream: str, after: int, timeout_seconds: float = TIMEOUT_SECONDS, *, subject: str = ">"
) -> AsyncGenerator[Message, None]:
    """Yield what is stored after a sequence up to now, of any subject unless one is named."""
    pending = 1
    while pending:
        pending = 0
        async with aclosing(_batch(client, stream, after, timeout_seconds, subject)) as messages:
            async for message in messages:
                after, pending = message.sequence, message.pending
                yield message


async def _batch(
    client: Client, stream: str, after: int, timeout_seconds: float, subject: str
) -> AsyncGenerator[Message, None]:
    inbox = client.new_inbox()
    # A new one for each batch: what comes late of an earlier one must not be taken for this one's.
    subscription = await client.subscribe(inbox)
    try:
        request = {"seq": after + 1, "next_by_subj": subject, "batch": BATCH}
        await client.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(request).encode(), reply=inbox)
        last = 0
        while message := _message(await subscription.next_msg(timeout=timeout_seconds), last):
            last = message.sequence
            yield message
    finally:
        with contextlib.suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()


def _message(raw: Msg, last: int) -> Message | None:
    """Return the message of a batch that follows on its `last`; None at the batch's end."""
    headers = raw.headers or {}
    if (sequence := headers.get("Nats-Sequence")) is None:
        if (status := headers.get("Status")) in _ENDS:
            return None
        raise StreamReadError(f"no server answers for the stream's messages (status {status})")
    if (before := int(headers["Nats-Last-Sequence"])) != last:
        raise StreamReadError(f"message {sequence} comes after {before}, of which the last that came is {last}")
    stored_at = datetime.fromisoformat(headers["Nats-Time-Stamp"])
    pending = int(headers["Nats-Num-Pending"])
    return Message(int(sequence), headers["Nats-Subject"], raw.data, stored_at, pending, headers)
