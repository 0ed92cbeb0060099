"""The reader yields each message of its subjects once and in order, whatever happens to the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arcwatch.embedded_nats import NatsServer
from common import topology
from nats.aio.client import Client
from query_api.keeper import SUBJECTS
from query_api.ordered import Message, OrderedReader

from tests.support.eventually import eventually


@asynccontextmanager
async def reading(client: Client, after: int | None = None) -> AsyncIterator[tuple[OrderedReader, list[Message]]]:
    """Run a reader beside the block."""
    reader = OrderedReader(client, topology.STREAM, SUBJECTS, heartbeat_seconds=0.2)
    found: list[Message] = []
    await reader.start(after)

    async def read() -> None:
        async for message in reader.messages():
            found.append(message)  # noqa: PERF401 - the list is looked at while it grows

    task = asyncio.create_task(read())
    yield reader, found
    task.cancel()
    await reader.close()


async def put(client: Client, *bodies: str, subject: str = "model.ingested") -> None:
    for body in bodies:
        await client.jetstream().publish(subject, body.encode(), stream=topology.STREAM, timeout=10)


def bodies(found: list[Message]) -> list[str]:
    return [message.body.decode() for message in found]


async def test_what_is_published_between_start_and_reading_is_not_lost(bus: Client) -> None:
    reader = OrderedReader(bus, topology.STREAM, SUBJECTS, heartbeat_seconds=0.2)
    await put(bus, "before")
    assert await reader.start() == 1
    await put(bus, "between")
    assert (await anext(reader.messages())).body == b"between"
    await reader.close()


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


async def test_a_consumer_deleted_on_the_server_is_made_anew(bus: Client) -> None:
    async with reading(bus) as (_, found):
        await put(bus, "1")
        await eventually(lambda: len(found) == 1)
        js = bus.jetstream()
        for consumer in await js.consumers_info(topology.STREAM):
            if not consumer.config.durable_name:
                await js.delete_consumer(topology.STREAM, consumer.name)
        await put(bus, "2")
        await eventually(lambda: bodies(found) == ["1", "2"])


async def test_a_stream_made_anew_is_followed_from_its_beginning_on(bus: Client) -> None:
    async with reading(bus) as (_, found):
        await put(bus, "1", "2", "3")
        await eventually(lambda: len(found) == 3)
        js = bus.jetstream()
        await js.delete_stream(topology.STREAM)
        await topology.apply(js)
        await eventually(lambda: _ephemeral(bus), what="a consumer on the new stream")
        await put(bus, "new")
        await eventually(lambda: bodies(found)[-1] == "new")


async def _ephemeral(client: Client) -> bool:
    found = await client.jetstream().consumers_info(topology.STREAM)
    return any(not each.config.durable_name for each in found)
