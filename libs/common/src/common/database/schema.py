"""The migrations runner, and whether a database has them all. Statements live in each service's `store`."""

import logging
import tempfile
from collections.abc import Collection
from pathlib import Path

import asyncpg
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from common.database import poolers
from common.database.connect import CLOSE_SECONDS, Connector
from common.database.waiting import log_wait, parsed, with_retries
from common.outcomes import StartupError
from common.process.patience import OnWait

MIGRATIONS = Path(__file__).parents[1] / "migrations"

# Any number works as long as every migration uses it: the first eight letters of "arcwatch".
_MIGRATION_LOCK = int.from_bytes(b"arcwatch", "big", signed=True)
_SCHEMA = "public"
_LOCK_MIGRATIONS = "SELECT pg_advisory_lock($1)"
# What waits for a table keeps all others out that come after it: readers, too. It is tried again.
LOCK_SECONDS = 10.0
_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', $1, false)"
_LOCK_MIGRATIONS_UNTIL_COMMIT = "SELECT pg_advisory_xact_lock($1)"
_KNOWS_MIGRATIONS = "SELECT to_regclass('public._pogo_migration') IS NOT NULL"
_FORGET = "DELETE FROM public._pogo_migration WHERE migration_id = ANY($1)"
# What keeps a migration out of a transaction, where tables have rows.
_OUTSIDE = (" CONCURRENTLY", "-- transaction: false\n")
# Of one statement, such as the wait for another job's migrations: tables that are rewritten may be large.
MIGRATION_SECONDS = 1_800.0


async def migrate(url: str, *, wait_seconds: float | None = None, on_wait: OnWait = log_wait) -> list[str]:
    """Bring the database up to date and return the migrations applied. Several at once take turns.

    Waits as `open_pool` does.
    """
    target = parsed(url)
    connector = Connector(target, command_seconds=MIGRATION_SECONDS, writes=True)
    return await with_retries(lambda: _migrated(connector), target.where, wait_seconds, on_wait)


async def _migrated(connector: Connector) -> list[str]:
    if await poolers.shares_sessions(connector):
        raise StartupError(poolers.REFUSED.format(where=connector.url.where))
    connection = await connector()
    try:
        await _check_encoding(connection, connector.url.where)
        await connection.execute(_LOCK_MIGRATIONS, _MIGRATION_LOCK)
        await connection.execute(_LOCK_TIMEOUT, f"{LOCK_SECONDS:g}s")
        before = await applied_migrations(connection)
        await pogo.apply(connection, MIGRATIONS, schema_name=_SCHEMA, logger=_QUIET)
        return sorted(await applied_migrations(connection) - before)
    except BadMigrationError as error:
        if connection.is_closed():
            raise ConnectionError("the connection was lost in the middle of a migration") from error
        if isinstance(error.__cause__, asyncpg.LockNotAvailableError):
            raise TimeoutError(f"{error}: a table was in use for {LOCK_SECONDS:g} s; it is tried again") from error
        raise StartupError(f"{error}: {error.__cause__}") from error
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


async def _check_encoding(connection: asyncpg.Connection, where: str) -> None:
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise StartupError(
            f"the database at {where} is encoded in {encoding}, and submissions hold every character: make one with "
            "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and restore a dump of this one into it"
        )


async def pending_migrations(
    connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection",
) -> list[str]:
    """Return the migrations that this code has and the database has not."""
    known = {path.stem for path in MIGRATIONS.glob("*.sql")}
    return sorted(known - await applied_migrations(connection))


async def lock_migrations(connection: asyncpg.Connection) -> None:
    """Keep other processes from migrating until this transaction ends."""
    await connection.execute(_LOCK_MIGRATIONS_UNTIL_COMMIT, _MIGRATION_LOCK)


async def make_tables(connection: asyncpg.Connection, names: Collection[str]) -> None:
    """Make the tables as they are after these migrations, in the caller's transaction, where there are none of ours."""
    await _check_encoding(connection, "DATABASE_URL")
    if await connection.fetchval(_KNOWS_MIGRATIONS):
        await connection.execute(_FORGET, sorted(path.stem for path in MIGRATIONS.glob("*.sql")))
    with tempfile.TemporaryDirectory() as folder:
        for path in (path for path in MIGRATIONS.glob("*.sql") if path.stem in names):
            text = path.read_text()
            for words in _OUTSIDE:
                text = text.replace(words, "")
            (Path(folder) / path.name).write_text(text)
        await pogo.apply(connection, Path(folder), schema_name=_SCHEMA, logger=_QUIET)


async def check_migrated(pool: asyncpg.Pool) -> None:
    """Raise StartupError when the database lacks a migration."""
    async with pool.acquire() as connection:
        if missing := await pending_migrations(connection):
            raise StartupError(f"the database lacks {', '.join(missing)}; run `arcwatch migrate`")


async def applied_migrations(connection: "asyncpg.pool.PoolConnectionProxy | asyncpg.Connection") -> set[str]:
    """Return the migrations that a database has."""
    if not await connection.fetchval(_KNOWS_MIGRATIONS):
        return set()
    found: set[str] = await pogo_sql.get_applied_migrations(connection, schema_name=_SCHEMA)
    return found


_QUIET = logging.getLogger("arcwatch.migrations")
_QUIET.setLevel(logging.ERROR)
