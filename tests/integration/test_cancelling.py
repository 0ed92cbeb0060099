"""A run that an admin cancels ends within seconds as skipped, with nothing half-written, and is not delivered again."""

import asyncio

from common.bus import bus, topology
from common.events import ModelDiscovered
from ingester import app as ingester_app
from ingester.settings import Settings

from tests.support import pipeline as support
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Stall
from tests.support.pipeline import Pipeline
from tests.support.services import running
from tests.support.submissions import V1, V2, solved, submission, tasks

ONE, TWO = tasks()[:2]
RUN = "SELECT id, status, error_log FROM ingestion_runs WHERE dataset_name = $1 ORDER BY id DESC LIMIT 1"
CANCEL = "INSERT INTO cancellations (run_id, request_id, asked_by) VALUES ($1, $2, 'ada')"


async def _publish(pipeline: Pipeline, model: str, **about: object) -> None:
    event = ModelDiscovered.model_validate({"dataset": V2, "model": model, **about})
    await bus.publish(pipeline.client, event, "test")


async def _settled(pipeline: Pipeline) -> bool:
    info = await pipeline.client.jetstream().consumer_info(topology.STREAM, topology.INGESTER.name)
    return not (info.num_pending or info.num_ack_pending)


async def test_a_running_ingestion_and_one_that_waits_end_as_cancelled_and_others_go_on(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE), TWO: solved(TWO)}))
    hub.commit(V2, submission("other", {ONE: solved(ONE)}))
    stalled = hub.faults.add(Stall(), f"resolve/.*/m/{TWO.id}")
    settings = {"hf_endpoint": hub.url, "hf_datasets": (V1, V2), "database_url": database_url, "nats_url": nats_url}
    async with support.build(hub, database_url, nats_url) as pipeline:
        chosen = Settings.model_validate({**settings, "hf_transport": "files"})
        async with running(ingester_app.run, chosen):
            await _publish(pipeline, "m", request_ids=("one",))
            await eventually(lambda: stalled.struck, 60)
            await pipeline.pool.execute(CANCEL, None, "taken-back")
            await _publish(pipeline, "other", request_ids=("taken-back",))
            await _publish(pipeline, "other", request_ids=("taken-back", "wanted"), force=False)
            run = await pipeline.pool.fetchrow(RUN, "m")
            assert run is not None
            assert run["status"] == "running"
            await pipeline.pool.execute(CANCEL, run["id"], None)

            await eventually(lambda: _settled(pipeline), 60)
            ended = await pipeline.pool.fetchrow(RUN, "m")
            assert ended is not None
            assert tuple(ended) == (run["id"], "skipped", "cancelled by ada")
            others = "SELECT status, error_log FROM ingestion_runs WHERE dataset_name = 'other' ORDER BY id"
            found = [tuple(row) for row in await pipeline.pool.fetch(others)]
            assert found == [("skipped", "cancelled by ada"), ("completed", None)]
        for table in (
            "staged_rows",
            "explanations WHERE model_name LIKE 'm-%'",
            "submission_versions WHERE model = 'm'",
        ):
            assert await pipeline.pool.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        assert (await pipeline.client.jetstream().stream_info(topology.DEAD_STREAM)).state.messages == 0
        # The model itself can be ingested whenever it is wanted again.
        hub.faults.clear()
        await pipeline.settle()
        assert (await pipeline.version("m"))["tree_oid"]


async def test_what_was_committed_before_it_could_be_stopped_is_announced(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {ONE: solved(ONE)}))
    ingest, committed = pipeline.ingester.ingest, asyncio.Event()

    async def slow(event: ModelDiscovered, delivery_count: int, sequence: int | None) -> object:
        found = await ingest(event, delivery_count, sequence)
        if not committed.is_set():
            committed.set()
            await asyncio.Event().wait()
        return found

    work = ingester_app.cancellable(pipeline.ingester)
    late = type(work)(slow, work.pool, work.metrics, work.announce, work.instance, poll_seconds=0.05)
    event = ModelDiscovered(dataset=V2, model="m", request_ids=("one",))
    task = asyncio.create_task(late(event, 1, 7))
    await committed.wait()
    await pipeline.pool.execute(CANCEL, None, "one")
    announced = await task
    assert announced is not None
    statuses = "SELECT status FROM ingestion_runs WHERE dataset_name = 'm' ORDER BY id"
    assert "completed" in [row[0] for row in await pipeline.pool.fetch(statuses)]
    # Of another request, nothing was committed: its run is counted as what it is.
    assert await work(ModelDiscovered(dataset=V2, model="n", request_ids=("one",)), 1, 8) is None
    counted = (pipeline.ingester.metrics.ingestions.labels(status)._value.get() for status in ("cancelled", "skipped"))
    assert list(counted) == [1, 0]
    assert (await pipeline.version("m"))["tree_oid"]
