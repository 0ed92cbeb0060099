"""What a durable that is made anew has to do: the events that no consumer has dealt with, and none of the others.

Where its work had ended is lost with a durable. From the beginning it would repeat all of 30 days, forced ingestions
included. So it begins at the stream's end, and what is not settled is published again. Settled is:

- a `sync.requested`, once the sync for it, or for a later one that asks for the same, was completed whole: any other
  sync may have begun before it or have had other datasets. Of several that ask for the same the last one counts;
- a `model.discovered`, once that model was ingested or failed for it or for a later event, or, unless it is forced,
  once that very content was ingested at all. Of several for one model the last forced one counts, else the last.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TypeVar

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from common.events import (
    MAX_REQUEST_IDS,
    Event,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
    body_of,
    resent,
)

Key = tuple[str | None, str | None]
# What a sync is asked for: the dataset, None for all, and whether to ingest, None for what is set.
Scope = tuple[str | None, bool | None]
# An event, and the body to publish it with.
Unsettled = tuple[RawStreamMsg, bytes]
EventT = TypeVar("EventT", bound=Event)


async def republish_unsettled(js: JetStreamContext, stream: str, subject: str, until: int) -> None:
    """Publish a subject's unsettled events again, up to a sequence."""
    find = {ModelDiscovered.subject: _models, SyncRequested.subject: _syncs}[subject]
    for message, body in await find(_Past(js, stream, until)):
        # The id is the same for all processes that do this at once.
        headers = resent(message.headers or {}, f"again-{message.seq}")
        await js.publish(subject, body, stream=stream, headers=headers)


@dataclass(frozen=True)
class _Past:
    """What a stream holds, up to a sequence."""

    js: JetStreamContext
    stream: str
    until: int

    async def events(self, kind: type[EventT]) -> AsyncIterator[tuple[RawStreamMsg, EventT]]:
        """Yield the messages of a kind that can be read; others are dead-lettered, or will never say anything."""
        sequence = 1
        while sequence <= self.until:
            try:
                message = await self.js.get_msg(self.stream, sequence, subject=kind.subject, next=True)
            except NotFoundError:
                return
            sequence = _place(message) + 1
            try:
                event = kind.model_validate_json(message.data or b"")
            except ValidationError:
                continue
            if _place(message) <= self.until:
                yield message, event


async def _syncs(past: _Past) -> Iterable[Unsettled]:
    scopes: dict[int, Scope] = {}
    last: dict[Scope, RawStreamMsg] = {}
    async for message, request in past.events(SyncRequested):
        scopes[_place(message)] = scope = (request.dataset, request.auto_ingest)
        last[scope] = message
    async for message, completed in past.events(SyncCompleted):
        settled = _up_to(completed, message)
        if completed.status != "completed" or settled not in scopes:
            continue
        if (latest := last.get(scopes[settled])) and _place(latest) <= settled:
            del last[scopes[settled]]
    return [(message, message.data or b"") for message in last.values()]


async def _models(past: _Past) -> Iterable[Unsettled]:
    ended: dict[Key, int] = defaultdict(int)
    known: set[tuple[Key, str | None]] = set()
    found: dict[Key, tuple[ModelDiscovered, RawStreamMsg]] = {}
    asked: dict[Key, list[str]] = defaultdict(list)
    key: Key
    async for message, ingested in past.events(ModelIngested):
        key = (ingested.dataset, ingested.model)
        ended[key] = max(ended[key], _up_to(ingested, message))
        known.add((key, ingested.tree_oid))
    async for message, failed in past.events(ModelIngestionFailed):
        if not failed.dry_run:
            key = (failed.dataset, failed.model)
            ended[key] = max(ended[key], _up_to(failed, message))
    async for message, event in past.events(ModelDiscovered):
        key = (event.dataset, event.model)
        settled = _place(message) <= ended[key] or (not event.force and (key, event.tree_oid) in known)
        # A dry run changes nothing, and its requester is not waiting any more.
        if settled or event.dry_run:
            continue
        asked[key] += event.request_ids
        if event.force or key not in found or not found[key][0].force:
            found[key] = (event, message)
    return [(message, _for_all(event, asked[key], message)) for key, (event, message) in found.items()]


def _for_all(event: ModelDiscovered, asked: list[str], message: RawStreamMsg) -> bytes:
    """Return the body of the one event that is published for several: their requests are followed by their ids."""
    ids = tuple(dict.fromkeys(asked))[-MAX_REQUEST_IDS:]
    if ids == event.request_ids:
        return message.data or b""
    return body_of(event.model_copy(update={"request_ids": ids}))


def _up_to(end: ModelIngested | ModelIngestionFailed | SyncCompleted, message: RawStreamMsg) -> int:
    """Return the last event that an end settles: what came while its run went on, it may have come too early for."""
    # A database may remember numbers of an earlier stream.
    return min(_place(message), end.event_sequence or _place(message))


def _place(message: RawStreamMsg) -> int:
    return message.seq or 0
