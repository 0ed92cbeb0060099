"""Every open page hears what happens, once the API answers accordingly; who comes back hears what it missed."""

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
from common.bus import announce
from common.events import IngestionProgress
from nats.aio.client import Client
from query_api import live

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.sse import listening, take
from tests.support.writer import DATASET, Writer


async def test_pages_hear_what_happens_in_order(api: Api, writer: Writer) -> None:
    async with listening(api.http) as events:
        await writer.publish(await writer.ingest("m-1"), writer.failure("m-2"), await writer.sync(new=1))
        told = await take(events, 3)
    assert [each.name for each in told] == ["ingested", "failed", "sync"]
    assert [each.id for each in told] == [1, 2, 3]
    assert (told[0].data["model"], told[1].data["kind"], told[2].data["new_models_found"]) == ("m-1", "folder_gone", 1)


async def test_a_page_that_hears_of_a_model_can_read_it(api: Api, writer: Writer) -> None:
    async with listening(api.http) as events:
        for number in range(5):
            await writer.publish(await writer.ingest(f"m-{number}"))
            await take(events, 1)
            assert (await api.data("/api/metrics/latest-model"))["model"] == f"m-{number}"


async def test_progress_is_told_but_never_replayed(api: Api, bus: Client, writer: Writer) -> None:
    progress = IngestionProgress(run_id=1, dataset=DATASET, model="m-1", done=3, total=9)
    async with listening(api.http) as events:
        await announce(bus, progress)
        told = (await take(events, 1))[0]
        assert (told.id, told.name, told.data["done"]) == (None, "progress", 3)
    async with listening(api.http, last=0) as events:
        await writer.publish(await writer.ingest("m-1"))
        assert (await take(events, 1))[0].name == "ingested"


async def test_who_comes_back_hears_what_it_missed(api: Api, writer: Writer) -> None:
    for number in range(4):
        await writer.publish(await writer.ingest(f"m-{number}"))
    await api.until_latest("m-3")
    async with listening(api.http, last=2) as events:
        assert [each.id for each in await take(events, 2)] == [3, 4]
        await writer.publish(await writer.ingest("m-4"))
        assert [each.id for each in await take(events, 1)] == [5]


async def test_what_happened_before_the_start_is_read_from_the_stream(start: Start, writer: Writer) -> None:
    for number in range(4):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        await writer.publish(await writer.ingest("m-4"))
        await api.until_latest("m-4")
        async with listening(api.http, last=1) as events:
            assert [each.id for each in await take(events, 4)] == [2, 3, 4, 5]
        async with listening(api.http, path="/api/events?lastEventId=3") as events:
            assert [each.id for each in await take(events, 2)] == [4, 5]


async def test_what_fell_out_of_memory_is_read_from_the_stream(
    start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as api:
        monkeypatch.setattr(api.services.broadcaster, "_kept", 2)
        for number in range(6):
            await writer.publish(await writer.ingest(f"m-{number}"))
        await api.until_latest("m-5")
        async with listening(api.http, last=1) as events:
            assert [each.id for each in await take(events, 5)] == [2, 3, 4, 5, 6]


async def test_an_idle_page_gets_a_sign_of_life(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    async with start() as api, api.http.get("/api/events") as answer, asyncio.timeout(10):
        await answer.content.readuntil(b": here\n\n")


async def test_a_client_that_does_not_read_is_dropped(
    start: Start, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WRITE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(live, "BURST_SECONDS", 0.0)
    progress = IngestionProgress(run_id=1, dataset=DATASET, model="m" * 200, done=3, total=9)
    async with start() as api:
        where = urlsplit(api.url)
        with socket.create_connection((where.hostname, where.port)) as lazy:
            lazy.sendall(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n")
            broadcaster = api.services.broadcaster
            await eventually(lambda: broadcaster.clients == 1)

            def flooded() -> bool:
                for _ in range(500):
                    broadcaster.progress(progress)
                return broadcaster.clients == 0

            await eventually(flooded, timeout=30, what="the lazy client gone")
        assert (await api.get("/healthz"))[0] == 200


async def test_there_is_a_limit_to_clients(start: Start) -> None:
    async with start(max_event_clients=1) as api, listening(api.http), api.http.get("/api/events") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


async def test_a_stop_lets_every_client_go_at_once(start: Start) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        async with start() as api:
            answer = await http.get(f"{api.url}/api/events")
            await answer.content.readline()
            began = loop.time()
        assert loop.time() - began < 3
        answer.close()
