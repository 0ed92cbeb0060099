"""A real PgBouncer in front of a test's PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from arcwatch.embedded import os_user
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.embedded.processes import Child, Command

from tests.support.ports import free_port
from tests.support.standby import socket_of

_PROGRAM = "/usr/sbin/pgbouncer"


@contextlib.asynccontextmanager
async def pgbouncer(server: PostgresServer, pool_mode: str, **settings: object) -> AsyncIterator[str]:
    """Run it until the block ends; yield the URL that leads through it."""
    port, name = free_port(), f"pgbouncer-{pool_mode}"
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": pool_mode,
        "server_login_retry": 0.1,
        **settings,
    }
    databases = f"[databases]\n* = host={socket_of(server)} port=5432 user=arcwatch\n"
    # It is PostgreSQL's user who reads it: that folder is the user's.
    config = server.home / f"{name}.ini"
    config.write_text(f"{databases}[pgbouncer]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()))
    child = Child(Command(name, (_PROGRAM, str(config)), user=os_user.private_user()), server.home / f"{name}.log")
    await child.started(lambda: _listens(port), 30)
    try:
        yield f"postgresql://arcwatch@127.0.0.1:{port}/arcwatch"
    finally:
        await child.stop()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
