"""The servers on disks that are full: what they say, that nothing acknowledged is lost, and what brings them back.

Mounting takes root, so `make test-all` runs these.
"""

from collections.abc import Iterator
from typing import NoReturn

import asyncpg
import pytest
from arcwatch.embedded.nats_server import NatsServer
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.embedded.supervisor import RestartPolicy, Supervisor
from common.bus import bus, topology
from common.events import ModelDiscovered
from common.process.outage import BusFullError, has_no_room
from nats.aio.client import Client

from tests.support.eventually import eventually
from tests.support.small_disk import MEBIBYTE, SmallDisk, small_disk
from tests.support.submissions import V2

pytestmark = pytest.mark.debian

SMALL = {"shared_buffers": "16MB", "min_wal_size": "32MB", "max_wal_size": "512MB"}
INSERT = """
INSERT INTO words SELECT string_agg(md5(random()::text), '')
FROM generate_series(1, 300), generate_series(1, 100) AS row GROUP BY row
"""


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(160 * MEBIBYTE) as disk:
        yield disk


async def publish_until_it_fails(client: Client) -> int:
    """Return how many events were acknowledged."""
    for count in range(1_000):
        event = ModelDiscovered(dataset=V2, model=f"m{count}", requested_by="x" * 2_000)
        try:
            await bus.publish(client, event, "test", timeout_seconds=2)
        except BusFullError as error:
            assert "NATS answers, and stores nothing on ARCWATCH" in str(error)  # noqa: PT017 - after many that pass
            return count
    raise AssertionError("the disk is never full")


async def insert_for_ever(connection: asyncpg.Connection, committed: list[str]) -> NoReturn:
    while True:
        committed.append(await connection.execute(INSERT))


@pytest.mark.neighbour(
    "NATS",
    "its disk full, then with room again",
    "it is told from an outage; the embedded one is restarted once there is room; what was stored is there",
)
async def test_nats_stores_nothing_until_it_is_restarted(disk: SmallDisk) -> None:
    server = NatsServer(disk.path / "nats")
    await server.start()
    async with bus.connect(server.url(), "test") as client:
        js = client.jetstream()
        await topology.apply(js)
        disk.fill(leave=60_000)
        acknowledged = await publish_until_it_fails(client)
        assert acknowledged > 0
        assert not await server.end_if_stuck(), "there is no room yet"
        disk.make_room()
        with pytest.raises(BusFullError):
            await bus.publish(client, ModelDiscovered(dataset=V2, model="again"), "test", timeout_seconds=2)
        assert await server.end_if_stuck()
        await server.start()
        await eventually(lambda: client.is_connected, 30)
        await bus.publish(client, ModelDiscovered(dataset=V2, model="again"), "test")
        assert (await js.stream_info(topology.STREAM)).state.messages == acknowledged + 1
        assert not await server.end_if_stuck(), "it stores again"
    await server.stop()


@pytest.mark.neighbour(
    "PostgreSQL",
    "no room for rows, then for its log, then room again",
    "a full disk is told from a lost connection; the embedded one is started again until there is room; no row is lost",
)
async def test_postgres_refuses_rows_then_crashes_and_comes_back(disk: SmallDisk) -> None:
    said: list[str] = []
    supervisor = Supervisor(said.append, RestartPolicy(0.1, 0.2, quick_deaths=2))
    server = PostgresServer(disk.path / "pg", SMALL)
    supervisor.watch(server, await server.start())
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE TABLE words (text text)")
    disk.fill(leave=MEBIBYTE)
    with pytest.raises(asyncpg.DiskFullError) as refused:
        await connection.execute(INSERT)
    assert has_no_room(refused.value)
    disk.make_room()
    disk.fill(leave=18 * MEBIBYTE)
    committed: list[str] = []
    with pytest.raises(asyncpg.PostgresConnectionError) as crashed:
        await insert_for_ever(connection, committed)
    assert has_no_room(crashed.value), "its last words say why"
    await eventually(lambda: sum("starting it again" in line for line in said) > 4, 60)
    assert not supervisor.failed.done()
    disk.make_room()
    await eventually(lambda: "postgresql is back" in said, 60)
    connection = await asyncpg.connect(server.url())
    assert await connection.fetchval("SELECT count(*) FROM words") == 100 * len(committed)
    await connection.execute(INSERT)
    await connection.close()
    await supervisor.stop()
