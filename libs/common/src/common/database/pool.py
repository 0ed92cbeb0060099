"""A service's connection pool: every wait has a bound, and connections to a server that was demoted are thrown away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg

from common.database import poolers
from common.database.connect import Connector
from common.database.waiting import log_wait, parsed, with_retries
from common.outcomes import StartupError
from common.process.outage import DATABASE_ERRORS
from common.process.patience import OnWait

# A statement of a writer; those that move a whole submission have a bound of their own.
COMMAND_SECONDS = 60.0
# What a connection's way back into the pool may take; one that hangs is closed.
RELEASE_SECONDS = 1.0
# Of a check: with the second in which its connection comes back, a server that hangs shows within six.
CHECK_SECONDS = 3.0
_CLOSE_SECONDS = 10.0
_SESSION = {"timezone": "UTC"}

# The server may not be written any more, or is another one than that which prepared a statement.
_DEMOTED = (asyncpg.exceptions.ReadOnlySQLTransactionError, asyncpg.exceptions.InvalidSQLStatementNameError)
_READ_ONLY = "SELECT current_setting('transaction_read_only') = 'on'"

Init = Callable[[Any], Coroutine[Any, Any, None]]


class BoundedPool(asyncpg.Pool):
    """A pool of which no call waits for ever: not for a connection, not for its return."""

    acquire_seconds = COMMAND_SECONDS
    _expiring: "asyncio.Future[None] | None" = None

    def acquire(self, *, timeout: float | None = None) -> Any:
        """Lend a connection, or raise TimeoutError."""
        return super().acquire(timeout=self.acquire_seconds if timeout is None else timeout)

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's
        """Take a connection back; one that hangs is closed, and what was done with it stands."""
        # The task that releases it may be cancelled meanwhile: it comes back all the same, or it would keep its locks.
        await asyncio.shield(self._take_back(connection, RELEASE_SECONDS if timeout is None else timeout))

    async def _take_back(self, connection: Any, seconds: float) -> None:
        await asyncio.sleep(0)  # what `_on_statement` closes is closed by now, and has come back by itself
        with contextlib.suppress(TimeoutError):
            await super().release(connection, timeout=seconds)

    def expire(self) -> None:
        """Have each connection replaced before it is lent again: all may lead to the server that was demoted."""
        self._expiring = asyncio.ensure_future(self.expire_connections())


@dataclass(frozen=True)
class PoolOptions:
    """What a service needs of its pool.

    `command_seconds` bounds a statement without a bound of its own, and the wait for a connection. `init` prepares each
    new connection. `writes`: the service writes and holds locks, so that it needs a session of its own on the primary;
    a service that only reads drops a connection on which a statement takes too long, and the server ends the statement
    after `longest_seconds`.
    """

    max_size: int = 4
    writes: bool = True
    command_seconds: float = COMMAND_SECONDS
    init: Init | None = None
    longest_seconds: float | None = None


@contextlib.asynccontextmanager
async def open_pool(
    url: str,
    options: PoolOptions | None = None,
    *,
    wait_seconds: float | None = None,
    on_wait: OnWait = log_wait,
) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool, waiting for a database that is still starting; raise StartupError where none can be had."""
    options = options or PoolOptions()
    target = parsed(url)
    connector = Connector(
        target,
        _SESSION,
        {"statement_timeout": f"{options.longest_seconds:.0f}s"} if options.longest_seconds else {},
        command_seconds=options.command_seconds,
        seconds=options.command_seconds,
        writes=options.writes,
    )
    pool = await with_retries(lambda: _opened(connector, options), target.where, wait_seconds, on_wait)
    try:
        yield pool
    finally:
        # A server that is away must not hide why the block ended.
        with contextlib.suppress(*DATABASE_ERRORS):
            await asyncio.wait_for(pool.close(), timeout=_CLOSE_SECONDS)


async def _opened(connector: Connector, options: PoolOptions) -> asyncpg.Pool:
    if await poolers.shares_sessions(connector):
        if options.writes:
            raise StartupError(poolers.REFUSED.format(where=connector.url.where))
        connector.statement_cache_size = 0
    # A new one for each try: a pool whose first connection failed stays closed, whatever is asked of it.
    pool: BoundedPool = BoundedPool(
        connect=connector,
        min_size=1,
        max_size=options.max_size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        init=lambda connection: _prepare(connection, pool, options),
        reset=None if connector.statement_cache_size else poolers.leave_as_it_is,
        loop=asyncio.get_running_loop(),
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
    )
    pool.acquire_seconds = options.command_seconds
    return await pool


async def _prepare(connection: asyncpg.Connection, pool: BoundedPool, options: PoolOptions) -> None:
    connection.add_query_logger(partial(_on_statement, connection, pool, options.writes))
    if options.init:
        await options.init(connection)


def _on_statement(connection: asyncpg.Connection, pool: BoundedPool, writes: bool, statement: Any) -> None:  # noqa: FBT001
    """Look how a statement ended, before its connection can come back into the pool."""
    if isinstance(statement.exception, _DEMOTED):
        pool.expire()
    elif isinstance(statement.exception, TimeoutError | asyncio.CancelledError) and not writes:
        # The rollback of a transaction would wait as long again.
        connection.terminate()


async def answers(pool: asyncpg.Pool) -> str | None:
    """Ask the database for nothing, as a check of readiness; raise where it does not answer."""
    async with asyncio.timeout(CHECK_SECONDS):
        await pool.execute("SELECT")
    return None


async def takes_writes(pool: asyncpg.Pool) -> str | None:
    """Ask whether the database may be written, as a check of readiness; raise where it does not answer."""
    async with asyncio.timeout(CHECK_SECONDS):
        if not await pool.fetchval(_READ_ONLY):
            return None
    await pool.expire_connections()
    return "the database takes no writes: it is a standby, or was demoted"
