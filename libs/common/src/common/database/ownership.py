"""Has a user who is no superuser own a database and all that is in it, what was there before as well.

A container's first user of PostgreSQL is a superuser, who may read files and run programs there. Migrations need no
such user. Statements about the services' rights are in `common/roles.py`.
"""

import asyncpg

from common.database.connect import CLOSE_SECONDS, Connector
from common.database.waiting import log_wait, parsed, with_retries
from common.outcomes import StartupError

# Changing an owner locks each table for a moment. Whoever asks for a table meanwhile waits behind us, so we wait for
# who uses it no longer than this, and try again.
_LOCK_SECONDS = 2
_COMMAND_SECONDS = 30.0

_SETTINGS = f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"
# The letters of "owner": two jobs take turns.
_LOCK = "SELECT pg_advisory_xact_lock(x'6f776e6572'::bigint)"
_EXISTS = "SELECT rolsuper FROM pg_roles WHERE rolname = $1"
_FORMAT = "SELECT format($1, VARIADIC $2::text[])"
_MAKE = "CREATE ROLE %I"
# It makes the services' users. What is in use, `arcwatch doctor` counts.
_EQUIP = "ALTER ROLE %1$I LOGIN CREATEROLE PASSWORD %2$L; GRANT pg_monitor TO %1$I; ALTER DATABASE %3$I OWNER TO %1$I"
# With what a table has of its own (indexes, the sequences of its columns) changes its owner; extensions stay.
_OWNED = """
WITH own AS (
    SELECT 'pg_class'::regclass AS class, oid, relowner AS owner, oid::regclass::text AS name, CASE relkind
        WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT 'pg_proc'::regclass, oid, proowner, oid::regprocedure::text, 'ROUTINE'
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'pg_type'::regclass, oid, typowner, oid::regtype::text, 'TYPE'
    FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
)
SELECT kind, name FROM own WHERE owner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE (d.classid, d.objid) = (own.class, own.oid) AND d.deptype IN ('a', 'i', 'e')
)
ORDER BY kind, name
"""
# Who may already use the tables: the services' users, whose passwords only who administers them may change.
_USERS = """
SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee
WHERE relnamespace = 'public'::regnamespace AND NOT rolsuper AND rolname <> $1 AND NOT starts_with(rolname, 'pg_')
"""
_ADMINISTER = "GRANT %2$I TO %1$I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"


async def hand_over(superuser_url: str, owner: str, password: str, *, wait_seconds: float | None = None) -> list[str]:
    """Make the owner, and return what changed hands. Safe to run again, and by several at once."""
    target = parsed(superuser_url, "DATABASE_SUPERUSER_URL")
    connector = Connector(target, command_seconds=_COMMAND_SECONDS, writes=True)
    return await with_retries(lambda: _handed_over(connector, owner, password), target.where, wait_seconds, log_wait)


async def _handed_over(connector: Connector, owner: str, password: str) -> list[str]:
    connection = await connector()
    try:
        async with connection.transaction():
            await connection.execute(_SETTINGS)
            await connection.execute(_LOCK)
            is_superuser = await connection.fetchval(_EXISTS, owner)
            if is_superuser:
                raise StartupError(
                    f"{owner} in DATABASE_URL is a superuser: run `sh deploy/secrets.sh`, which names another one"
                )
            if is_superuser is None:
                await _run(connection, _MAKE, owner)
            database = await connection.fetchval("SELECT current_database()")
            await _run(connection, _EQUIP, owner, password, database)
            owned = [f"{kind} {name}" for kind, name in await connection.fetch(_OWNED)]
            for each in owned:
                await _run(connection, f"ALTER {each.replace('%', '%%')} OWNER TO %I", owner)
            for user in await connection.fetch(_USERS, owner):
                await _run(connection, _ADMINISTER, owner, user["rolname"])
            return owned
    except asyncpg.LockNotAvailableError as error:
        raise ConnectionError("a table is in use") from error
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


async def _run(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    await connection.execute(await connection.fetchval(_FORMAT, statement, list(names)))
