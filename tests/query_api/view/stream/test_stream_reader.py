"""The reader yields each message of its subjects once and in order, whatever happens to the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from arcwatch.embedded.nats_server import NatsServer
from common.bus import stored, topology
from common.bus.stored import Message
from nats.aio.client import Client
from nats.aio.msg import Msg
from query_api.view.stream import stream_reader
from query_api.view.stream.stream_event import SUBJECTS
from query_api.view.stream.stream_reader import OrderedReader

from tests.support.eventually import eventually
from tests.support.lossy_relay import lossy


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the stream more often than in earnest."""
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.2)


@asynccontextmanager
async def reading(client: Client, after: int | None = None) -> AsyncIterator[tuple[OrderedReader, list[Message]]]:
    """Run a reader beside the block."""
    reader = OrderedReader(client, topology.STREAM, SUBJECTS)
    found: list[Message] = []
    await reader.start(after)

    async def read() -> None:
        async for message in reader.messages():
            found.append(message)  # noqa: PERF401 - the list is looked at while it grows

    task = asyncio.create_task(read())
    yield reader, found
    task.cancel()


async def put(client: Client, *bodies: str, subject: str = "model.ingested") -> None:
    for body in bodies:
        await client.jetstream().publish(subject, body.encode(), stream=topology.STREAM, timeout=10)


def bodies(found: list[Message]) -> list[str]:
    return [message.body.decode() for message in found]


async def test_what_is_published_between_start_and_reading_is_not_lost(bus: Client) -> None:
    reader = OrderedReader(bus, topology.STREAM, SUBJECTS)
    await put(bus, "before")
    await reader.start()
    assert reader.began_after == (reader.stream, 1)
    await put(bus, "between")
    assert (await anext(reader.messages())).body == b"between"


async def test_other_subjects_are_not_read(bus: Client) -> None:
    async with reading(bus) as (_, found):
        await put(bus, "no", subject="model.discovered")
        await put(bus, "yes", subject="sync.completed")
        await eventually(lambda: bodies(found) == ["yes"])
        assert found[0].sequence == 2


async def test_reading_starts_after_any_sequence(bus: Client) -> None:
    await put(bus, "1", "2", "3")
    async with reading(bus, after=1) as (_, found):
        await eventually(lambda: bodies(found) == ["2", "3"])


async def test_a_server_that_restarts_loses_and_repeats_nothing(bus: Client, nats_server: NatsServer) -> None:
    async with reading(bus) as (reader, found):
        await put(bus, "1", "2")
        await eventually(lambda: len(found) == 2)
        await nats_server.stop()
        await eventually(lambda: reader.silent_since)
        await nats_server.start()
        await eventually(lambda: bus.is_connected)
        await put(bus, "3")
        await eventually(lambda: bodies(found) == ["1", "2", "3"], timeout=20)
        await eventually(lambda: reader.silent_since is None)


async def test_no_consumer_is_made(bus: Client) -> None:
    async with reading(bus) as (_, found):
        await put(bus, "1")
        await eventually(lambda: len(found) == 1)
        consumers = await bus.jetstream().consumers_info(topology.STREAM)
        assert {each.name for each in consumers} == {each.name for each in topology.DURABLES}


async def test_what_no_hint_tells_of_is_found(bus: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def deaf(_reader: OrderedReader, _hint: Msg) -> None:
        """Hear no hint."""

    monkeypatch.setattr(OrderedReader, "_on_hint", deaf)
    async with reading(bus) as (_, found):
        await put(bus, "1")
        await eventually(lambda: bodies(found) == ["1"])


async def test_more_than_a_batch_comes_whole(bus: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BATCH", 3)
    wanted = [str(number) for number in range(10)]
    await put(bus, *wanted)
    found = [message async for message in stored.stored(bus, topology.STREAM, 2)]
    assert bodies(found) == wanted[2:]


@pytest.mark.parametrize("lost", [1, 2, 3, 4], ids=["first", "middle", "last", "end"])
async def test_what_is_lost_on_the_way_is_asked_for_again(bus: Client, nats_server: NatsServer, lost: int) -> None:
    await put(bus, "1", "2", "3")
    async with lossy(nats_server.port) as relay, relay.client() as client:
        relay.lose(lost)
        async with reading(client, after=0) as (_, found):
            await eventually(lambda: relay.lost == 1)
            await eventually(lambda: bodies(found) == ["1", "2", "3"])


async def test_headers_of_a_publisher_are_not_taken_for_the_server_s(bus: Client) -> None:
    headers = {"Status": "204", "Nats-Sequence": "7", "Nats-Last-Sequence": "9", "Nats-Num-Pending": "0"}
    async with reading(bus) as (_, found):
        await bus.jetstream().publish("model.ingested", b"", headers=headers)
        await put(bus, "2")
        await eventually(lambda: bodies(found) == ["", "2"])
        assert [each.sequence for each in found] == [1, 2]


async def test_a_stream_that_does_not_answer_is_silent_and_then_goes_on(bus: Client) -> None:
    async with reading(bus) as (reader, found):
        await put(bus, "1")
        await eventually(lambda: len(found) == 1)
        await bus.jetstream().delete_stream(topology.STREAM)
        await eventually(lambda: reader.silent_since)
        await topology.apply(bus.jetstream())
        await eventually(lambda: reader.silent_since is None)


@pytest.mark.neighbour(
    "NATS",
    "the stream ARCWATCH is deleted and made anew while the query API runs",
    "answers are `stale` until then; the new stream is followed from its beginning on",
)
async def test_a_stream_made_anew_is_followed_from_its_beginning_on(bus: Client) -> None:
    """Also when it has grown past our place before we look."""
    reader = OrderedReader(bus, topology.STREAM, SUBJECTS)
    await put(bus, "1", "2")
    await reader.start()
    await bus.jetstream().delete_stream(topology.STREAM)
    await topology.apply(bus.jetstream())
    await put(bus, "new", "and", "more", "than", "before")
    found: list[Message] = []
    async for message in reader.messages():
        found.append(message)
        if len(found) == 5:
            break
    assert bodies(found) == ["new", "and", "more", "than", "before"]


async def test_a_stream_that_was_set_back_is_followed_from_its_end_on(bus: Client) -> None:
    """As after a restore: it is the same stream, but shorter than our place."""
    resumed: list[None] = []
    reader = OrderedReader(bus, topology.STREAM, SUBJECTS)
    await put(bus, "1")
    await reader.start()
    reader.on_resumed = lambda: resumed.append(None)
    reader._place = 10
    messages = aiter(reader.messages())
    following = asyncio.ensure_future(anext(messages))
    await eventually(lambda: resumed)
    await put(bus, "2")
    assert (await asyncio.wait_for(following, 10)).body == b"2"
