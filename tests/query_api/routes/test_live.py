"""Every open page hears what happens, once the API answers accordingly; who comes back hears what it missed."""

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from common.bus import topology
from common.bus.bus import publish_unstored
from common.events import IngestionProgress, ModelDiscovered
from nats.aio.client import Client
from query_api.view.stream import broadcaster, replay, stream_reader
from query_api.view.stream.event_id import EventId
from query_api.view.stream.stream_event import StreamEvent

from tests.query_api.conftest import Start
from tests.support.api import Api
from tests.support.eventually import eventually
from tests.support.sse import ReceivedEvent, listening, take
from tests.support.writer import DATASET, Writer


async def test_pages_hear_what_happens_in_order(api: Api, writer: Writer) -> None:
    async with listening(api.http) as events:
        await writer.publish(await writer.ingest("m-1"), writer.failure("m-2"), await writer.sync(new=1))
        await writer.publish(writer.failure("m-2").model_copy(update={"dry_run": True}))
        received = await take(events, 4)
    assert [each.name for each in received] == ["ingested", "failed", "sync", "failed"]
    assert [each.sequence for each in received] == [1, 2, 3, 4]
    assert [each.data["dryRun"] for each in received if each.name == "failed"] == [False, True]
    assert (received[0].data["model"], received[1].data["kind"], received[2].data["newModelsFound"]) == (
        "m-1",
        "folder_gone",
        1,
    )


async def test_a_page_that_hears_of_a_model_can_read_it(api: Api, writer: Writer) -> None:
    async with listening(api.http) as events:
        for number in range(5):
            await writer.publish(await writer.ingest(f"m-{number}"))
            await take(events, 1)
            assert (await api.data("/api/metrics/latest-model"))["model"] == f"m-{number}"


async def test_progress_is_sent_but_never_replayed(api: Api, bus: Client, writer: Writer) -> None:
    progress = IngestionProgress(run_id=1, dataset=DATASET, model="m-1", done=3, total=9)
    async with listening(api.http) as events:
        await publish_unstored(bus, progress)
        received = (await take(events, 1))[0]
        assert (received.sequence, received.name, received.data["done"]) == (None, "progress", 3)
    async with listening(api.http, last=0) as events:
        await writer.publish(await writer.ingest("m-1"))
        assert (await take(events, 1))[0].name == "ingested"


async def test_who_comes_back_hears_what_it_missed(api: Api, writer: Writer) -> None:
    for number in range(4):
        await writer.publish(await writer.ingest(f"m-{number}"))
    await api.until_latest("m-3")
    async with listening(api.http, last=2) as events:
        assert [each.sequence for each in await take(events, 2)] == [3, 4]
        await writer.publish(await writer.ingest("m-4"))
        assert [each.sequence for each in await take(events, 1)] == [5]


async def test_who_listens_is_told_its_place_before_the_first_event(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("m-1"))
    await api.until_latest("m-1")
    async with api.http.get("/api/events") as answer:
        lines = [await answer.content.readline() for _ in range(3)]
    assert lines[2].startswith(b"id: "), lines
    async with listening(api.http, last=lines[2].decode().strip().removeprefix("id: ")) as events:
        await writer.publish(await writer.ingest("m-2"))
        assert [each.data["model"] for each in await take(events, 1)] == ["m-2"]


async def test_an_answer_says_after_which_event_it_is(api: Api, writer: Writer) -> None:
    await writer.publish(await writer.ingest("m-1"))
    await api.until_latest("m-1")
    places = set()
    for path in ("/api/models", "/api/pages/model", "/api/tasks"):
        async with api.http.get(path) as first:
            places.add(first.headers["X-Event-Id"])
        async with api.http.get(path, headers={"If-None-Match": first.headers["ETag"]}) as known:
            assert known.status == 304
            places.add(known.headers["X-Event-Id"])
    (place,) = places
    await writer.publish(writer.failure("m-2"), await writer.ingest("m-3"))
    await api.until_latest("m-3")
    async with listening(api.http, path=f"/api/events?lastEventId={place}") as events:
        assert [each.data["model"] for each in await take(events, 2)] == ["m-2", "m-3"]


async def test_what_happened_before_the_start_is_read_from_the_stream(start: Start, writer: Writer) -> None:
    for number in range(4):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        await writer.publish(await writer.ingest("m-4"))
        await api.until_latest("m-4")
        async with listening(api.http, last=1) as events:
            assert [each.sequence for each in await take(events, 4)] == [2, 3, 4, 5]
        async with listening(api.http, path="/api/events?lastEventId=3") as events:
            assert [each.sequence for each in await take(events, 2)] == [4, 5]


async def test_what_fell_out_of_memory_is_read_from_the_stream(
    start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "KEPT_FRAMES", 2)
    async with start() as api:
        for number in range(6):
            await writer.publish(await writer.ingest(f"m-{number}"))
        await api.until_latest("m-5")
        async with listening(api.http, last=1) as events:
            assert [each.sequence for each in await take(events, 5)] == [2, 3, 4, 5, 6]


async def test_who_missed_nothing_needs_no_stream(start: Start, writer: Writer, nats_server: Any) -> None:
    async with start() as api:
        await writer.publish(await writer.ingest("m-0"))
        await api.until_latest("m-0")
        await nats_server.stop()
        async with listening(api.http, last=1) as events:
            progress = IngestionProgress(run_id=1, dataset=DATASET, model="m-1", done=3, total=9)
            api.services.broadcaster.progress(progress)
            assert [each.name for each in await take(events, 1)] == ["progress"]


async def test_a_page_gets_a_named_sign_of_life_however_busy_it_is(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "PING_SECONDS", 0.05)
    monkeypatch.setattr(broadcaster, "BURST_SECONDS", 0.0)
    async with start() as api, listening(api.http, pings=True) as events:
        assert [(each.name, each.sequence, each.data) for each in await take(events, 2)] == [
            ("ping", None, {"stale": False})
        ] * 2
        busy = asyncio.create_task(_progress_for_ever(api))
        try:
            names = [each.name for each in await take(events, 300)]
        finally:
            busy.cancel()
    assert {"ping", "progress"} == set(names)


async def _progress_for_ever(api: Api) -> None:
    while True:
        api.services.broadcaster.progress(IngestionProgress(run_id=1, dataset=DATASET, model="m-1", done=3, total=9))
        await asyncio.sleep(0.001)


async def test_a_client_that_does_not_read_is_dropped(
    start: Start, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "WRITE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(broadcaster, "BURST_SECONDS", 0.0)
    progress = IngestionProgress(run_id=1, dataset=DATASET, model="m" * 200, done=3, total=9)
    async with start() as api:
        where = urlsplit(api.url)
        with socket.create_connection((where.hostname, where.port)) as lazy:
            lazy.sendall(b"GET /api/events HTTP/1.1\r\nHost: x\r\n\r\n")
            ours = api.services.broadcaster
            await eventually(lambda: ours.clients == 1)

            def flooded() -> bool:
                for _ in range(500):
                    ours.progress(progress)
                return ours.clients == 0

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


async def _first(api: Api, last: int | str) -> ReceivedEvent:
    async with listening(api.http, last=last) as events:
        return (await take(events, 1))[0]


@pytest.mark.parametrize("last", [50, 2**63, 10**30, "no-number", "-1", "٣", "1.0"])
async def test_a_place_that_the_stream_does_not_have_means_load_again(
    api: Api, writer: Writer, last: int | str
) -> None:
    for number in range(2):
        await writer.publish(await writer.ingest(f"m-{number}"))
    await api.until_latest("m-1")
    async with listening(api.http, last=last) as events:
        reset = (await take(events, 1))[0]
        assert (reset.name, reset.sequence) == ("reset", 2)
        await writer.publish(await writer.ingest("m-2"))
        assert [(each.name, each.sequence) for each in await take(events, 1)] == [("ingested", 3)]


async def test_more_than_can_be_replayed_means_load_again(
    start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MAX_EVENTS", 3)
    for number in range(5):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        await api.until_latest("m-4")
        assert [(each.name, each.sequence) for each in (await _first(api, 1), await _first(api, 2))] == [
            ("reset", 5),
            ("ingested", 3),
        ]


async def test_a_span_too_wide_to_read_means_load_again(
    start: Start, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "_SPAN", 3)
    for number in range(5):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        assert [(await _first(api, last)).name for last in (1, 2)] == ["reset", "ingested"]


async def test_what_the_stream_keeps_no_longer_means_load_again(start: Start, bus: Client, writer: Writer) -> None:
    for number in range(5):
        await writer.publish(await writer.ingest(f"m-{number}"))
    await bus.jetstream().purge_stream(topology.STREAM, seq=4)
    async with start() as api:
        assert [(await _first(api, last)).name for last in (1, 2, 3)] == ["reset", "reset", "ingested"]


async def test_while_the_stream_is_away_a_client_gets_a_reset(
    start: Start, writer: Writer, nats_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "TIMEOUT_SECONDS", 0.2)
    for number in range(3):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        await nats_server.stop()
        received = await asyncio.gather(*(_first(api, last) for last in [1] * 20))
        assert {(each.name, each.sequence) for each in received} == {("reset", 3)}


async def test_numbers_that_begin_anew_reset_every_client(api: Api, writer: Writer) -> None:
    for number in range(3):
        await writer.publish(await writer.ingest(f"m-{number}"))
    await api.until_latest("m-2")
    async with listening(api.http) as events:
        api.services.broadcaster.broadcast([StreamEvent(EventId(7, 2), await writer.ingest("m-3"))])
        assert [(each.name, each.sequence) for each in await take(events, 2)] == [("reset", 1), ("ingested", 2)]
    assert [(await _first(api, last)).sequence for last in (1, 3)] == [2, 2]


async def test_a_stream_that_is_recreated_resets_every_client(
    start: Start, bus: Client, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    for number in range(3):
        await writer.publish(await writer.ingest(f"m-{number}"))
    async with start() as api:
        async with listening(api.http) as events:
            await bus.jetstream().delete_stream(topology.STREAM)
            await topology.apply(bus.jetstream())
            await writer.publish(await writer.ingest("new"))
            assert [(each.name, each.sequence) for each in await take(events, 2)] == [("reset", 0), ("ingested", 1)]
        received = await _first(api, 3)
        assert (received.name, received.sequence) == ("reset", 1)


async def test_an_id_of_an_older_stream_means_load_again_however_far_the_new_one_has_come(
    start: Start, bus: Client, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    await writer.publish(await writer.ingest("old"))
    async with start() as api:
        old = (await _first(api, 0)).id
        assert old is not None
        await bus.jetstream().delete_stream(topology.STREAM)
        await topology.apply(bus.jetstream())
        for number in range(3):
            await writer.publish(await writer.ingest(f"m-{number}"))
        await api.until_latest("m-2")
        received = await _first(api, old)
        assert (received.name, received.sequence) == ("reset", 3)
    async with start() as api:
        assert (await _first(api, old)).name == "reset"
        assert (await _first(api, 2)).data["model"] == "m-2"
        assert (await _first(api, (received.id or "").replace("-3", "-1"))).data["model"] == "m-1"


async def test_a_page_that_listens_is_told_of_a_new_stream_whose_first_event_comes_late(
    start: Start, bus: Client, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)
    await writer.publish(await writer.ingest("old"))
    async with start() as api, listening(api.http) as events:
        await bus.jetstream().delete_stream(topology.STREAM)
        await topology.apply(bus.jetstream())
        await writer.publish(*(ModelDiscovered(dataset=DATASET, model=f"m-{number}") for number in range(3)))
        await writer.publish(await writer.ingest("new"))
        # A hint may have had the new stream read before it was known to be another one.
        received = await take(events, 2)
        while received[-2].name != "reset":
            received += await take(events, 1)
        assert [(each.name, each.sequence) for each in received[-2:]] == [("reset", 3), ("ingested", 4)]


async def test_no_client_reads_from_which_address_a_sync_was_asked_for(api: Api, writer: Writer) -> None:
    asked = (await writer.sync()).model_copy(update={"requested_by": "admin at 192.0.2.7"})
    await writer.publish(asked)
    received = await _first(api, 0)
    assert (received.name, "requestedBy" in received.data) == ("sync", False)
    assert "192.0.2.7" not in str(received.data)
