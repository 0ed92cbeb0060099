"""What a durable that is made anew has to do: the events that no consumer has dealt with, and none of the others.

Where its work had ended is lost with a durable. From the beginning it would repeat all of 30 days, forced ingestions
included. So it begins at the stream's end, and what is not settled is published again. Settled is:

- a `sync.requested`, once the sync for it, or for a later one that asks for the same, was completed whole: any other
  sync may have begun before it or have had other datasets. Of several that ask for the same the last one counts;
- a `model.discovered`, once that model was ingested or failed for it or for a later event, or, unless it is forced,
  once that very content was ingested at all. Of several for one model the last forced one counts, else the last.
"""

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from common.events import (
    Event,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
    resent,
)

Key = tuple[str | None, str | None]
# What a sync is asked for: the dataset, None for all, and whether to ingest, None for what is set.
Scope = tuple[str | None, bool | None]
EventT = TypeVar("EventT", bound=Event)


async def republish_unsettled(js: JetStreamContext, stream: str, subject: str, until: int) -> None:
    """Publish a subject's unsettled events again, up to a sequence."""
    find = {ModelDiscovered.subject: _models, SyncRequested.subject: _syncs}[subject]
    for message in await find(js, stream, until):
        # The id is the same for all processes that do this at once.
        headers = resent(message.headers or {}, f"again-{message.seq}")
        await js.publish(subject, message.data or b"", stream=stream, headers=headers)


async def _syncs(js: JetStreamContext, stream: str, until: int) -> Iterable[RawStreamMsg]:
    scopes: dict[int, Scope] = {}
    last: dict[Scope, RawStreamMsg] = {}
    async for message in _all(js, stream, SyncRequested.subject, until):
        if request := _read(SyncRequested, message):
            scopes[_place(message)] = scope = (request.dataset, request.auto_ingest)
            last[scope] = message
    async for message in _all(js, stream, SyncCompleted.subject, until):
        completed = _read(SyncCompleted, message)
        if completed is None or completed.status != "completed":
            continue
        settled = _up_to(completed, message)
        if settled in scopes and (latest := last.get(scopes[settled])) and _place(latest) <= settled:
            del last[scopes[settled]]
    return last.values()


async def _models(js: JetStreamContext, stream: str, until: int) -> Iterable[RawStreamMsg]:
    ended: dict[Key, int] = {}
    known: set[tuple[Key, str | None]] = set()
    key: Key
    async for message in _all(js, stream, ModelIngested.subject, until):
        if ingested := _read(ModelIngested, message):
            key = (ingested.dataset, ingested.model)
            ended[key] = max(ended.get(key, 0), _up_to(ingested, message))
            known.add((key, ingested.tree_oid))
    async for message in _all(js, stream, ModelIngestionFailed.subject, until):
        failed = _read(ModelIngestionFailed, message)
        if failed and not failed.dry_run:
            key = (failed.dataset, failed.model)
            ended[key] = max(ended.get(key, 0), _up_to(failed, message))
    return await _open(js, stream, until, ended, known)


def _up_to(end: ModelIngested | ModelIngestionFailed | SyncCompleted, message: RawStreamMsg) -> int:
    """Return the last event that an end settles: what came while its run went on, it may have come too early for."""
    # A database may remember numbers of an earlier stream.
    return min(_place(message), end.event_sequence or _place(message))


async def _open(
    js: JetStreamContext, stream: str, until: int, ended: dict[Key, int], known: set[tuple[Key, str | None]]
) -> Iterable[RawStreamMsg]:
    found: dict[Key, tuple[bool, RawStreamMsg]] = {}
    async for message in _all(js, stream, ModelDiscovered.subject, until):
        event = _read(ModelDiscovered, message)
        # A dry run changes nothing, and its requester is not waiting any more.
        if event is None or event.dry_run:
            continue
        key = (event.dataset, event.model)
        settled = _place(message) <= ended.get(key, 0) or (not event.force and (key, event.tree_oid) in known)
        if not settled and (event.force or not found.get(key, (False,))[0]):
            found[key] = (event.force, message)
    return [message for _, message in found.values()]


def _read(kind: type[EventT], message: RawStreamMsg) -> EventT | None:
    try:
        return kind.model_validate_json(message.data or b"")
    except ValidationError:
        return None  # dead-lettered, or it will never say anything


def _place(message: RawStreamMsg) -> int:
    return message.seq or 0


async def _all(js: JetStreamContext, stream: str, subject: str, until: int) -> AsyncIterator[RawStreamMsg]:
    sequence = 1
    while sequence <= until:
        try:
            message = await js.get_msg(stream, sequence, subject=subject, next=True)
        except NotFoundError:
            return
        if (sequence := _place(message) + 1) <= until + 1:
            yield message
