"""PostgreSQL moves: a primary is demoted or stopped, its standby promoted. What was connected finds the new one."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.pool import PoolOptions, open_pool, takes_writes
from common.database.schema import migrate
from common.events import SyncRequested
from query_api.store.exports import database_snapshot, export_connector

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.postgres import FAST
from tests.support.relay import Relay
from tests.support.service_process import MODULES, service_process
from tests.support.standby import asked, caught_up, promote, socket_of, standby_of, url_of_both
from tests.support.submissions import V2, solved, submission, tasks

WRITE = "INSERT INTO sync_runs (trigger, status, started_at) VALUES ('manual', 'completed', now())"
COUNT = "SELECT count(*) FROM sync_runs"


@dataclass
class Pair:
    """Two servers of one cluster."""

    primary: PostgresServer
    standby: PostgresServer

    async def fail_over(self) -> None:
        """Promote the standby, once it has all."""
        await eventually(lambda: caught_up(self.primary, self.standby), 60)
        await promote(self.standby)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Lend a migrated primary and its standby."""
    async with contextlib.AsyncExitStack() as stack:
        # Not pytest's folder: another run closes it to other users than root, such as PostgreSQL's.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arcwatch-pair-")))
        primary = PostgresServer(folder / "a", FAST)
        await primary.start()
        stack.push_async_callback(primary.stop)
        await migrate(primary.url())
        standby = await standby_of(primary, folder / "b")
        stack.push_async_callback(standby.stop)
        yield Pair(primary, standby)


async def write(pool: asyncpg.Pool) -> bool:
    """Tell whether a write works."""
    try:
        await pool.execute(WRITE)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    return True


@pytest.mark.neighbour(
    "PostgreSQL",
    "the primary is made read-only under open connections, and its name leads to the promoted standby",
    "the first write that is refused throws every connection away, and the next one works",
)
async def test_the_first_refused_write_throws_the_connections_away(pair: Pair) -> None:
    async with Relay(socket_of(pair.primary) / ".s.PGSQL.5432") as relay:
        await relay.let_through()
        url = f"postgresql://arcwatch@127.0.0.1:{relay.port}/arcwatch?sslmode=disable"
        async with open_pool(url, PoolOptions(max_size=3)) as pool:
            async with pool.acquire() as one, pool.acquire() as two, pool.acquire() as three:
                for each in (one, two, three):
                    await each.execute(WRITE)  # and so each has the statement prepared
            assert await takes_writes(pool) is None
            await pair.fail_over()
            relay.lead_to(socket_of(pair.standby) / ".s.PGSQL.5432")
            for statement in ("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"):
                await asked(pair.primary, statement)
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await eventually(lambda: not_yet_demoted(pool), 30)
            for _ in range(3):
                await pool.execute(WRITE)
            assert await takes_writes(pool) is None
    assert int(str(await asked_arcwatch(pair.standby, COUNT))) >= 6


async def not_yet_demoted(pool: asyncpg.Pool) -> None:
    """Write until that is refused: the server reads its new settings a moment later."""
    await pool.execute(WRITE)


@pytest.mark.neighbour(
    "PostgreSQL",
    "a name leads to a standby, and later to the primary",
    "readiness of what writes is red until then, and no connection stays with the standby",
)
async def test_readiness_notices_a_standby_and_leaves_it(pair: Pair) -> None:
    async with Relay(socket_of(pair.standby) / ".s.PGSQL.5432") as relay:
        await relay.let_through()
        url = f"postgresql://arcwatch@127.0.0.1:{relay.port}/arcwatch?sslmode=disable"
        async with open_pool(url) as pool:
            assert await takes_writes(pool) == "the database takes no writes: it is a standby, or was demoted"
            relay.lead_to(socket_of(pair.primary) / ".s.PGSQL.5432")
            assert await takes_writes(pool) is None
            await pool.execute(WRITE)


@pytest.mark.neighbour(
    "PostgreSQL",
    "several hosts in the URL, the primary last, with and without target_session_attrs=read-write",
    "what writes takes the one that can be written",
)
@pytest.mark.parametrize("query", ["", "&target_session_attrs=read-write", "&target_session_attrs=primary"])
async def test_of_several_hosts_a_writer_takes_the_primary(pair: Pair, query: str) -> None:
    url = url_of_both(pair.standby, pair.primary, query)
    assert await migrate(url) == []
    async with open_pool(url) as pool:
        await pool.execute(WRITE)
        assert await takes_writes(pool) is None


@pytest.mark.parametrize(
    ("query", "is_standby"),
    [("", True), ("&target_session_attrs=prefer-standby", True), ("&target_session_attrs=read-write", False)],
)
async def test_of_several_hosts_a_reader_takes_what_is_asked_for(pair: Pair, query: str, *, is_standby: bool) -> None:
    url = url_of_both(pair.standby, pair.primary, query)
    async with open_pool(url, PoolOptions(writes=False)) as pool:
        assert await pool.fetchval("SELECT pg_is_in_recovery()") is is_standby
    async with database_snapshot(export_connector(url)) as snapshot:
        assert await snapshot.connection.fetchval("SELECT pg_is_in_recovery()") is is_standby
        assert await snapshot.versions(None, None) == []
        parts = [rows async for rows in snapshot.rows("SELECT generate_series(1, $1::int)", 3, at_once=2)]
        assert [[number for (number,) in rows] for rows in parts] == [[1, 2], [3]]


@pytest.mark.neighbour(
    "PostgreSQL",
    "several hosts in the URL: the primary stops, its standby is promoted",
    "every service goes on with the new primary, and the next model is ingested there, once",
)
async def test_services_go_to_the_new_primary(hub: TestHub, pair: Pair, nats_url: str, tmp_path: Path) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    hub.commit(V2, submission("before", {task: solved(task) for task in tasks()[:4]}))
    environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "NATS_URL": nats_url}
    environment["DATABASE_URL"] = url_of_both(pair.primary, pair.standby)
    async with contextlib.AsyncExitStack() as stack:
        running = {
            name: await stack.enter_async_context(service_process(module, tmp_path / f"{name}.log", **environment))
            for name, module in MODULES.items()
        }
        for each in running.values():
            await eventually(each.ready, 60)
        await eventually(lambda: has_landed(pair.primary, "before"), 60)
        await eventually(lambda: caught_up(pair.primary, pair.standby), 60)
        await pair.primary.stop()
        assert await eventually(lambda: is_red(running["ingester"].ready), 60)
        await promote(pair.standby)
        for each in running.values():
            await eventually(each.ready, 60)
        hub.commit(V2, submission("after", {task: solved(task) for task in tasks()[:4]}))
        async with bus.connect(nats_url, "test") as client:
            await bus.publish(client, SyncRequested(), "test")
        await eventually(lambda: has_landed(pair.standby, "after"), 90)
        for each in running.values():
            assert "Traceback" not in each.log.read_text()


async def is_red(ready: Callable[[], Awaitable[bool]]) -> bool:
    return not await ready()


async def has_landed(server: PostgresServer, model: str) -> bool:
    found = await asked_arcwatch(server, f"SELECT count(*) FROM submission_versions WHERE model = '{model}'")
    return found == 1


async def asked_arcwatch(server: PostgresServer, statement: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
