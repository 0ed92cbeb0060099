"""The services' own roles in a database: a writer and a reader with the least rights, made by who owns the tables.

Every statement about rights is here. Roles get what our migrations made and nothing else that is in the database; what
the owner makes in later migrations they get by default privileges.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import asyncpg

from common.database import CONNECT_TIMEOUT_SECONDS, MIGRATIONS
from common.outcomes import StartupError

_SCHEMA = "public"
# What a service looks at to see that the database is migrated.
_MIGRATIONS_TABLE = "_pogo_migration"
_CREATED = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)")
_READS = "SELECT"
_WRITES = "SELECT, INSERT, UPDATE, DELETE"
# The letters of "roles": several jobs at once take turns.
_LOCK = "SELECT pg_advisory_xact_lock(x'726f6c6573'::bigint)"

_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
_MAY_MAKE_ROLES = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_FORMAT = "SELECT format($1, VARIADIC $2::text[])"
# Of serial columns: who inserts draws numbers. Identity columns need no right.
_SEQUENCES = """
SELECT s.oid::regclass::text FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a'
WHERE s.relkind = 'S' AND d.refobjid = ANY($1::text[]::regclass[])
"""


@dataclass(frozen=True, repr=False)
class Login:
    """A role's name and password."""

    user: str
    password: str

    @classmethod
    def of(cls, url: str, setting: str) -> "Login":
        """Return those in a URL; raise StartupError where there are none."""
        parts = urlsplit(url)
        if not parts.username or not parts.password:
            raise StartupError(f"{setting} names no user and password: postgresql://user:password@host/database")
        return cls(unquote(parts.username), unquote(parts.password))


async def grant(url: str, *, writer: Login, reader: Login) -> None:
    """Make both roles where they are missing, and give them their rights. Safe to run again, and after migrations."""
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            for login in (writer, reader):
                await _make(connection, login)
            await _grant_reader(connection, reader.user)
            await _grant_writer(connection, writer.user)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartupError(f"the user in DATABASE_URL cannot make or equip roles: {error}") from error
    finally:
        await connection.close()


def tables() -> list[str]:
    """Return the tables that the migrations make."""
    texts = (path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
    return list(dict.fromkeys(name for text in texts for name in _CREATED.findall(text)))


async def _make(connection: asyncpg.Connection, login: Login) -> None:
    if not await connection.fetchval(_EXISTS, login.user):
        await _run(connection, "CREATE ROLE %I LOGIN", login.user)
    elif not await connection.fetchval(_MAY_MAKE_ROLES):
        return  # made by another user, who chose its password
    await _run(connection, "ALTER ROLE %I PASSWORD %L", login.user, login.password)


async def _grant_reader(connection: asyncpg.Connection, user: str) -> None:
    await _grant_use(connection, user, _READS, tables())
    # A second fence: what it may by rights of everybody, such as temporary tables, it does not either.
    await _run(connection, "ALTER ROLE %I SET default_transaction_read_only = on", user)


async def _grant_writer(connection: asyncpg.Connection, user: str) -> None:
    await _grant_use(connection, user, _WRITES, tables())
    database = await connection.fetchval("SELECT current_database()")
    await _run(connection, "GRANT TEMPORARY ON DATABASE %I TO %I", database, user)
    for row in await connection.fetch(_SEQUENCES, tables()):
        await _run(connection, f"GRANT USAGE ON SEQUENCE {row[0]} TO %I", user)
    await _run(connection, f"ALTER DEFAULT PRIVILEGES IN SCHEMA {_SCHEMA} GRANT USAGE ON SEQUENCES TO %I", user)


async def _grant_use(connection: asyncpg.Connection, user: str, rights: str, names: Iterable[str]) -> None:
    database = await connection.fetchval("SELECT current_database()")
    await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, user)
    await _run(connection, f"GRANT USAGE ON SCHEMA {_SCHEMA} TO %I", user)
    for name in names:
        await _run(connection, f"GRANT {rights} ON %I.%I TO %I", _SCHEMA, name, user)
    await _run(connection, f"GRANT SELECT ON {_SCHEMA}.{_MIGRATIONS_TABLE} TO %I", user)
    await _run(connection, f"ALTER DEFAULT PRIVILEGES IN SCHEMA {_SCHEMA} GRANT {rights} ON TABLES TO %I", user)


async def _run(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    """Run a statement of rights, which takes no parameters: the server puts the names in, quoted."""
    await connection.execute(await connection.fetchval(_FORMAT, statement, list(names)))
