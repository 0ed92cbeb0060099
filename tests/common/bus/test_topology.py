"""The topology is applied whole by whoever comes, reports what differs, and mends what was changed by hand."""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arcwatch.clients.bus import connected
from arcwatch.embedded.nats_server import program
from common.bus import bus, topology
from common.bus.topology import DEAD_STREAM, DURABLES, INGESTER, STREAM
from common.events import (
    DeadLetter,
    Event,
    ModelDiscovered,
    ModelIngested,
    ModelIngestionFailed,
    SyncCompleted,
    SyncRequested,
)
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nats.js.errors import APIError

from tests.support.ports import free_port


async def test_it_is_made_from_nothing_and_then_nothing_differs(nats_url: str) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        assert [str(each) for each in await topology.drift(js)] == [
            f"stream {DEAD_STREAM} does not exist",
            f"stream {STREAM} does not exist",
        ]
        await topology.apply(js)
        assert await topology.drift(js) == []
        assert await topology.apply(js) == []


async def test_three_at_once_agree(nats_url: str) -> None:
    async with connected(nats_url) as one, connected(nats_url) as two, connected(nats_url) as three:
        await asyncio.gather(*(topology.apply(client.jetstream()) for client in (one, two, three)))
        assert await topology.drift(one.jetstream()) == []


async def test_drift_is_reported_and_mended_without_losing_messages(nats_url: str) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.publish("model.discovered", b"{}")
        dead, main = topology.streams(1)
        await js.update_stream(replace(main, max_age=86_400.0, subjects=["model.>"]))
        await js.update_stream(replace(dead, max_bytes=1024))
        changed = replace(topology.consumer(DURABLES[0]), max_deliver=2, ack_wait=5.0)
        await js.add_consumer(STREAM, changed)
        await js.delete_consumer(STREAM, DURABLES[1].name)
        assert {str(each) for each in await topology.drift(js)} == {
            f"stream {DEAD_STREAM}: max_bytes is 1024, should be {topology.DEAD_MAX_BYTES}",
            f"stream {STREAM}: max_age is 86400.0, should be {topology.MAX_AGE_SECONDS}",
            f"stream {STREAM}: subjects is ['model.>'], should be ['model.>', 'sync.>']",
            "durable ingester: max_deliver is 2, should be 6",
            "durable ingester: ack_wait is 5.0, should be 30.0",
            "durable watcher does not exist",
        }
        await topology.apply(js)
        assert await topology.drift(js) == []
        assert (await js.stream_info(STREAM)).state.messages == 1


async def test_a_durable_with_a_backoff_of_its_own_is_drift(nats_url: str) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.add_consumer(STREAM, replace(topology.consumer(DURABLES[0]), backoff=[1.0, 2.0]))
        assert "durable ingester: backoff is [1.0, 2.0], should be none" in map(str, await topology.drift(js))
        await topology.apply(js)
        assert await topology.drift(js) == []


STARVING: tuple[dict[str, Any], ...] = (
    {"inactive_threshold": 5.0},
    {"filter_subject": "model.ingested"},
    {"filter_subject": None, "filter_subjects": ["model.other", "model.more"]},
    {"headers_only": True},
    {"max_ack_pending": 1},
    {"max_deliver": 1},
    {"ack_wait": 1.0},
)
# No update may change these: the durable is made anew.
FOREIGN: tuple[dict[str, Any], ...] = ({"ack_policy": AckPolicy.NONE, "max_deliver": None}, {"max_waiting": 1})


@pytest.mark.parametrize("change", [*STARVING, *FOREIGN], ids="-".join)
async def test_a_durable_that_would_starve_its_service_is_drift_and_mended(
    nats_url: str, change: dict[str, Any]
) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        if change in FOREIGN:
            await js.delete_consumer(STREAM, INGESTER.name)
        await js.add_consumer(STREAM, replace(topology.consumer(INGESTER), **change))
        names = {name for name, value in change.items() if value is not None}
        assert names <= {each.field for each in await topology.drift(js)}
        assert "run `arcwatch topology apply`" in (await bus.durable_differs(client, INGESTER) or "")
        await topology.apply(js)
        assert await topology.drift(js) == []
        assert await bus.durable_differs(client, INGESTER) is None


async def test_a_push_consumer_in_a_durables_place_is_drift_and_mended(nats_url: str) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.delete_consumer(STREAM, INGESTER.name)
        pushed = replace(topology.consumer(INGESTER), deliver_subject="somewhere", max_waiting=None)
        await js.add_consumer(STREAM, pushed)
        await topology.apply(js)
        assert await topology.drift(js) == []


@pytest.fixture
async def small_server(tmp_path: Path) -> AsyncIterator[str]:
    """Lend a server that refuses a durable with as many unsettled messages as the topology wants."""
    (tmp_path / "nats.conf").write_text(
        f"""
        listen: 127.0.0.1:{(port := free_port())}
        jetstream {{ store_dir: "{tmp_path}", limits {{ max_ack_pending: 100 }} }}
        """
    )
    process = await asyncio.create_subprocess_exec(str(program()), "-c", str(tmp_path / "nats.conf"), stderr=DEVNULL)
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def test_a_durable_stays_where_the_server_cannot_make_it_as_wanted(small_server: str) -> None:
    async with connected(small_server, patience_seconds=60) as client:
        js = client.jetstream()
        for stream in topology.streams(1):
            await js.add_stream(stream)
        await js.add_consumer(STREAM, replace(topology.consumer(INGESTER), max_ack_pending=50))
        made = (await js.consumer_info(STREAM, INGESTER.name)).created
        with pytest.raises(APIError):
            await topology.apply(js)
        assert (await js.consumer_info(STREAM, INGESTER.name)).created == made


async def test_a_paused_durable_is_drift_and_goes_on(nats_url: str) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.pause_consumer(STREAM, INGESTER.name, "2099-01-01T00:00:00Z")
        assert list(map(str, await topology.drift(js))) == ["durable ingester: paused is True, should be False"]
        await topology.apply(js)
        assert await topology.drift(js) == []


@pytest.mark.parametrize(
    "change",
    [{"max_msgs": 1}, {"max_msg_size": 10}, {"allow_rollup_hdrs": True}, {"allow_direct": False}, {"no_ack": True}],
)
async def test_a_stream_that_would_lose_or_hide_events_is_drift_and_mended(
    nats_url: str, change: dict[str, Any]
) -> None:
    async with connected(nats_url) as client:
        js = client.jetstream()
        await topology.apply(js)
        await js.update_stream(replace(topology.streams(1)[1], **change))
        assert [each.field for each in await topology.drift(js)] == list(change)
        await topology.apply(js)
        assert await topology.drift(js) == []


def covers(subjects: list[str], subject: str) -> bool:
    return any(subject == each or (each.endswith(".>") and subject.startswith(each[:-1])) for each in subjects)


STORED = (ModelDiscovered, ModelIngested, ModelIngestionFailed, SyncRequested, SyncCompleted)


@pytest.mark.parametrize("event", STORED, ids=lambda event: event.subject)
def test_every_stored_event_has_its_place(event: type[Event]) -> None:
    _, main = topology.streams(1)
    assert covers(main.subjects or [], event.subject)


@pytest.mark.parametrize("durable", DURABLES, ids=lambda durable: durable.name)
def test_what_a_durable_stops_delivering_reaches_the_dead_letters(durable: topology.Durable) -> None:
    dead, _ = topology.streams(1)
    assert covers(dead.subjects or [], DeadLetter.subject_of(durable.name))
    for kind in ("MAX_DELIVERIES", "MSG_TERMINATED"):
        assert f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.{STREAM}.{durable.name}" in (dead.subjects or [])


def test_replicas_are_a_setting() -> None:
    assert [config.num_replicas for config in topology.streams(3)] == [3, 3]
    assert all(isinstance(config, StreamConfig) for config in topology.streams(3))
    assert isinstance(topology.consumer(DURABLES[0]), ConsumerConfig)
