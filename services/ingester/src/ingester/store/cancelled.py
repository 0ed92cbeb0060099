"""What admins cancel: runs, and requests by their ids."""

import asyncpg

from ingester.store.runs import Origin
from ingester.store.statements import cancellations as sql


async def cancelled_by(pool: asyncpg.Pool, origin: Origin) -> str | None:
    """Return who cancelled the running run of an event, or all the requests that it is for; None: nobody did."""
    event = origin.event
    by: str | None = await pool.fetchval(
        sql.CANCELLED_BY, event.dataset, event.model, event.dry_run, origin.sequence, list(event.request_ids)
    )
    return by
