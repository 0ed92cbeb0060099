"""The services' own roles in a database, with the least rights, made by the owner of the tables.

Every statement about rights is here. Roles get what our migrations made and nothing else that is in the database; what
the owner makes in later migrations, writer and reader get by default privileges.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import asyncpg

from common.database import CONNECT_TIMEOUT_SECONDS, MIGRATIONS
from common.outcomes import StartupError

_CREATED = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)")
_CREATED_VIEW = re.compile(r"CREATE (?:OR REPLACE )?VIEW (\w+)")
_READS = "SELECT"
_WRITES = "SELECT, INSERT, UPDATE, DELETE"
# What the watcher does, and so all that it may.
_WATCHES = {
    "sync_runs": "SELECT, INSERT, UPDATE",
    "submission_versions": "SELECT, UPDATE (removed_upstream_at)",
    "content_runs": "SELECT",
}

# The letters of "roles": several jobs at once take turns.
_LOCK = "SELECT pg_advisory_xact_lock(x'726f6c6573'::bigint)"
_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
_MAY_MAKE_ROLES = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_DATABASE = "SELECT current_database()"
# Of serial columns: who inserts draws numbers. Identity columns need no right.
_SEQUENCES = """
SELECT s.oid::regclass::text FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a'
WHERE s.relkind = 'S' AND d.refobjid = ANY($1::text[]::regclass[])
"""

# Statements of rights take no parameters: the server puts names in, quoted, with this.
_FORMAT = "SELECT format($1, VARIADIC $2::text[])"
_MAKE = "CREATE ROLE %I LOGIN"
_SET_PASSWORD = "ALTER ROLE %I PASSWORD %L"  # noqa: S105 - the statement
_ONLY_READS = "ALTER ROLE %I SET default_transaction_read_only = on"
_CONNECT = "GRANT CONNECT ON DATABASE %I TO %I"
_TEMPORARY = "GRANT TEMPORARY ON DATABASE %I TO %I"
_SCHEMA = "GRANT USAGE ON SCHEMA public TO %I"
# What a service looks at to see that the database is migrated.
_SEE_MIGRATIONS = "GRANT SELECT ON public._pogo_migration TO %I"
_TABLE = "GRANT {rights} ON public.%I TO %I"
_SEQUENCE = "GRANT USAGE ON SEQUENCE {name} TO %I"
_LATER_TABLES = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO %I"
_LATER_SEQUENCES = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %I"


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


async def grant(url: str, *, writer: Login, reader: Login, watcher: Login | None = None) -> None:
    """Make the roles where they are missing, and give them their rights. Safe to run again, and after migrations."""
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_SECONDS)
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await _make(connection, reader)
            await _let_read(connection, reader.user)
            await _make(connection, writer)
            await _let_write(connection, writer.user)
            if watcher is not None:
                await _make(connection, watcher)
                await _let_use(connection, watcher.user, _WATCHES)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartupError(f"the user in DATABASE_URL cannot make or equip roles: {error}") from error
    finally:
        await connection.close()


def tables() -> list[str]:
    """Return the tables that the migrations make."""
    return _created(_CREATED)


def views() -> list[str]:
    """Return the views that the migrations make."""
    return _created(_CREATED_VIEW)


def _created(pattern: re.Pattern[str]) -> list[str]:
    texts = (path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
    return list(dict.fromkeys(name for text in texts for name in pattern.findall(text)))


async def _make(connection: asyncpg.Connection, login: Login) -> None:
    if not await connection.fetchval(_EXISTS, login.user):
        await _run(connection, _MAKE, login.user)
    elif not await connection.fetchval(_MAY_MAKE_ROLES):
        return  # made by another user, who chose its password
    await _run(connection, _SET_PASSWORD, login.user, login.password)


async def _let_read(connection: asyncpg.Connection, user: str) -> None:
    await _let_use(connection, user, dict.fromkeys([*tables(), *views()], _READS))
    await _run(connection, _LATER_TABLES.format(rights=_READS), user)
    # A second fence: what it may by rights of everybody, such as temporary tables, it does not either.
    await _run(connection, _ONLY_READS, user)


async def _let_write(connection: asyncpg.Connection, user: str) -> None:
    await _let_use(connection, user, dict.fromkeys(tables(), _WRITES) | dict.fromkeys(views(), _READS))
    await _run(connection, _LATER_TABLES.format(rights=_WRITES), user)
    await _run(connection, _TEMPORARY, await connection.fetchval(_DATABASE), user)
    for row in await connection.fetch(_SEQUENCES, tables()):
        await _run(connection, _SEQUENCE.format(name=row[0]), user)
    await _run(connection, _LATER_SEQUENCES, user)


async def _let_use(connection: asyncpg.Connection, user: str, rights: Mapping[str, str]) -> None:
    await _run(connection, _CONNECT, await connection.fetchval(_DATABASE), user)
    for statement in (_SCHEMA, _SEE_MIGRATIONS):
        await _run(connection, statement, user)
    for name, granted in rights.items():
        await _run(connection, _TABLE.format(rights=granted), name, user)


async def _run(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    await connection.execute(await connection.fetchval(_FORMAT, statement, list(names)))
