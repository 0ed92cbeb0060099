"""Statements on the requests that wait for a model's lock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from common.events import ModelDiscovered, fresh_id

# Copies collapse. What they do not agree on, the Hub is asked for: an old event must not bring old content back.
_JOIN = """
INSERT INTO waiting_requests AS w
    (hf_dataset, model, dry_run, id, behind, force, trigger, requested_by, revision, tree_oid, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (hf_dataset, model, dry_run) DO UPDATE SET
    id = excluded.id, behind = excluded.behind, force = w.force OR excluded.force, handed_back_at = NULL,
    trigger = CASE WHEN w.force AND NOT excluded.force THEN w.trigger ELSE excluded.trigger END,
    requested_by = CASE WHEN w.force AND NOT excluded.force THEN w.requested_by ELSE excluded.requested_by END,
    revision = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.revision END,
    tree_oid = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.tree_oid END,
    published_at = CASE WHEN w.tree_oid = excluded.tree_oid THEN excluded.published_at END
"""

_REQUEST = """
SELECT id, hf_dataset AS dataset, model, dry_run, force, trigger, requested_by, revision, tree_oid, published_at,
    handed_back_at, CASE WHEN event_for = id THEN event_sequence END AS event_sequence
FROM waiting_requests
"""
_BY_ID = f"{_REQUEST} WHERE id = $1"
_BY_MODEL = f"{_REQUEST} WHERE hf_dataset = $1 AND model = $2 AND dry_run = $3"

# The key is locked_model.TRY_LOCK's. Only looked at: taking the lock would turn others away.
_HELD = """
EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = hashtextextended(hf_dataset || '@' || behind, 0))
"""
_FREE = f"{_REQUEST} WHERE handed_back_at IS NULL AND NOT {_HELD}"

_HANDED_BACK_BEFORE = f"{_REQUEST} WHERE handed_back_at < now() - $1::interval"

_MARK_HANDED_BACK = """
UPDATE waiting_requests SET handed_back_at = now(), event_sequence = $2, event_for = id WHERE id = $1
"""

_SETTLE = "DELETE FROM waiting_requests WHERE id = $1"


@dataclass(frozen=True)
class WaitingRequest:
    """All requests that wait for one model, as one event. `id` changes whenever another joins.

    `event_sequence` is the place on the stream of the event that handed it back, None where that is not known.
    """

    id: str
    event: ModelDiscovered
    handed_back_at: datetime | None
    event_sequence: int | None


async def join(pool: asyncpg.Pool, event: ModelDiscovered, behind: str) -> str:
    """Let a request wait until the lock of the model `behind` is free; return its id."""
    fresh = fresh_id()
    about = (event.force, event.trigger, event.requested_by, event.revision, event.tree_oid, event.published_at)
    await pool.execute(_JOIN, event.dataset, event.model, event.dry_run, fresh, behind, *about)
    return fresh


async def by_id(pool: asyncpg.Pool, request_id: str) -> WaitingRequest | None:
    """Return a request that still waits, and that none has joined since."""
    return next(iter(await _requests(pool, _BY_ID, request_id)), None)


async def by_model(pool: asyncpg.Pool, event: ModelDiscovered) -> WaitingRequest | None:
    """Return what waits for the event's model."""
    return next(iter(await _requests(pool, _BY_MODEL, event.dataset, event.model, event.dry_run)), None)


async def free(pool: asyncpg.Pool) -> list[WaitingRequest]:
    """Return the requests that were not handed back yet and whose lock is free."""
    return await _requests(pool, _FREE)


async def handed_back(pool: asyncpg.Pool, older_than: timedelta) -> list[WaitingRequest]:
    """Return the requests that were handed back some time ago, and are not settled."""
    return await _requests(pool, _HANDED_BACK_BEFORE, older_than)


async def mark_handed_back(pool: asyncpg.Pool, request_id: str, event_sequence: int) -> None:
    """Note that a request was published again, and where on the stream, unless another has joined meanwhile."""
    await pool.execute(_MARK_HANDED_BACK, request_id, event_sequence)


async def settle(pool: asyncpg.Pool, request_id: str) -> None:
    """Delete a request that is done or failed for good, unless another has joined meanwhile."""
    await pool.execute(_SETTLE, request_id)


async def _requests(pool: asyncpg.Pool, statement: str, *arguments: Any) -> list[WaitingRequest]:
    return [_request(**dict(row)) for row in await pool.fetch(statement, *arguments)]


def _request(  # the columns' names
    *,
    id: str,  # noqa: A002
    handed_back_at: datetime | None,
    event_sequence: int | None,
    **event: Any,
) -> WaitingRequest:
    return WaitingRequest(id, ModelDiscovered(**event), handed_back_at, event_sequence)
