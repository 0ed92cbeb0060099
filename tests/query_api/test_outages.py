"""While NATS or PostgreSQL is away the API goes on, says how old its answers are, and heals by itself."""

import aiohttp
import pytest
from arcwatch.embedded_nats import NatsServer
from common.events import ModelIngested
from query_api import keeper, ordered

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.postgres import TestPostgres, database_away
from tests.support.writer import Writer

PATH = "/api/metrics/latest-model"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice and heal within a fraction of a second."""
    monkeypatch.setattr(ordered, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(keeper, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(keeper, "IMPAIRED_INTERVAL_SECONDS", 0.3)


async def _age(api: Api) -> str | None:
    async with api.http.get(PATH) as answer:
        return answer.headers.get("Age")


async def _ready(api: Api) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{api.url}/readyz") as answer:
        return answer.status


async def test_without_nats_answers_go_on_and_are_marked(start: Start, writer: Writer, nats_server: NatsServer) -> None:
    await writer.ingest("before")
    async with start() as api:
        assert await _age(api) is None
        await nats_server.stop()
        body = await api.until(PATH, lambda found: found["stale"])
        assert body["data"]["model"] == "before"
        assert await _age(api) is not None
        assert await _ready(api) == 503
        # The database is asked instead, so that even now nothing is missed.
        await writer.ingest("meanwhile")
        await api.until_latest("meanwhile")
        await nats_server.start()
        await api.until(PATH, lambda found: not found["stale"], timeout=20)
        assert await _ready(api) == 200


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
        made_up = ModelIngested.model_validate(event.model_dump() | {"model": "two", "run_id": event.run_id + 1})
        async with database_away(postgres, database_url):
            await writer.publish(made_up)
            found = await api.until(f"{PATH}?by=ingested", lambda body: body["stale"])
            assert {row["model"] for row in await api.data("/api/models")} == {"one", "two"}
            assert found["asOf"] is not None
            status, body = await api.get("/api/admin/ingestion-history")
            assert (status, body["title"]) == (503, "Not available now")
            assert await _ready(api) == 503
        await api.until("/api/models", lambda body: not body["stale"] and body["total"] == 1)
        assert await _ready(api) == 200


async def test_liveness_touches_nothing(start: Start, nats_server: NatsServer) -> None:
    async with start() as api:
        await nats_server.stop()
        assert (await api.get("/healthz"))[0] == 200
