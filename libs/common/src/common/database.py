"""The connection pool and the migrations runner. Statements live in each service's `store.py`."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from common.outcomes import BrokenAtStart

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number works as long as everybody who migrates uses it: the first eight letters of "arcwatch".
_MIGRATION_LOCK = int.from_bytes(b"arcwatch", "big", signed=True)
_SCHEMA = "public"

START_TIMEOUT_SECONDS = 60.0
COMMAND_TIMEOUT_SECONDS = 60.0
# A machine that lost its power closes no connection: without these, its advisory locks are held for two hours more.
_KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}


@contextlib.asynccontextmanager
async def open_pool(url: str, *, min_size: int = 1, max_size: int = 4) -> AsyncIterator[asyncpg.Pool]:
    """Yield a pool, waiting for a database that is still starting; raise BrokenAtStart when it does not come."""
    pool = asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        server_settings={"timezone": "UTC", "application_name": "arcwatch", **_KEEPALIVES},
    )
    await _wait_for(pool)
    try:
        yield pool
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), timeout=10)


async def _wait_for(pool: asyncpg.Pool) -> None:
    deadline = asyncio.get_running_loop().time() + START_TIMEOUT_SECONDS
    while True:
        try:
            await pool
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise BrokenAtStart(f"cannot reach the database in DATABASE_URL: {error}") from error
            await asyncio.sleep(0.2)
        except ValueError as error:
            line = "DATABASE_URL is no URL; percent-encode special characters in its password"
            raise BrokenAtStart(line) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise BrokenAtStart(f"the database in DATABASE_URL refuses us: {error}") from error
        else:
            return


async def migrate(url: str) -> list[str]:
    """Bring the database up to date and return the migrations applied. Several at once take turns."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        before = await _applied(connection)
        await pogo.apply(connection, MIGRATIONS, schema_name=_SCHEMA, logger=_QUIET)
        return sorted(await _applied(connection) - before)
    except BadMigrationError as error:
        raise BrokenAtStart(f"{error}: {error.__cause__}") from error
    finally:
        await connection.close()


async def pending_migrations(
    connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection",
) -> list[str]:
    """Return the migrations that this code has and the database has not."""
    known = {path.stem for path in MIGRATIONS.glob("*.sql")}
    return sorted(known - await _applied(connection))


async def check_migrated(pool: asyncpg.Pool) -> None:
    """Raise BrokenAtStart when the database lacks a migration."""
    async with pool.acquire() as connection:
        if missing := await pending_migrations(connection):
            raise BrokenAtStart(f"the database lacks {', '.join(missing)}; run `arcwatch migrate`")


async def _applied(connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection") -> set[str]:
    try:
        found: set[str] = await pogo_sql.get_applied_migrations(connection, schema_name=_SCHEMA)
    except asyncpg.UndefinedTableError:
        return set()
    return found


_QUIET = logging.getLogger("arcwatch.migrations")
_QUIET.setLevel(logging.ERROR)
