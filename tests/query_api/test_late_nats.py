"""The query API starts from the database alone while NATS is away, and joins the stream when it comes."""

import pytest
from arcwatch.embedded.nats_server import NatsServer
from common.bus import opening, topology
from common.bus.bus import publish_unstored
from common.events import IngestionProgress
from nats.aio.client import Client
from pydantic import SecretStr
from query_api.view import projection
from query_api.view.stream import stream_reader

from tests.query_api.conftest import TOKEN, Start
from tests.support.api import Api
from tests.support.relay import Relay
from tests.support.sse import listening, take
from tests.support.writer import DATASET, Writer

PATH = "/api/metrics/latest-model"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try, notice and heal within a fraction of a second, and ask the database by itself for nothing."""
    monkeypatch.setattr(opening, "PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(projection, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(projection, "IMPAIRED_INTERVAL_SECONDS", 3600.0)


def through(relay: Relay) -> SecretStr:
    return SecretStr(f"nats://127.0.0.1:{relay.port}")


async def ready(api: Api) -> tuple[int, bool]:
    """Return the status of /readyz, and whether it says that the stream is there."""
    status, body = await api.get("/readyz")
    return status, body["checks"]["consumer"] == "ok"


async def asked_for_a_sync(api: Api) -> tuple[int, str | None]:
    async with api.http.post("/api/admin/sync", headers=BEARER, json={}) as answer:
        return answer.status, answer.headers.get("Retry-After")


@pytest.mark.neighbour(
    "NATS",
    "away when the query API starts",
    "it is ready, and answers from the database, `stale` and with its age; what asks for something gets 503 with "
    "Retry-After. When NATS comes, nothing is missed, and open pages read anew",
)
@pytest.mark.parametrize("mood", ["refuses", "hangs up", "says nothing"])
async def test_it_starts_from_the_database_alone(
    start: Start, writer: Writer, nats_server: NatsServer, mood: str
) -> None:
    await writer.ingest("before")
    async with Relay(nats_server.port) as relay:
        if mood != "refuses":
            await (relay.hang_up() if mood == "hangs up" else relay.say_nothing())
        async with start(nats_url=through(relay), reconcile_interval_seconds=3600.0) as api:
            async with api.http.get(PATH) as answer:
                assert (answer.status, "Age" in answer.headers) == (200, True)
                body = await answer.json()
            assert (body["stale"], body["data"]["model"]) == (True, "before")
            assert await ready(api) == (200, False)
            assert (await api.data("/api/status"))["busConnected"] is False
            assert await asked_for_a_sync(api) == (503, "5")
            # Of this no event tells: only a comparison with the whole database finds it.
            await writer.ingest("meanwhile")
            async with listening(api.http) as pages:
                await relay.let_through()
                (reset,) = await take(pages, 1)
                assert reset.name == "reset"
                assert (await api.data(PATH))["model"] == "meanwhile"
                await writer.publish(await writer.ingest("afterwards"))
                (landed,) = await take(pages, 1)
            assert (landed.name, landed.data["model"]) == ("ingested", "afterwards")
            await api.until(PATH, lambda found: not found["stale"], timeout=20)
            assert await ready(api) == (200, True)
            assert (await asked_for_a_sync(api))[0] == 202


@pytest.mark.neighbour(
    "NATS",
    "the stream ARCWATCH is missing when the query API starts, and made afterwards",
    "it is ready, and joins the stream when it is there",
)
async def test_it_starts_without_the_stream(start: Start, writer: Writer, bus: Client) -> None:
    await writer.ingest("before")
    await bus.jetstream().delete_stream(topology.STREAM)
    async with start(reconcile_interval_seconds=3600.0) as api:
        assert (await api.get(PATH))[1]["stale"] is True
        assert await ready(api) == (200, False)
        assert await asked_for_a_sync(api) == (503, "5")
        await topology.apply(bus.jetstream())
        await api.until(PATH, lambda found: not found["stale"], timeout=20)
        await writer.publish(await writer.ingest("afterwards"))
        await api.until_latest("afterwards")


async def test_progress_reaches_pages_after_a_late_start(start: Start, writer: Writer, nats_server: NatsServer) -> None:
    async with Relay(nats_server.port) as relay, start(nats_url=through(relay)) as api, listening(api.http) as pages:
        await relay.let_through()
        await take(pages, 1)  # the reset
        await publish_unstored(
            writer.client, IngestionProgress(run_id=1, dataset=DATASET, model="m-1", done=3, total=9)
        )
        (told,) = await take(pages, 1)
        assert (told.name, told.data["done"]) == ("progress", 3)
