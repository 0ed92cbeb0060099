"""What a client missed is read from the stream that its id names, and from no other one of that name."""

import pytest
from common.bus import topology
from nats.aio.client import Client
from query_api.view.snapshot import View
from query_api.view.stream import replay
from query_api.view.stream.event_id import EventId, stream_number
from query_api.view.stream.replay import StreamReplay

from tests.support.writer import Writer


async def _place(bus: Client, sequence: int) -> EventId:
    info = await bus.jetstream().stream_info(topology.STREAM)
    return EventId(stream_number(info.created), sequence)


async def test_frames_carry_the_ids_of_their_places(bus: Client, writer: Writer) -> None:
    await writer.publish(writer.failure("m-1"), writer.failure("m-2"), writer.failure("m-3"))
    after = await _place(bus, 1)
    frames = await StreamReplay(bus, topology.STREAM, View)(after, 2)
    assert frames is not None
    assert [(each.sequence, each.data.splitlines()[0].decode()) for each in frames] == [(2, f"id: {after.stream}-2")]


async def test_a_stream_of_the_same_name_is_not_read_for_another_one(bus: Client, writer: Writer) -> None:
    await writer.publish(writer.failure("m-1"), writer.failure("m-2"))
    read = StreamReplay(bus, topology.STREAM, View)
    here = await _place(bus, 0)
    assert [each.sequence for each in await read(here, 2) or ()] == [1, 2]
    assert await read(here._replace(stream=(here.stream or 0) - 1), 2) is None


async def test_what_was_read_is_kept_for_its_stream_alone(
    bus: Client, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.publish(writer.failure("old"))
    read = StreamReplay(bus, topology.STREAM, View)
    here = await _place(bus, 0)
    first = await read(here, 1)
    await bus.jetstream().delete_stream(topology.STREAM)
    await topology.apply(bus.jetstream())
    await writer.publish(writer.failure("new"))
    frames = await read(await _place(bus, 0), 1)
    assert frames is not None
    assert b'"model":"new"' in frames[0].data
    monkeypatch.setattr(replay, "stored", None)
    assert await read(here, 1) == first
