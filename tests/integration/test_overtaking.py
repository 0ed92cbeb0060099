"""What a person asks for overtakes a backlog, is done by exactly one of several ingesters, and is never lost."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from common.bus import bus, topology
from common.events import ModelDiscovered
from ingester import app as ingester_app
from ingester.ingestion.overtaking import Overtaking, was_overtaken
from ingester.settings import Settings
from ingester.store import overtaken

from tests.support import pipeline as support
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Stall
from tests.support.ingester_process import ingester_process
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks

ONE = tasks()[0]
BACKLOG = 1_000
RUNS = "SELECT dataset_name, status, request_ids FROM ingestion_runs WHERE status <> 'running' ORDER BY id"


async def _backlog(pipeline: Pipeline, count: int) -> None:
    """Publish automatic events, of which each ingester takes one, whose files never come."""
    for number in range(count):
        event = ModelDiscovered(dataset=V2, model=f"m{number % 2}", trigger="schedule", tree_oid=f"{number:040x}")
        await pipeline.client.publish(event.subject, event.model_dump_json(exclude_none=True).encode())

    async def stored() -> bool:
        return (await pipeline.client.jetstream().stream_info(topology.STREAM)).state.messages == count

    await eventually(stored, 60, what=f"{count} events on the stream")


async def test_a_manual_request_lands_before_a_backlog_of_a_thousand_and_once(
    hub: TestHub, database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "GRACEFUL_TIMEOUT_SECONDS", 0.5)  # what is stalled ends at no other time
    for model in ("m0", "m1", "wanted"):
        hub.commit(V2, submission(model, {ONE: solved(ONE)}))
    stalled = hub.faults.add(Stall(), "resolve/.*/m[01]/")
    shared = {"hf_endpoint": hub.url, "hf_datasets": (V1, V2), "database_url": database_url, "nats_url": nats_url}
    settings = Settings.model_validate({**shared, "hf_transport": "files"})
    async with support.build(hub, database_url, nats_url) as pipeline, AsyncExitStack() as stack:
        await _backlog(pipeline, BACKLOG)
        for _ in range(2):
            await stack.enter_async_context(running(ingester_app.run, settings))
        await eventually(lambda: stalled.struck >= 2, 60)
        js = pipeline.client.jetstream()
        wanted = f'{{"dataset": "{V2}", "model": "wanted", "request_ids": ["mine"]}}'.encode()
        sequence = (await js.publish("model.discovered", wanted)).seq

        async def landed() -> list[Any]:
            return [tuple(row) for row in await pipeline.pool.fetch(RUNS)]

        # Nothing of the backlog has ended: the first two of it are stalled for as long as it takes.
        assert await eventually(landed, 60) == [("wanted", "completed", ["mine"])]
        done = "SELECT event_sequence FROM overtaken_events"
        assert await eventually(lambda: pipeline.pool.fetchval(done), 30) == sequence
        ended_for = "SELECT event_sequence FROM ingestion_runs WHERE status = 'completed'"
        assert [row[0] for row in await pipeline.pool.fetch(ended_for)] == [sequence]
        await stack.aclose()
        assert await landed() == [("wanted", "completed", ["mine"])]


async def test_where_its_ingester_is_killed_another_one_does_it_ahead(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    for model in ("m0", "m1", "wanted"):
        hub.commit(V2, submission(model, {ONE: solved(ONE)}))
    stalled = hub.faults.add(Stall(), "resolve/")
    shared = {"hf_endpoint": hub.url, "hf_datasets": f"{V1},{V2}", "database_url": database_url, "nats_url": nats_url}
    async with support.build(hub, database_url, nats_url) as pipeline, AsyncExitStack() as stack:
        await _backlog(pipeline, 20)
        processes = {}
        for number in ("1", "2"):
            process = ingester_process(**shared, hf_transport="files", arcwatch_instance=number)
            processes[number] = await stack.enter_async_context(process)
        await eventually(lambda: stalled.struck >= 2, 60)
        await bus.publish(pipeline.client, ModelDiscovered(dataset=V2, model="wanted"), "test")
        holder = "SELECT ingester FROM ingestion_runs WHERE dataset_name = 'wanted'"
        first = await eventually(lambda: pipeline.pool.fetchval(holder), 60)
        hub.faults.clear()
        await processes.pop(first).kill()

        async def landed() -> list[Any]:
            return [row["dataset_name"] for row in await pipeline.pool.fetch(RUNS)]

        assert await eventually(landed, 60) == ["wanted"]
        assert await pipeline.pool.fetchval(holder) in processes
        assert await pipeline.pool.fetchval("SELECT count(*) FROM ingestion_runs WHERE dataset_name = 'wanted'") == 1
        for other in processes.values():
            await other.kill()


async def test_when_its_turn_comes_it_is_only_acked(hub: TestHub, database_url: str, nats_url: str) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    async with support.build(hub, database_url, nats_url) as pipeline:
        js = pipeline.client.jetstream()
        event = ModelDiscovered(dataset=V2, model="m")
        ack = await bus.publish(pipeline.client, event, "test")
        lane = _lane(pipeline)
        assert await lane.run_once() == 1
        # A second ingester, which looks from the beginning, too.
        assert await _lane(pipeline).run_once() == 0
        settings = pipeline.ingester.settings
        async with running(ingester_app.run, settings):

            async def settled() -> bool:
                info = await js.consumer_info(topology.STREAM, topology.INGESTER.name)
                return bool(info.ack_floor and info.ack_floor.stream_seq == ack.seq)

            await eventually(settled, 60)
        assert await pipeline.pool.fetchval("SELECT count(*) FROM ingestion_runs") == 1


def _lane(pipeline: Pipeline) -> Overtaking:
    queue = ingester_app.build_lock_queue(pipeline.ingester, pipeline.client)
    return ingester_app.build_overtaking(pipeline.ingester, queue, pipeline.client)


async def test_a_delivery_waits_while_it_is_being_done_and_what_fails_is_left_to_its_turn(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    now = datetime.now(UTC)
    async with overtaken.holding(pipeline.pool, 7) as ours:
        assert ours
        async with overtaken.holding(pipeline.pool, 7) as also:
            assert not also
        delivery = asyncio.create_task(was_overtaken(pipeline.pool, 7, now))
        assert await overtaken.is_held(pipeline.pool, 7)
        await overtaken.mark_done(pipeline.pool, 7, now)
        assert not delivery.done()
    assert await delivery
    assert not await was_overtaken(pipeline.pool, 8, now)
    # Of a stream that was made anew.
    assert not await was_overtaken(pipeline.pool, 7, now.replace(year=2020))

    lane = _lane(pipeline)
    found = {"force": False, "tree_oid": "0" * 40}
    for model, trigger, about in (
        ("none", "manual", {}),
        ("m", "schedule", {}),
        ("m", "manual", found),
        ("m", "manual", {}),
    ):
        event = ModelDiscovered.model_validate({"dataset": V2, "model": model, "trigger": trigger, **about})
        await bus.publish(pipeline.client, event, "test")
    assert await lane.run_once() == 1
    assert await lane.run_once() == 0
    assert len(await pipeline.delivered()) == 4
    # What the durable has delivered is its own.
    await bus.publish(pipeline.client, ModelDiscovered(dataset=V2, model="m"), "test")
    (late,) = await pipeline.delivered()
    assert await lane.run_once() == 0
    await late.ack_sync()
