"""While NATS or PostgreSQL is away the API goes on, says how old its answers are, and heals by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest
from arcwatch.embedded.nats_server import NatsServer
from common.events import ModelIngested
from common.process import ops
from nats.aio.client import Client
from query_api.app import POOL, run
from query_api.probes.readiness import LOADING, STOPPING
from query_api.settings import Settings
from query_api.view import projection
from query_api.view.stream import stream_reader

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.postgres import TestPostgres, database_away
from tests.support.writer import DATASET, Writer

PATH = "/api/metrics/latest-model"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice and heal within a fraction of a second."""
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(projection, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(projection, "IMPAIRED_INTERVAL_SECONDS", 0.3)


async def _age(api: Api) -> str | None:
    async with api.http.get(PATH) as answer:
        return answer.headers.get("Age")


async def _ready(api: Api) -> tuple[int, dict[str, bool]]:
    """Return the status of /readyz, and which of the checks in it are fine."""
    async with aiohttp.ClientSession() as http, http.get(f"{api.url}/readyz") as answer:
        checks = (await answer.json())["checks"]
        return answer.status, {name: reason == "ok" for name, reason in checks.items()}


ALL_WELL = {"view": True, "consumer": True, "database": True}


async def test_without_nats_answers_go_on_and_are_marked(start: Start, writer: Writer, nats_server: NatsServer) -> None:
    await writer.ingest("before")
    async with start() as api:
        assert await _age(api) is None
        await nats_server.stop()
        body = await api.until(PATH, lambda found: found["stale"])
        assert body["data"]["model"] == "before"
        assert await _age(api) is not None
        # Every replica has lost it: whoever takes them out of service leaves people without any answer.
        assert await _ready(api) == (200, ALL_WELL | {"consumer": False})
        # The database is asked instead, so that even now nothing is missed.
        await writer.ingest("meanwhile")
        await api.until_latest("meanwhile")
        await nats_server.start()
        await api.until(PATH, lambda found: not found["stale"], timeout=20)
        assert await _ready(api) == (200, ALL_WELL)


async def test_events_missed_while_disconnected_arrive_afterwards(
    start: Start, writer: Writer, nats_server: NatsServer
) -> None:
    async with start(reconcile_interval_seconds=3600.0) as api:
        await nats_server.stop()
        await api.until(PATH, lambda found: found["stale"])
        event = await writer.ingest("one")
        await nats_server.start()
        await writer.publish(event)
        await api.until_latest("one")
        await api.until(PATH, lambda found: not found["stale"], timeout=20)


async def test_without_the_database_events_are_believed_until_it_is_back(
    start: Start, writer: Writer, postgres: TestPostgres, database_url: str
) -> None:
    event = await writer.ingest("one", score=0.25)
    async with start() as api:
        stats = (await api.get("/api/admin/quick-stats"))[1]
        began = stats["lastIngestion"]
        assert (stats["databaseConnected"], began is not None) == (True, True)
        made_up = ModelIngested.model_validate(event.model_dump() | {"model": "two", "run_id": event.run_id + 1})
        async with database_away(postgres, database_url):
            await writer.publish(made_up)
            found = await api.until(f"{PATH}?by=ingested", lambda body: body["stale"])
            shown = await api.until("/api/models", lambda body: body["total"] == 2)
            assert {row["model"] for row in shown["data"]} == {"one", "two"}
            assert found["asOf"] is not None
            for path in ("/api/admin/ingestion-history", "/api/admin/recent-activity"):
                status, body = await api.get(path)
                assert (status, body["title"]) == (503, "Not available now")
            stats = await api.until("/api/admin/quick-stats", lambda body: not body["databaseConnected"])
            assert (stats["totalModels"], stats["lastIngestion"]) == (2, began)
            score = await api.data("/api/accuracy/harness?baseModelName=one")
            assert (score["harnessScore"], score["puzzlesFullySolved"]) == (0.25, 30)
            assert await _ready(api) == (200, ALL_WELL | {"database": False})
        await api.until("/api/models", lambda body: not body["stale"] and body["total"] == 1)
        assert await _ready(api) == (200, ALL_WELL)


async def test_an_outage_shows_though_nothing_asks_the_database(
    start: Start, writer: Writer, postgres: TestPostgres, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projection, "WATCH_SECONDS", 0.2)
    # Nor does the stream lead to a look at the database.
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 30.0)
    await writer.ingest("before")
    async with start(reconcile_interval_seconds=3600.0) as api:
        await api.until(PATH, lambda body: not body["stale"])
        async with database_away(postgres, database_url):
            await api.until(PATH, lambda body: body["stale"], timeout=20)
        await api.until(PATH, lambda body: not body["stale"], timeout=20)


async def test_both_away_people_still_get_what_is_known(
    start: Start, writer: Writer, nats_server: NatsServer, postgres: TestPostgres, database_url: str
) -> None:
    await writer.ingest("before")
    async with start() as api, database_away(postgres, database_url):
        await nats_server.stop()
        body = await api.until(PATH, lambda found: found["stale"])
        assert body["data"]["model"] == "before"

        async def both_shown() -> bool:
            return await _ready(api) == (200, {"view": True, "consumer": False, "database": False})

        await eventually(both_shown, 20)


async def test_a_frozen_database_does_not_hold_up_the_probe(
    start: Start, monkeypatch: pytest.MonkeyPatch, pool: asyncpg.Pool
) -> None:
    monkeypatch.setattr(ops, "DEPENDENCY_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(ops, "CHECK_TIMEOUT_SECONDS", 0.1)
    async with start() as api, contextlib.AsyncExitStack() as held:
        for _ in range(POOL.max_size):
            await held.enter_async_context(api.services.pool.acquire())
        assert await _ready(api) == (200, ALL_WELL | {"database": False})


async def test_it_is_ready_from_the_load_of_the_view_to_the_stop(
    settings: Settings, bus: Client, pool: asyncpg.Pool
) -> None:
    ops_port, port, stopping = free_port(), free_port(), asyncio.Event()
    changed = settings.model_copy(update={"ops_port": ops_port, "port": port})
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:

        async def probed(status: int, view: str) -> bool:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with http.get(f"http://127.0.0.1:{ops_port}/readyz") as answer:
                    return (answer.status, (await answer.json())["checks"]["view"]) == (status, view)
            return False

        async def held_up() -> int:
            async with http.get(f"http://127.0.0.1:{port}/api/models/{DATASET}/c") as answer:
                return answer.status

        async with locked(pool):
            running = tasks.create_task(run(changed, stopping))
            await eventually(lambda: probed(503, LOADING), 30, what="alive, and not ready")
        await eventually(lambda: probed(200, "ok"), 30, what="ready")
        async with locked(pool):
            asking = tasks.create_task(held_up())
            await eventually(lambda: waits_for_the_lock(pool), 30)
            stopping.set()
            await eventually(lambda: probed(503, STOPPING), 30, what="not ready while it stops")
        assert await asking == 404
        await running


@contextlib.asynccontextmanager
async def locked(pool: asyncpg.Pool) -> AsyncIterator[None]:
    """Let no role read the submissions."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE submission_versions IN ACCESS EXCLUSIVE MODE")
        yield


async def waits_for_the_lock(pool: asyncpg.Pool) -> bool:
    """Tell whether a request of this database waits."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(await pool.fetchval(query))


async def test_liveness_touches_nothing(start: Start, nats_server: NatsServer) -> None:
    async with start() as api:
        await nats_server.stop()
        assert (await api.get("/healthz"))[0] == 200
