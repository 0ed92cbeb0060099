"""The manual events that were done ahead of their turn on the stream."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import asyncpg
from common.process.cleanup import afterwards

from ingester.store.statements import overtaken_events as sql


@contextlib.asynccontextmanager
async def holding(pool: asyncpg.Pool, sequence: int) -> AsyncIterator[bool]:
    """Keep everybody else from an event until the block ends; yield False where another ingester does."""
    connection = await pool.acquire()
    # The pool gives the lock back with the connection.
    async with afterwards(partial(pool.release, connection)):
        yield await connection.fetchval(sql.TRY_LOCK_EVENT, sequence)


async def is_held(pool: asyncpg.Pool, sequence: int) -> bool:
    """Tell whether an ingester is at an event ahead of its turn."""
    return not await pool.fetchval(sql.TRY_EVENT, sequence)


async def is_done(pool: asyncpg.Pool, sequence: int, stored_at: datetime) -> bool:
    """Tell whether an event was done ahead of its turn."""
    found: bool = await pool.fetchval(sql.IS_DONE_AHEAD, sequence, stored_at)
    return found


async def mark_done(pool: asyncpg.Pool, sequence: int, stored_at: datetime) -> None:
    """Note that an event was done, and forget those that the stream has forgotten."""
    await pool.execute(sql.MARK_DONE_AHEAD, sequence, stored_at)
