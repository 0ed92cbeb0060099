"""A PostgreSQL that hangs, all its processes stopped: nothing waits for it for long, and all goes on where it was."""

import asyncio
import contextlib
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.pool import PoolOptions, open_pool

from tests.support.eventually import eventually
from tests.support.frozen import frozen
from tests.support.hub import TestHub
from tests.support.service_process import MODULES, ServiceProcess, service_process
from tests.support.submissions import V2, solved, submission, tasks

# What the bounds promise; nothing is asked of a machine that the tests keep busy but that it keeps them.
REFUSED_SECONDS = 6.0
STALE_SECONDS = 15.0
MODELS = 8
READERS = 20


async def refused(http: aiohttp.ClientSession, url: str) -> tuple[int, str | None, float]:
    """Return the status of an answer, its Retry-After, and how long it took."""
    began = time.monotonic()
    async with http.get(url) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Retry-After"), time.monotonic() - began


async def turns_red(service: ServiceProcess) -> float:
    """Return how long a service goes on saying that it is ready."""
    began = time.monotonic()
    await eventually(lambda: is_red(service), 30)
    return time.monotonic() - began


async def is_red(service: ServiceProcess) -> bool:
    return not await service.ready()


async def is_stale(http: aiohttp.ClientSession, api: str) -> bool:
    async with http.get(f"{api}/api/models") as answer:
        return bool((await answer.json())["stale"])


@pytest.mark.neighbour(
    "PostgreSQL",
    "hangs (SIGSTOP of every process) in the middle of ingestions, and goes on",
    "reads answer 503 with Retry-After and `/readyz` of watcher and ingester is red within 6 s, answers from memory "
    "are `stale` within 15 s; then each model is ingested, once",
)
async def test_a_database_that_hangs_is_noticed_and_gone_on_with(
    hub: TestHub, server: PostgresServer, nats_url: str, tmp_path: Path
) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    hub.latency = 0.05
    for number in range(MODELS):
        hub.commit(V2, submission(f"m{number}", {task: solved(task) for task in tasks()[:30]}))
    environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": server.url(), "NATS_URL": nats_url}
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as http:
        running = {
            name: await stack.enter_async_context(service_process(module, tmp_path / f"{name}.log", **environment))
            for name, module in MODULES.items()
        }
        for each in running.values():
            await eventually(each.ready, 60)
        await eventually(lambda: running["ingester"].says("ingestion.ended"), 60)
        api = f"http://127.0.0.1:{running['query-api'].port}"
        await eventually(lambda: asked(http, f"{api}/api/models/{V2}/m0"), 60)
        assert not await is_stale(http, api)
        assert server.child is not None
        with frozen(server.child.pid):
            began = time.monotonic()
            urls = [f"{api}/api/admin/ingestion-history", f"{api}/api/models/{V2}/m0"] * (READERS // 2)
            reads = asyncio.gather(*(refused(http, url) for url in urls))
            red = asyncio.gather(*(turns_red(running[name]) for name in ("watcher", "ingester")))
            for status, retry_after, seconds in await reads:
                assert (status, retry_after) == (503, "5")
                assert seconds < REFUSED_SECONDS
            assert max(await red) < REFUSED_SECONDS
            await eventually(lambda: is_stale(http, api), 30)
            assert time.monotonic() - began < STALE_SECONDS
            # It does not get worse: connections are opened anew, and hang as well.
            for _ in range(2):
                status, _, seconds = await refused(http, urls[0])
                assert status == 503
                assert seconds < REFUSED_SECONDS
        for each in running.values():
            await eventually(each.ready, 60)
        await eventually(lambda: all_ingested(server), 120)
        await eventually(lambda: is_fresh(http, api), 60)
        for each in running.values():
            assert "Traceback" not in each.log.read_text()
    await once_each(server)


async def asked(http: aiohttp.ClientSession, url: str) -> bool:
    async with http.get(url) as answer:
        return answer.status == 200


async def is_fresh(http: aiohttp.ClientSession, api: str) -> bool:
    return not await is_stale(http, api)


async def all_ingested(server: PostgresServer) -> bool:
    connection = await asyncpg.connect(server.url())
    try:
        return bool(await connection.fetchval("SELECT count(*) = $1 FROM submission_versions", MODELS))
    finally:
        await connection.close()


async def once_each(server: PostgresServer) -> None:
    """Check that no model was ingested twice, and that no run is left open."""
    connection = await asyncpg.connect(server.url())
    try:
        runs = await connection.fetch(
            "SELECT dataset_name, status, count(*) FROM ingestion_runs GROUP BY 1, 2 ORDER BY 1"
        )
    finally:
        await connection.close()
    assert [tuple(run) for run in runs] == [(f"m{number}", "completed", 1) for number in range(MODELS)]


async def test_a_read_transaction_is_not_waited_for_twice(server: PostgresServer) -> None:
    """Its rollback would wait for the server as long again."""
    assert server.child is not None
    pid = server.child.pid
    options = PoolOptions(max_size=2, writes=False, command_seconds=1.0)
    async with open_pool(server.url(), options) as pool:

        async def read() -> None:
            async with pool.acquire() as connection, connection.transaction():
                await connection.fetchval("SELECT 1")
                stopped.enter_context(frozen(pid))
                await connection.fetchval("SELECT 1")

        with contextlib.ExitStack() as stopped:
            began = time.monotonic()
            with pytest.raises((TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
                await read()
            assert time.monotonic() - began < 1.9
        assert await eventually(lambda: pool.fetchval("SELECT 1"), 30) == 1


async def test_a_pool_closes_and_lends_within_its_bounds_while_the_server_hangs(server: PostgresServer) -> None:
    assert server.child is not None
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(server.url(), PoolOptions(max_size=1, command_seconds=4.0)))
        with frozen(server.child.pid):
            began = time.monotonic()
            for _ in range(2):  # the second one has to connect
                with pytest.raises(TimeoutError):
                    await pool.fetchval("SELECT 1")
            assert time.monotonic() - began < 4.0 + 1.0 + 4.0 + 1.5
            began = time.monotonic()
            await stack.aclose()
            assert time.monotonic() - began < 11


@pytest.mark.neighbour(
    "PostgreSQL", "hangs while a service is stopped (SIGTERM)", "the service ends within 20 s, status 0"
)
async def test_services_stop_while_the_server_hangs(
    hub: TestHub, server: PostgresServer, nats_url: str, tmp_path: Path
) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": server.url(), "NATS_URL": nats_url}
    assert server.child is not None
    async with AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(service_process(module, tmp_path / f"{name}.log", **environment))
            for name, module in MODULES.items()
        ]
        for each in running:
            await eventually(each.ready, 60)
        with frozen(server.child.pid):
            for each in running:
                each.process.terminate()
            began = time.monotonic()
            statuses = await asyncio.gather(*(asyncio.wait_for(each.process.wait(), 60) for each in running))
            assert time.monotonic() - began < 20
        assert statuses == [0, 0, 0]
        for each in running:
            assert "Traceback" not in each.log.read_text()
