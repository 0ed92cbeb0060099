"""A real PgBouncer between services and PostgreSQL: what cannot work behind it says so at its start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.postgres import PostgresServer
from common.bus import bus, topology
from common.database.pool import PoolOptions, open_pool
from common.database.schema import migrate
from common.outcomes import StartupError
from common.process.service import cancel_all
from common.process.settings import EX_CONFIG

from tests.support.cli import arcwatch
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.pgbouncer import pgbouncer
from tests.support.service_process import MODULES, service_process
from tests.support.submissions import V2, solved, submission, tasks

pytestmark = pytest.mark.debian

REFUSED = "is behind a pooler in transaction mode: locks and prepared statements need a session of their own"
READS = 40


@pytest.fixture
async def environment(hub: TestHub, nats_url: str) -> dict[str, str]:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    return {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "NATS_URL": nats_url}


@pytest.fixture(params=[0, 1], ids=["last in, first out", "round robin"])
async def transactions(request: pytest.FixtureRequest, server: PostgresServer) -> AsyncIterator[str]:
    """Lend the URL of one in transaction mode, by which session it gives next."""
    async with pgbouncer(server, "transaction", server_round_robin=request.param) as url:
        yield url


@pytest.mark.neighbour(
    "PgBouncer",
    "in transaction mode, in front of ingesters, watcher and migrations",
    "recognised at the start: one line with the reason, status 78",
)
async def test_what_takes_locks_refuses_sessions_that_are_shared(
    environment: dict[str, str], transactions: str, tmp_path: Path
) -> None:
    for attempt in (open_pool(transactions).__aenter__(), migrate(transactions)):
        with pytest.raises(StartupError, match=REFUSED):
            await attempt
    for module in ("watcher", "ingester", "common.provision"):
        log = tmp_path / module
        async with service_process(module, log, DATABASE_URL=transactions, **environment) as service:
            assert await asyncio.wait_for(service.process.wait(), 120) == EX_CONFIG
        assert REFUSED in log.read_text().splitlines()[-1]


async def test_shared_sessions_are_recognised_while_others_use_them(server: PostgresServer) -> None:
    async with pgbouncer(server, "transaction", default_pool_size=5) as url:
        others = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(8)]

        async def busy(each: asyncpg.Connection) -> None:
            while True:
                await each.fetchval("SELECT pg_sleep(0.002)")

        working = [asyncio.create_task(busy(each)) for each in others]
        try:
            for _ in range(5):
                with pytest.raises(StartupError, match=REFUSED):
                    await open_pool(url).__aenter__()
        finally:
            await cancel_all(working)
            for each in others:
                each.terminate()


@pytest.mark.neighbour(
    "PgBouncer",
    "in transaction mode, in front of the query API",
    "it serves every page and export, and a backup can be made: no prepared statement is kept, no session is reset",
)
async def test_the_query_api_works_behind_shared_sessions(
    hub: TestHub, environment: dict[str, str], server: PostgresServer, transactions: str, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        hub.commit(V2, submission(name, {task: solved(task) for task in tasks()[:4]}))
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as http:
        for name in ("watcher", "ingester"):
            log = tmp_path / f"{name}.log"
            await stack.enter_async_context(service_process(name, log, DATABASE_URL=server.url(), **environment))
        log = tmp_path / "api.log"
        api = await stack.enter_async_context(
            service_process("query_api", log, DATABASE_URL=transactions, **environment)
        )
        await eventually(api.ready, 60)
        base = f"http://127.0.0.1:{api.port}/api"
        await eventually(lambda: has_models(http, base, 2), 60)
        paths = (
            f"models/{V2}/a",
            f"models/{V2}/b",
            "admin/ingestion-history",
            "models",
            f"models/{V2}/a/tasks/{tasks()[0].id}",
        )
        for _ in range(READS // len(paths)):
            answers = await asyncio.gather(*(status_of(http, f"{base}/{path}") for path in paths))
            assert answers == [200] * len(paths), log.read_text()
        async with http.get(f"http://127.0.0.1:{api.port}/export/attempts.jsonl") as answer:
            assert len((await answer.text()).splitlines()) == 2 * 2 * 4
        backup = str(tmp_path / "backup")
        made = await arcwatch("backup", backup, "--database-url", transactions)
        assert made.status == 0, made.err
        refused = await arcwatch("restore", backup, "--database-url", transactions)
        assert REFUSED in refused.err[-1]
        assert "Traceback" not in log.read_text()


@pytest.mark.neighbour("PgBouncer", "in session mode, in front of every service", "all works")
async def test_every_service_works_behind_sessions_of_their_own(
    hub: TestHub, environment: dict[str, str], server: PostgresServer, tmp_path: Path
) -> None:
    async with pgbouncer(server, "session", default_pool_size=40) as url, AsyncExitStack() as stack:
        assert await migrate(url) == []
        hub.commit(V2, submission("a", {task: solved(task) for task in tasks()[:4]}))
        running = [
            await stack.enter_async_context(
                service_process(module, tmp_path / f"{name}.log", DATABASE_URL=url, **environment)
            )
            for name, module in MODULES.items()
        ]
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for each in running:
            await eventually(each.ready, 60)
        port = next(each.port for each in running if "query-api" in each.log.name)
        await eventually(lambda: has_models(http, f"http://127.0.0.1:{port}/api", 1), 60)
        assert await status_of(http, f"http://127.0.0.1:{port}/api/models/{V2}/a") == 200
        for each in running:
            assert "Traceback" not in each.log.read_text()


@pytest.mark.neighbour(
    "PgBouncer", "started before its PostgreSQL", "the service waits as for PostgreSQL, and goes on when it is there"
)
async def test_a_pooler_whose_server_is_away_is_waited_for(server: PostgresServer) -> None:
    async with pgbouncer(server, "session", default_pool_size=20) as url:
        await server.stop()
        heard: list[str] = []
        opening = asyncio.create_task(migrate(url, on_wait=lambda **what: heard.append(what["reason"])))
        await eventually(lambda: heard, 30)
        await server.start()
        assert await asyncio.wait_for(opening, 60) == []


async def test_a_parameter_that_the_pooler_does_not_know_is_named(server: PostgresServer) -> None:
    async with pgbouncer(server, "session") as url:
        with pytest.raises(StartupError, match="unsupported startup parameter: geqo"):
            await open_pool(f"{url}?geqo=off", PoolOptions(max_size=1)).__aenter__()


async def has_models(http: aiohttp.ClientSession, base: str, count: int) -> bool:
    async with http.get(f"{base}/models") as answer:
        return bool((await answer.json())["total"] == count)


async def status_of(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url) as answer:
        await answer.read()
        return answer.status
