"""The services' own roles in a database, with the least rights, made by the owner of the tables.

Every statement about rights is here. Roles get what our migrations made and nothing else that is in the database; what
the owner makes in later migrations, writer and reader get by default privileges. The reader is the query API: the
tables that it writes hold what admins say and do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from common.database.connect import CLOSE_SECONDS, Connector
from common.database.pool import COMMAND_SECONDS
from common.database.schema import MIGRATIONS
from common.database.waiting import parsed
from common.outcomes import StartupError

# Where a line begins: comments speak of tables, too.
_CREATED = re.compile(r"^CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_CREATED_VIEW = re.compile(r"^CREATE (?:OR REPLACE )?VIEW (\w+)", re.MULTILINE)
_WRITES = "SELECT, INSERT, UPDATE, DELETE"
# What the watcher does, and so all that it may.
_WATCHES = {
    "sync_runs": "SELECT, INSERT, UPDATE",
    "submission_versions": "SELECT, UPDATE (removed_upstream_at)",
    "content_runs": "SELECT",
    "dataset_pauses": "SELECT",
}
# What the notifier does: what is news it only reads.
_NOTIFIES = {
    **dict.fromkeys(("ingestion_runs", "model_names", "submission_versions", "verifications"), "SELECT"),
    **dict.fromkeys(
        ("notification_events", "notification_messages", "notification_reader", "notification_channels"), _WRITES
    ),
    "notification_tests": "SELECT, UPDATE, DELETE",
}

# Of what admins did, no line is changed or removed.
_READER_WRITES = {"model_names": _WRITES, "dataset_pauses": _WRITES} | dict.fromkeys(
    ("admin_actions", "cancellations", "notification_tests"), "SELECT, INSERT"
)

# What admins did no ingester writes: lines come from the query API, and from commands as the owner.
_WRITER_ONLY_READS = frozenset({"admin_actions"})

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

# Statements of rights take no parameters: the server puts names in, quoted, with this: first the role's.
_FORMAT = "SELECT format($1, VARIADIC $2::text[])"
_MAKE = "CREATE ROLE %I LOGIN"
_SET_PASSWORD = "ALTER ROLE %I PASSWORD %L"  # noqa: S105 - the statement
_TABLE = "GRANT {rights} ON public.%2$I TO %1$I"
# What default privileges, and releases before, have granted.
_NO_WRITES = f"REVOKE {_WRITES.removeprefix('SELECT, ')} ON public.%2$I FROM %1$I"
_SEQUENCE = "GRANT USAGE ON SEQUENCE {name} TO %I"
# Second the database's. A service looks at the migrations to see that the database has them all.
_USE = """
GRANT CONNECT ON DATABASE %2$I TO %1$I;
GRANT USAGE ON SCHEMA public TO %1$I;
GRANT SELECT ON public._pogo_migration TO %1$I;
"""
# A second fence: what it may by rights of everybody, such as temporary tables, a reader does not either. Transactions
# that write names say so (SET TRANSACTION READ WRITE).
_READ = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO %1$I;
ALTER ROLE %1$I SET default_transaction_read_only = on;
"""
_WRITE = f"""
GRANT TEMPORARY ON DATABASE %2$I TO %1$I;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {_WRITES} ON TABLES TO %1$I;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %1$I;
"""


@dataclass(frozen=True, repr=False)
class Login:
    """A role's name and password."""

    user: str
    password: str

    @classmethod
    def of(cls, url: str, setting: str) -> "Login":
        """Return those in a URL; raise StartupError where there are none."""
        found = parsed(url, setting)
        if not found.user or not found.password:
            raise StartupError(f"{setting} names no user and password: postgresql://user:password@host/database")
        return cls(found.user, found.password)


async def grant(
    url: str, *, writer: Login, reader: Login, watcher: Login | None = None, notifier: Login | None = None
) -> None:
    """Make the roles where they are missing, and give them their rights. Safe to run again, and after migrations."""
    reads = dict.fromkeys([*tables(), *views()], "SELECT")
    connection = await Connector(parsed(url), command_seconds=COMMAND_SECONDS, writes=True)()
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await _equip(connection, reader, reads | _READER_WRITES, _USE + _READ)
            written = [name for name in tables() if name not in _WRITER_ONLY_READS]
            await _equip(connection, writer, reads | dict.fromkeys(written, _WRITES), _USE + _WRITE)
            for name in _WRITER_ONLY_READS:
                await _run(connection, _NO_WRITES, writer.user, name)
            for row in await connection.fetch(_SEQUENCES, tables()):
                await _run(connection, _SEQUENCE.format(name=row[0]), writer.user)
            for login, rights in ((watcher, _WATCHES), (notifier, _NOTIFIES)):
                if login is not None:
                    await _equip(connection, login, rights, _USE)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartupError(f"the user in DATABASE_URL cannot make or equip roles: {error}") from error
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


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


async def _equip(connection: asyncpg.Connection, login: Login, rights: Mapping[str, str], script: str) -> None:
    await _make(connection, login)
    await _run(connection, script, login.user, await connection.fetchval(_DATABASE))
    for name, granted in rights.items():
        await _run(connection, _TABLE.format(rights=granted), login.user, name)


async def _run(connection: asyncpg.Connection, statement: str, *names: str) -> None:
    await connection.execute(await connection.fetchval(_FORMAT, statement, list(names)))
