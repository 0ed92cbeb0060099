"""Takes a backup: all tables of ours as they are at one moment, while everything goes on."""

import contextlib
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import asyncpg
from common import roles
from common.database.connect import CLOSE_SECONDS, Connector
from common.database.schema import applied_migrations, pending_migrations
from common.database.waiting import log_wait, parsed, with_retries
from common.process.outage import reason_of

from arcwatch.errors import DeploymentError
from arcwatch.recovery import statements as sql
from arcwatch.recovery.answers import answers_from
from arcwatch.recovery.archive import Answers, Column, Digest, Manifest, Table, add_manifest, written

# Files that an unfinished run has fetched: it fetches them again.
_LEFT_OUT: Final = frozenset({"staged_rows"})
_MIGRATIONS_OF_OURS: Final = frozenset({"_pogo_migration", "_pogo_version"})

OnTable = Callable[[str], object]


def connector(url: str, *, writes: bool) -> Connector:
    """Return what connects for a backup or a restoration: no bound on how long rows take."""
    # A restoration looks for others by that name. Behind a pooler, statements that others prepared have our names.
    settings = {"application_name": "restoration"} if writes else {}
    return Connector(parsed(url), settings, writes=writes, statement_cache_size=0)


@contextlib.asynccontextmanager
async def connected(connect: Connector) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection; raise StartupError where none can be had."""
    connection = await with_retries(connect, connect.url.where, 0, log_wait)
    try:
        yield connection
    finally:
        await connection.close(timeout=CLOSE_SECONDS)


async def begin(connection: asyncpg.Connection) -> None:
    """Settle in a transaction how rows are written, and that nothing of the role's or the database's ends it."""
    await connection.execute(sql.SET, [*sql.SETTINGS], [*sql.SETTINGS.values()])


async def back_up(url: str, target: Path, on_table: OnTable) -> Manifest:
    """Write a backup of a database to a file; on any failure the file is as it was."""
    async with (
        connected(connector(url, writes=False)) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await begin(connection)
        if missing := await pending_migrations(connection):
            raise DeploymentError(f"the database lacks {', '.join(missing)}: run `arcwatch migrate` first")
        with written(target) as archive:
            manifest = await _copied(connection, archive, on_table)
            add_manifest(archive, manifest)
        return manifest


def tables() -> list[str]:
    """Return the tables that a backup holds, those first that others refer to."""
    return [name for name in roles.tables() if name not in _LEFT_OUT]


async def _copied(connection: asyncpg.Connection, archive: zipfile.ZipFile, on_table: OnTable) -> Manifest:
    ((made_at, server),) = await connection.fetch(sql.NOW)
    copied = []
    for name in tables():
        on_table(name)
        columns = tuple(Column(**row) for row in await connection.fetch(sql.COLUMNS, name))
        copied.append(await _table(connection, archive, name, columns))
    known = {*roles.tables(), *_MIGRATIONS_OF_OURS}
    return Manifest(
        made_at=made_at,
        arcwatch=version("arcwatch"),
        postgresql=server,
        migrations=tuple(sorted(await applied_migrations(connection))),
        tables=tuple(copied),
        left_out=tuple(row[0] for row in await connection.fetch(sql.TABLES) if row[0] not in known),
        answers=await _answers(connection, made_at, on_table),
    )


async def _answers(connection: asyncpg.Connection, at: datetime, on_table: OnTable) -> Answers | None:
    on_table("answers of the query API")
    try:
        return await answers_from(connection, at)
    except Exception as error:  # noqa: BLE001 - rows are what a backup is for, whatever the API makes of them
        on_table(f"they could not be computed, and are not in it: {reason_of(error)}")
        return None


async def _table(
    connection: asyncpg.Connection, archive: zipfile.ZipFile, name: str, columns: Sequence[Column]
) -> Table:
    empty = Table(name=name, columns=tuple(columns), rows=0, bytes=0, sha256="")
    with archive.open(empty.file, "w", force_zip64=True) as file:
        digest = Digest(file)
        rows = await copy_rows(connection, empty, digest)
    return empty.model_copy(update={"rows": rows, "bytes": digest.bytes, "sha256": digest.sha256})


async def copy_rows(connection: asyncpg.Connection, table: Table, target: Digest) -> int:
    """Write a table's rows as COPY does, in the order of their key; return how many they are."""
    names = await connection.fetchval(sql.QUOTED, [each.name for each in table.columns])
    statement = await connection.fetchval(sql.ROWS, table.name, names)
    status: str = await connection.copy_from_query(statement, output=target.take)
    return int(status.removeprefix("COPY "))
