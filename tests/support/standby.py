"""A streaming standby of a PostgreSQL: made by pg_basebackup, promoted when a test says so."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
from arcwatch.embedded import os_user
from arcwatch.embedded.postgres import SUPERUSER, PostgresServer, bin_dir

from tests.support.postgres import FAST


def socket_of(server: PostgresServer) -> Path:
    """Return the folder of a server's socket."""
    return socket_folder(server.url())


def socket_folder(url: str) -> Path:
    """Return the folder of the socket that a URL leads to."""
    (folder,) = parse_qs(urlsplit(url).query)["host"]
    return Path(folder)


def url_of_both(first: PostgresServer, second: PostgresServer, query: str = "") -> str:
    """Return a URL that names both servers, in this order."""
    return f"postgresql://arcwatch@/arcwatch?host={socket_of(first)},{socket_of(second)}&port=5432{query}"


async def standby_of(primary: PostgresServer, home: Path) -> PostgresServer:
    """Copy a server, and start the copy, which follows it."""
    argv = (
        *(str(bin_dir() / "pg_basebackup"), "--pgdata", str(home / "data"), "--host", str(socket_of(primary))),
        *("--port", "5432", "--username", SUPERUSER, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"),
    )
    copying = await asyncio.create_subprocess_exec(*argv)
    assert await copying.wait() == 0
    await asyncio.to_thread(_give_to_postgresql, home)
    standby = PostgresServer(home, FAST)
    await standby.start()
    return standby


def _give_to_postgresql(home: Path) -> None:
    for each in (home, *home.rglob("*")):
        os_user.give(os_user.private_user(), each)


async def caught_up(primary: PostgresServer, standby: PostgresServer) -> bool:
    """Tell whether the standby has all that the primary has."""
    newest = await asked(primary, "SELECT pg_current_wal_insert_lsn()::text")
    return bool(await asked(standby, f"SELECT pg_last_wal_replay_lsn() >= '{newest}'::pg_lsn"))


async def promote(standby: PostgresServer) -> None:
    """Make the standby the primary."""
    assert await asked(standby, "SELECT pg_promote()")


async def asked(server: PostgresServer, statement: str) -> object:
    """Return what a statement of the superuser says."""
    connection = await asyncpg.connect(server.url(user=SUPERUSER))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
