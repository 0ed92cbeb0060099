"""The connection pool and the migrations runner. Statements live in each service's `store`."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
import structlog
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from common.outcomes import StartupError
from common.process.outage import DATABASE_ERRORS, DRIVER_ERRORS, reason_of

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number works as long as every migration uses it: the first eight letters of "arcwatch".
_MIGRATION_LOCK = int.from_bytes(b"arcwatch", "big", signed=True)
_SCHEMA = "public"
_LOCK_MIGRATIONS = "SELECT pg_advisory_lock($1)"

START_TIMEOUT_SECONDS = 60.0
COMMAND_TIMEOUT_SECONDS = 60.0
# A host that swallows what is sent to it must not use up the whole wait for the start.
CONNECT_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
_SECONDS_BETWEEN_LINES = 5.0
# A machine that lost its power closes no connection: without these, its advisory locks are held for two hours more.
_KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}

# Not there yet, starting, stopping, full, or a proxy in front of one that is: worth another try. OSError covers names
# that do not resolve and time-outs.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)

_NO_URL = "DATABASE_URL is no URL; percent-encode special characters in its password"

T = TypeVar("T")
Init = Callable[[Any], Coroutine[Any, Any, None]]
# Takes host, reason and gives_up_in_seconds.
OnWait = Callable[..., object]
_log_wait: OnWait = partial(log.warning, "database.waiting")


@contextlib.asynccontextmanager
async def open_pool(
    url: str, *, max_size: int = 4, wait_seconds: float | None = None, init: Init | None = None
) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool, waiting for a database that is still starting; raise StartupError when it does not come.

    `init` prepares each new connection.
    """
    pool = await _with_retries(lambda: _connected_pool(url, max_size, init), url, wait_seconds, _log_wait)
    try:
        yield pool
    finally:
        # A server that is away must not hide why the block ended.
        with contextlib.suppress(*DATABASE_ERRORS):
            await asyncio.wait_for(pool.close(), timeout=10)


async def _connected_pool(url: str, max_size: int, init: Init | None) -> asyncpg.Pool:
    # A new one for each try: a pool whose first connection failed stays closed, whatever is asked of it.
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=max_size,
        init=init,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        server_settings={"timezone": "UTC", "application_name": "arcwatch", **_KEEPALIVES},
    )


async def _with_retries(
    attempt: Callable[[], Awaitable[T]], url: str, wait_seconds: float | None, on_wait: OnWait
) -> T:
    """Try until the database is there, for START_TIMEOUT_SECONDS by default; say now and then what is waited for."""
    now = asyncio.get_running_loop().time
    wait_seconds = START_TIMEOUT_SECONDS if wait_seconds is None else wait_seconds
    deadline, next_line = now() + wait_seconds, now()
    host = host_of(url)
    while True:
        try:
            return await attempt()
        except _AWAY as error:
            reason = reason_of(error)
            if now() >= deadline:
                line = f"cannot reach the database at {host} (DATABASE_URL) within {wait_seconds:.0f} s: {reason}"
                raise StartupError(line) from error
            if now() >= next_line:
                next_line = now() + _SECONDS_BETWEEN_LINES
                on_wait(host=host, reason=reason, gives_up_in_seconds=round(deadline - now()))
            await asyncio.sleep(_PAUSE_SECONDS)
        except ValueError as error:
            raise StartupError(_NO_URL) from error
        except (asyncpg.PostgresError, *DRIVER_ERRORS) as error:
            raise StartupError(f"the database at {host} (DATABASE_URL) refuses us: {error}") from error


def host_of(url: str) -> str:
    """Return where a database is, without user and password; raise StartupError where one cannot be told apart."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise StartupError(_NO_URL) from error
    # Of a password with / ? or #, the beginning would be taken for the host, and shown.
    if "@" in parts.path + parts.fragment or ("@" in parts.query and not parts.path):
        raise StartupError(_NO_URL)
    return parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", ["the local socket"]))


async def migrate(url: str, *, wait_seconds: float | None = None, on_wait: OnWait = _log_wait) -> list[str]:
    """Bring the database up to date and return the migrations applied. Several at once take turns.

    Waits as `open_pool` does.
    """
    return await _with_retries(lambda: _migrated(url), url, wait_seconds, on_wait)


async def _migrated(url: str) -> list[str]:
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        await connection.execute(_LOCK_MIGRATIONS, _MIGRATION_LOCK)
        before = await _applied(connection)
        await pogo.apply(connection, MIGRATIONS, schema_name=_SCHEMA, logger=_QUIET)
        return sorted(await _applied(connection) - before)
    except BadMigrationError as error:
        if connection.is_closed():
            raise ConnectionError("the connection was lost in the middle of a migration") from error
        raise StartupError(f"{error}: {error.__cause__}") from error
    finally:
        await connection.close()


async def pending_migrations(
    connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection",
) -> list[str]:
    """Return the migrations that this code has and the database has not."""
    known = {path.stem for path in MIGRATIONS.glob("*.sql")}
    return sorted(known - await _applied(connection))


async def check_migrated(pool: asyncpg.Pool) -> None:
    """Raise StartupError when the database lacks a migration."""
    async with pool.acquire() as connection:
        if missing := await pending_migrations(connection):
            raise StartupError(f"the database lacks {', '.join(missing)}; run `arcwatch migrate`")


async def answers(pool: asyncpg.Pool) -> str | None:
    """Ask the database for nothing, as a check of readiness; raise where it does not answer."""
    await pool.execute("SELECT")
    return None


async def _applied(connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection") -> set[str]:
    try:
        found: set[str] = await pogo_sql.get_applied_migrations(connection, schema_name=_SCHEMA)
    except asyncpg.UndefinedTableError:
        return set()
    return found


_QUIET = logging.getLogger("arcwatch.migrations")
_QUIET.setLevel(logging.ERROR)
