"""Restores a backup: all of it in one transaction, or none of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg
from common import roles
from common.database import poolers, schema

from arcwatch.errors import DeploymentError
from arcwatch.recovery import statements as sql
from arcwatch.recovery.answers import answers_from, code
from arcwatch.recovery.archive import Backup, Digest, Table
from arcwatch.recovery.snapshots import OnTable, begin, connected, connector, copy_rows


@dataclass(frozen=True)
class Found:
    """What there is in a database before something is restored into it."""

    migrations: frozenset[str]
    filled: tuple[str, ...]
    """Tables that hold rows."""


@dataclass
class Restored:
    """What came of it. `differences` is empty where all that was compared is as in the backup."""

    migrations: list[str] = field(default_factory=list)
    """Applied after the rows came: the backup is of an earlier release."""
    compared: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    answers_not_compared: str | None = None


class DiffersError(DeploymentError):
    """What was restored is not what the backup says; the database is as it was."""


async def look(url: str) -> Found:
    """Look what there is; raise DeploymentError where services are at work, or nothing can be restored into it."""
    connect = connector(url, writes=True)
    async with connected(connect) as connection:
        if await poolers.shares_sessions(connect):
            raise DeploymentError(poolers.REFUSED.format(where=connect.url.where))
        return await _found(connection)


async def _found(connection: asyncpg.Connection) -> Found:
    if others := await connection.fetchval(sql.OTHERS):
        raise DeploymentError(f"{others} sessions of arcwatch use this database: stop all services first")
    migrations = await schema.applied_migrations(connection)
    if unknown := sorted(migrations - _known()):
        later = f"the database is that of a later arcwatch ({', '.join(unknown)})"
        raise DeploymentError(f"{later}: restore with that one, or into an empty database")
    there = {row[0] for row in await connection.fetch(sql.TABLES)}
    ours = [name for name in roles.tables() if name in there]
    filled = [name for name in ours if await connection.fetchval(sql.HAS_ROWS.format(name))]
    return Found(frozenset(migrations), tuple(filled))


def check_known(backup: Backup) -> None:
    """Raise DeploymentError for a backup of a later release, or one that names what no release of ours has."""
    if unknown := sorted(set(backup.manifest.migrations) - _known()):
        raise DeploymentError(f"it was made by a later arcwatch ({', '.join(unknown)}): use that one, or a later one")
    if unknown := sorted({each.name for each in backup.manifest.tables} - {*roles.tables()}):
        raise DeploymentError(f"{backup.path} holds tables that are not arcwatch's: {', '.join(unknown)}")


def _known() -> set[str]:
    return {path.stem for path in schema.MIGRATIONS.glob("*.sql")}


async def restore(url: str, backup: Backup, found: Found, *, verify: bool, on_table: OnTable) -> Restored:
    """Put a backup in the place of what there is, and bring its tables up to date."""
    done = Restored()
    async with connected(connector(url, writes=True)) as connection:
        async with connection.transaction():
            await _replace(connection, backup, found, on_table)
            if verify:
                await _verify(connection, backup.manifest.tables, done)
            await connection.execute(sql.ANALYZE)
        done.migrations = await schema.migrate(url)
        if verify:
            await _verify_answers(connection, backup, done)
        return done


async def _replace(connection: asyncpg.Connection, backup: Backup, found: Found, on_table: OnTable) -> None:
    await begin(connection)
    try:
        await schema.lock_migrations(connection)
        if await _found(connection) != found:
            raise DeploymentError("the database is not as it was a moment ago: look what changed it, and try again")
        await _prepare(connection, backup, found)
    except asyncpg.LockNotAvailableError as error:
        raise DeploymentError(f"another session uses these tables, end it first: {error}") from error
    for table in backup.manifest.tables:
        on_table(table.name)
        await _fill(connection, backup, table)


async def _prepare(connection: asyncpg.Connection, backup: Backup, found: Found) -> None:
    """Leave empty tables of the very form that the backup has."""
    wanted = frozenset(backup.manifest.migrations)
    try:
        if found.migrations == wanted:
            # Rights on them stay.
            await connection.execute(f"TRUNCATE {', '.join(map(_qualified, roles.tables()))}")
            return
        for view in roles.views():
            await connection.execute(f"DROP VIEW IF EXISTS {_qualified(view)}")
        await connection.execute(f"DROP TABLE IF EXISTS {', '.join(map(_qualified, roles.tables()))}")
    except (asyncpg.DependentObjectsStillExistError, asyncpg.FeatureNotSupportedError) as error:
        remedy = "restore into another database, and move the tables that refer to these by pg_dump"
        raise DeploymentError(f"{error}: {remedy}") from error
    await schema.make_tables(connection, wanted)


async def _fill(connection: asyncpg.Connection, backup: Backup, table: Table) -> None:
    there = {row["name"] for row in await connection.fetch(sql.COLUMNS, table.name)}
    name = _qualified(table.name)
    for column in table.columns:
        if column.name not in there:
            # The existing app's own.
            if not await connection.fetchval(sql.IS_TYPE, column.type):
                raise DeploymentError(
                    f"{table.name}.{column.name} is of a type that this database lacks: {column.type}"
                )
            quoted = await connection.fetchval(sql.QUOTED, [column.name])
            await connection.execute(f"ALTER TABLE {name} ADD COLUMN {quoted} {column.type}")
    # Triggers compute anew what the rows say already.
    await connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    with backup.open(table) as rows:
        columns = [each.name for each in table.columns]
        await connection.copy_to_table(table.name, schema_name="public", source=rows, columns=columns)
    await connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    for (statement,) in await connection.fetch(sql.SEQUENCES, table.name):
        await connection.execute(statement)


async def _verify(connection: asyncpg.Connection, tables: Sequence[Table], done: Restored) -> None:
    """Read everything back; raise DiffersError, before anything is committed, where it is not what was written."""
    for table in tables:
        digest = Digest()
        rows = await copy_rows(connection, table, digest)
        if (rows, digest.sha256) != (table.rows, table.sha256):
            raise DiffersError(f"{table.name}: {rows} rows came back, {table.rows} are in the backup, or they differ")
        done.compared.append(table.name)


async def _verify_answers(connection: asyncpg.Connection, backup: Backup, done: Restored) -> None:
    """Compare what the query API answers now with what it answered when the backup was made."""
    expected = backup.manifest.answers
    if expected is None:
        done.answers_not_compared = "they could not be computed when the backup was made"
        return
    if expected.code != code():
        done.answers_not_compared = "the backup was made by another release, whose answers have another form"
        return
    found = await answers_from(connection, backup.manifest.made_at)
    done.compared += found.sha256
    paths = sorted(expected.sha256.keys() | found.sha256.keys())
    done.differences += [path for path in paths if expected.sha256.get(path) != found.sha256.get(path)]


def _qualified(name: str) -> str:
    return f"public.{name}"
