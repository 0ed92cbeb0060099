"""What a URL's parameters do to real connections: sockets, sessions, hosts that do not answer."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from common.database.connect import Connector
from common.database.url import parse

from tests.support.relay import Relay
from tests.support.standby import socket_folder


@pytest.fixture
async def relayed(database_url: str) -> AsyncIterator[str]:
    """Lend a URL that leads to a database by TCP."""
    async with Relay(socket_folder(database_url) / ".s.PGSQL.5432") as relay:
        await relay.let_through()
        yield f"postgresql://arcwatch@127.0.0.1:{relay.port}/{parse(database_url).database}"


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """Lend the address of a host that takes connections, and says nothing."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for writer in held:
            writer.close()


async def connected(url: str) -> asyncpg.Connection:
    return await Connector(parse(url), command_seconds=10)()


def option(connection: asyncpg.Connection, level: int, name: int) -> int:
    transport = connection._transport  # type: ignore[attr-defined] # what the stubs leave out
    return int(transport.get_extra_info("socket").getsockopt(level, name))


async def test_keepalives_reach_the_socket(relayed: str) -> None:
    asked = "keepalives_idle=7&keepalives_interval=3&keepalives_count=2&tcp_user_timeout=9000"
    for query, wanted in ((asked, (7, 3, 2, 9000)), ("", (10, 5, 4, 0))):
        connection = await connected(f"{relayed}?{query}")
        names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert option(connection, socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert tuple(option(connection, socket.IPPROTO_TCP, name) for name in names) == wanted
        await connection.close()
    connection = await connected(f"{relayed}?keepalives=0")
    assert option(connection, socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    await connection.close()


async def test_settings_reach_the_session(relayed: str) -> None:
    connection = await connected(f"{relayed}?application_name=mine&options=-c%20geqo%3Doff&work_mem=5MB&schema=public")
    shown = [await connection.fetchval(f"SHOW {name}") for name in ("application_name", "geqo", "work_mem")]
    await connection.close()
    assert shown == ["mine", "off", "5MB"]


async def test_a_setting_that_the_server_does_not_know_is_named_by_it(relayed: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match='unrecognized configuration parameter "no_such"'):
        await connected(f"{relayed}?no_such=1")


@pytest.mark.neighbour(
    "PostgreSQL",
    "of several hosts in the URL the first swallows what is sent to it",
    "it costs connect_timeout, or its share of what a read may take; then the next one is asked",
)
async def test_a_silent_host_does_not_keep_us_from_the_next_one(relayed: str, silent: str) -> None:
    both = relayed.replace("@", f"@{silent},")
    began = time.monotonic()
    connection = await connected(f"{both}?connect_timeout=1")
    assert 0.9 < time.monotonic() - began < 8
    await connection.close()
    began = time.monotonic()
    connection = await Connector(parse(both), command_seconds=10, seconds=2.0)()
    assert 0.9 < time.monotonic() - began < 8
    await connection.close()


async def test_a_refused_user_is_not_tried_at_the_next_host(relayed: str) -> None:
    twice = relayed.replace("arcwatch@", "nobody_such@").replace("127.0.0.1", "localhost")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await connected(twice)


async def test_a_folder_of_a_socket_is_a_host(database_url: str) -> None:
    folder, name = socket_folder(database_url), parse(database_url).database
    quoted = str(folder).replace("/", "%2F")
    for url in (
        f"postgresql://arcwatch@{quoted}:5432/{name}",
        f"postgres:///{name}?host={folder}&user=arcwatch&port=5432",
    ):
        connection = await connected(f"{url}{'&' if '?' in url else '?'}sslmode=require")
        await connection.close()
