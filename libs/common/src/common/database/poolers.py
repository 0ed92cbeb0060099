"""Poolers between us and PostgreSQL: whether clients share sessions there, as in PgBouncer's transaction mode."""

import asyncio
import contextlib
from typing import Any

import asyncpg

from common.database.connect import CLOSE_SECONDS, Connector

REFUSED = (
    "the database at {where} (DATABASE_URL) is behind a pooler in transaction mode: locks and prepared statements "
    "need a session of their own; use the pooler's session mode, or the database's own port"
)
_PID = "SELECT pg_backend_pid()"
# By then a pooler that shares sessions has given two clients the same one, or one client two.
_LOOKS = 5
_SECONDS = 5.0


async def shares_sessions(connector: Connector) -> bool:
    """Tell whether several clients get one session of the server, transaction by transaction."""
    async with contextlib.AsyncExitStack() as stack:
        first = await _opened(stack, connector)
        # A pooler makes up the id by which a client cancels; the server tells its own.
        if first.get_server_pid() == await first.fetchval(_PID):
            return False
        with contextlib.suppress(TimeoutError):  # in session mode, a pool of one has none left
            async with asyncio.timeout(_SECONDS):
                return await _are_shared(first, await _opened(stack, connector))
    return False


async def _opened(stack: contextlib.AsyncExitStack, connector: Connector) -> asyncpg.Connection:
    connection = await connector(statement_cache_size=0)
    stack.push_async_callback(connection.close, timeout=CLOSE_SECONDS)
    return connection


async def _are_shared(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    seen = set()
    for _ in range(_LOOKS):
        # Twice: a pooler that gives the session which rested longest would give both the same two, in turns.
        seen |= {await first.fetchval(_PID), await first.fetchval(_PID)}
        async with second.transaction():
            other = await second.fetchval(_PID)
            # Now that one session is taken, another one may be the first's.
            seen.add(await first.fetchval(_PID))
        if len(seen) > 1 or other in seen:
            return True
    return False


async def leave_as_it_is(_: Any) -> None:
    """Reset nothing when a connection comes back: the session belongs to others by now."""
