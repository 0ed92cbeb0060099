"""What a stream holds is read whole and in its order, or an error says so; nothing is left on the connection."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import nats.errors
import pytest
from arcwatch.clients.bus import connected
from arcwatch.embedded.nats_server import NatsServer
from common.bus import stored, topology
from common.bus.stored import Message, StreamReadError
from common.bus.topology import STREAM
from nats.aio.client import Client

from tests.support.lossy_relay import lossy


@pytest.fixture
async def client(nats_url: str) -> AsyncIterator[Client]:
    async with connected(nats_url) as client:
        await topology.apply(client.jetstream())
        yield client


async def put(client: Client, count: int) -> None:
    for number in range(1, count + 1):
        subject = ("model.ingested", "sync.completed")[number % 2]
        await client.jetstream().publish(subject, str(number).encode(), headers={"Number": str(number)})


async def read(client: Client, after: int = 0) -> list[Message]:
    return [message async for message in stored.stored(client, STREAM, after)]


async def test_each_message_after_a_place_comes_once_with_all_that_it_says(client: Client) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    await put(client, 4)
    found = await read(client, after=1)
    assert [(each.sequence, each.subject, each.body, each.headers["Number"], each.pending) for each in found] == [
        (2, "model.ingested", b"2", "2", 2),
        (3, "sync.completed", b"3", "3", 1),
        (4, "model.ingested", b"4", "4", 0),
    ]
    assert all(began < each.stored_at < began + timedelta(minutes=2) for each in found)


async def test_several_batches_are_read_as_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BATCH", 2)
    await put(client, 5)
    assert [each.sequence for each in await read(client)] == [1, 2, 3, 4, 5]
    assert [each.sequence for each in await read(client, after=1)] == [2, 3, 4, 5]


async def test_what_was_deleted_in_between_is_no_gap(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "BATCH", 2)
    await put(client, 5)
    for sequence in (1, 3, 4):
        await client.jetstream().delete_msg(STREAM, sequence)
    assert [each.sequence for each in await read(client)] == [2, 5]


@pytest.mark.parametrize("count", [0, 2])
async def test_where_nothing_follows_nothing_comes(client: Client, count: int) -> None:
    await put(client, count)
    assert await read(client, after=count) == []
    assert await read(client, after=100) == []


async def test_a_stream_that_no_server_serves_is_an_error_and_no_end(client: Client) -> None:
    await client.jetstream().delete_stream(STREAM)
    with pytest.raises(StreamReadError, match=r"^no server answers for the stream's messages \(status 503\)$"):
        await read(client)


async def test_a_message_that_is_lost_on_the_way_is_an_error_and_no_gap(
    client: Client, nats_server: NatsServer
) -> None:
    await put(client, 3)
    async with lossy(nats_server.port) as relay, relay.client() as other:
        relay.lose(2)
        with pytest.raises(StreamReadError, match=r"^message 3 comes after 2, of which the last that came is 1$"):
            await read(other)


@pytest.mark.parametrize("given", [{"timeout_seconds": 0.5}, {}], ids=["as long as is said", "five seconds"])
async def test_an_end_that_does_not_come_is_not_waited_for_for_ever(
    client: Client, nats_server: NatsServer, given: dict[str, Any]
) -> None:
    await put(client, 1)
    async with lossy(nats_server.port) as relay, relay.client() as other:
        relay.lose(2)
        with pytest.raises(nats.errors.TimeoutError):
            async for _ in stored.stored(other, STREAM, 0, **given):
                pass


async def test_who_stops_reading_leaves_no_subscription_behind(client: Client) -> None:
    await put(client, 3)
    before = len(client._subs)
    async with aclosing(stored.stored(client, STREAM, 0)) as messages:
        assert (await anext(messages)).sequence == 1
        assert len(client._subs) == before + 1
    assert len(client._subs) == before


async def test_a_connection_that_is_closed_meanwhile_is_told_by_what_follows(client: Client) -> None:
    await put(client, 3)
    messages = stored.stored(client, STREAM, 0)
    await anext(messages)
    await client.close()
    await messages.aclose()
