"""PostgreSQL dies in the middle of everything: each service says so once, without a traceback, and goes on later."""

import asyncio
import contextlib
import json
import os
import select
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.postgres import PostgresServer
from arcwatch.errors import explained
from common.bus import bus, topology
from common.database.schema import migrate
from common.outcomes import Retry, consequence
from common.process.outage import DATABASE_ERRORS, FAILURES, reason_of

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.postgres import FAST
from tests.support.service_process import MODULES, ServiceProcess, service_process
from tests.support.submissions import V2, solved, submission, tasks

# Warnings of a service in one outage: that it began, and the sync that it interrupted. Of a connection that broke
# within a transaction asyncpg says itself, once, that it resets it.
MOST_LINES = 3


async def test_an_idle_connection_that_postgresql_has_just_ended_is_a_lost_connection(database_url: str) -> None:
    """Its last word is read, and its end not yet: asyncpg calls that "another operation (2) is in progress"."""
    connection, other = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    try:
        transport: asyncio.Transport = connection._transport  # type: ignore[attr-defined] # what the stubs leave out
        transport.pause_reading()
        await other.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        # The loop stands still until the word is there; the next turn but one would read the end, too.
        select.select([transport.get_extra_info("socket")], [], [], 30)
        transport.resume_reading()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(asyncpg.InternalClientError, match="another operation") as met:
            await connection.fetchval("SELECT 1")
    finally:
        await other.close()
    assert isinstance(met.value, DATABASE_ERRORS)
    assert isinstance(met.value, FAILURES)
    found = consequence(met.value, 1)
    assert isinstance(found, Retry)
    assert (found.kind, found.unexpected) == ("connection_lost", False)
    assert found.reason == reason_of(met.value) == "the connection to PostgreSQL was lost"
    assert explained(met.value) is not None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PostgresServer]:
    """Lend a PostgreSQL of the test's own, migrated."""
    server = PostgresServer(tmp_path / "pg", FAST)
    await server.start()
    await migrate(server.url())
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def services(folder: Path, **environment: str) -> AsyncIterator[dict[str, ServiceProcess]]:
    """Yield every service, two ingesters among them, once all can work."""
    async with contextlib.AsyncExitStack() as stack:
        running = {}
        for name in ("watcher", "query-api", "ingester", "ingester-2"):
            module = MODULES[name.removesuffix("-2")]
            running[name] = await stack.enter_async_context(
                service_process(module, folder / f"{name}.log", **environment)
            )
        for each in running.values():
            await eventually(each.ready, 60)
        yield running


@pytest.mark.neighbour(
    "PostgreSQL",
    "killed (SIGKILL) in the middle of ingestions, and started again",
    "each service says so once, without a traceback, and goes on",
)
async def test_a_killed_postgresql_is_told_of_once_by_each_service_and_without_a_traceback(
    hub: TestHub, server: PostgresServer, nats_url: str, tmp_path: Path
) -> None:
    async with bus.connect(nats_url, "test") as client:
        await topology.apply(client.jetstream())
    hub.latency = 0.02
    for number in range(30):
        hub.commit(V2, submission(f"m{number}", {task: solved(task) for task in tasks()[:30]}))
    environment = {"HF_ENDPOINT": hub.url, "HF_DATASETS": V2, "DATABASE_URL": server.url(), "NATS_URL": nats_url}
    async with services(tmp_path, **environment, LOG_FORMAT="json") as running, aiohttp.ClientSession() as http:
        ingesters = (running["ingester"], running["ingester-2"])
        await eventually(lambda: all(each.says("ingestion.ended") for each in ingesters), 60)
        assert server.child is not None
        assert server.child.pid is not None
        os.kill(server.child.pid, signal.SIGKILL)
        api = f"http://127.0.0.1:{running['query-api'].port}"
        await eventually(lambda: asked_in_vain(http, f"{api}/api/admin/ingestion-history"), 60)
        for _ in range(20):
            assert await asked_in_vain(http, f"{api}/api/admin/ingestion-history")
        began = {name: "database.lost" if name == "query-api" else "outage.began" for name in running}
        await eventually(lambda: all(each.says(began[name]) for name, each in running.items()), 60)
        await server.stop()
        await server.start()
        ended = {name: "database.back" if name == "query-api" else "outage.ended" for name in running}
        await eventually(lambda: all(each.says(ended[name]) for name, each in running.items()), 120)
    for name, each in running.items():
        assert "Traceback" not in each.log.read_text(), each.log.read_text()
        lines = [json.loads(line) for line in each.log.read_text().splitlines()]
        logged = [line for line in lines if line["level"] in {"warning", "error"}]
        # Each event that was met has its own line, which says what becomes of it.
        assert {line["kind"] for line in logged if line["message"] == "delivery.retry"} <= {"connection_lost"}, logged
        assert len([line for line in logged if line["message"] != "delivery.retry"]) <= MOST_LINES, logged
        for words in (began[name], ended[name]):
            assert len([line for line in lines if about_the_database(line, words)]) == 1, lines


def about_the_database(line: dict[str, str], words: str) -> bool:
    return line["message"] == words and line.get("what", "database") == "database"


async def asked_in_vain(http: aiohttp.ClientSession, url: str) -> bool:
    """Tell whether a route that needs the database says that it is away."""
    async with http.get(url) as answer:
        return answer.status == 503
