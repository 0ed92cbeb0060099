"""The requests that wait for a model's lock."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from common.events import MAX_REQUEST_IDS, ModelDiscovered, fresh_id
from common.storable import storable

from ingester.store.statements import waiting_requests as sql


@dataclass(frozen=True)
class WaitingRequest:
    """All requests that wait for one model, as one event. `id` changes whenever another joins.

    `event_sequence` is the place on the stream of the event that handed it back, None where that is not known.
    """

    id: str
    event: ModelDiscovered
    event_sequence: int | None


async def join(pool: asyncpg.Pool, event: ModelDiscovered, behind: str) -> str:
    """Let a request wait until the lock of the model `behind` is free; return its id."""
    fresh = fresh_id()
    about = (event.force, event.trigger, event.requested_by, event.revision, event.tree_oid, event.published_at)
    ids = (event.request_ids, MAX_REQUEST_IDS)
    await pool.execute(sql.JOIN_WAITING, event.dataset, event.model, event.dry_run, fresh, behind, *about, *ids)
    return fresh


async def by_id(pool: asyncpg.Pool, request_id: str) -> WaitingRequest | None:
    """Return a request that still waits, and that none has joined since."""
    return next(iter(await _requests(pool, sql.REQUEST_BY_ID, request_id)), None)


async def by_model(pool: asyncpg.Pool, event: ModelDiscovered) -> WaitingRequest | None:
    """Return what waits for the event's model."""
    return next(iter(await _requests(pool, sql.REQUEST_BY_MODEL, event.dataset, event.model, event.dry_run)), None)


async def free(pool: asyncpg.Pool) -> list[WaitingRequest]:
    """Return the requests that were not handed back yet and whose lock is free."""
    return await _requests(pool, sql.FREE_REQUESTS)


async def handed_back(pool: asyncpg.Pool, older_than: timedelta) -> list[WaitingRequest]:
    """Return the requests that were handed back some time ago, and are not settled."""
    return await _requests(pool, sql.REQUESTS_HANDED_BACK_BEFORE, older_than)


async def mark_handed_back(pool: asyncpg.Pool, request_id: str, event_sequence: int) -> None:
    """Note that a request was published again, and where on the stream, unless another has joined meanwhile."""
    await pool.execute(sql.MARK_HANDED_BACK, request_id, event_sequence)


async def fail(pool: asyncpg.Pool, request_id: str, event: ModelDiscovered, sequence: int | None, reason: str) -> None:
    """Delete a request that fails for good with an event that answers it, unless another has joined meanwhile.

    The event's own end tells of its ids; of those that only waited a failed run does.
    """
    await pool.execute(sql.FAIL_REQUEST, request_id, storable(reason), sequence, event.request_ids)


async def settle(pool: asyncpg.Pool, request_id: str) -> None:
    """Delete a request that is done or failed for good, unless another has joined meanwhile."""
    await pool.execute(sql.DELETE_REQUEST, request_id)


async def _requests(pool: asyncpg.Pool, statement: str, *arguments: object) -> list[WaitingRequest]:
    return [
        # The other columns are the event's, by the names of its fields.
        WaitingRequest(row["id"], ModelDiscovered.model_validate(row), row["event_sequence"])
        for row in map(dict, await pool.fetch(statement, *arguments))
    ]
