"""A database that was emptied, restored or replaced within the dedupe window gets every event that it needs."""

import pytest
from common.bus import topology
from common.events import ModelDiscovered
from common.outcomes import Fail
from ingester.handlers import FailureRecorder
from ingester.metrics import Metrics as IngesterMetrics
from nats.js.errors import NotFoundError

from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.pipeline import Pipeline
from tests.support.postgres import TestPostgres
from tests.support.submissions import V2, solved, submission, tasks, unsolved

TASK = tasks()[0]
TABLES = (
    "explanations, ingestion_runs, submission_versions, task_results, ingestion_errors, sync_runs, staged_rows, "
    "version_scores, verifications"
)


async def stored(pipeline: Pipeline, subject: str) -> int:
    """Return how many events of a subject the stream holds."""
    info = await pipeline.client.jetstream().stream_info(topology.STREAM, subjects_filter=">")
    return (info.state.subjects or {}).get(subject, 0)


async def give_up(pipeline: Pipeline) -> None:
    """Do what the handler does when an ingestion fails for good."""
    failures = FailureRecorder(pipeline.pool, pipeline.client, IngesterMetrics(), "test")
    await failures(b'{"dataset": "o/d", "model": "x"}', Fail("unexpected", "a bug"), 6)


async def test_an_emptied_database_is_filled_again(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    for _ in range(3):
        assert (await pipeline.sync()).datasets[1].published == 1
        await pipeline.drain()
        await give_up(pipeline)
        assert (await pipeline.version("m"))["run_id"] == 1
        await pipeline.pool.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
    assert await stored(pipeline, "sync.completed") == 3
    assert await stored(pipeline, "model.ingested") == 3
    assert await stored(pipeline, "model.ingestion_failed") == 3


async def test_a_database_restored_from_an_earlier_dump_gets_what_came_after_it(
    hub: TestHub, postgres: TestPostgres, nats_url: str
) -> None:
    first = await postgres.create()
    hub.commit(V2, submission("a", {TASK: solved(TASK)}))
    async with support.build(hub, postgres.url(first), nats_url) as pipeline:
        await pipeline.sync()
        await pipeline.drain()
    restored = await postgres.create(first)
    hub.commit(V2, {**submission("a", {TASK: unsolved(TASK)}), **submission("m", {TASK: solved(TASK)})})
    for database in (first, restored):
        async with support.build(hub, postgres.url(database), nats_url) as pipeline:
            assert (await pipeline.sync()).datasets[1].published == 2
            await pipeline.drain()
            assert (await pipeline.sync()).datasets[1].unchanged == ("a", "m")
    async with support.build(hub, postgres.url(restored), nats_url) as pipeline:
        assert await stored(pipeline, "model.ingested") == 1 + 2 + 2
    for database in (first, restored):
        await postgres.drop(database)


async def test_an_event_that_waits_or_is_being_worked_on_is_not_published_again(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    assert (await pipeline.sync()).datasets[1].published == 1
    assert (await pipeline.sync()).datasets[1].published == 0, "it waits"
    messages = await pipeline.delivered()
    run = "INSERT INTO ingestion_runs (hf_dataset, dataset_name, tree_oid, status, dry_run, base_url, total_puzzles,"
    await pipeline.pool.execute(
        f"{run} duration_ms, started_at, completed_at) VALUES ($1, 'm', $2, 'running', false, '', 1, 0, now(), now())",
        V2,
        hub.oid(V2, "m"),
    )
    assert (await pipeline.sync()).datasets[1].published == 0, "an ingester works on it"
    await pipeline.pool.execute("DELETE FROM ingestion_runs")
    assert (await pipeline.sync()).datasets[1].published == 1, "it was delivered, and no ingester works on it"
    assert (await pipeline.sync()).datasets[1].published == 0, "the new one waits"
    for message in messages:
        await message.ack_sync()
    assert (await pipeline.sync()).datasets[1].published == 0, "the new one still waits"


async def test_without_the_durable_nothing_is_taken_for_dealt_with(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    await pipeline.sync()
    await pipeline.client.jetstream().delete_consumer(topology.STREAM, topology.INGESTER.name)
    event = ModelDiscovered(dataset=V2, model="m", tree_oid=hub.oid(V2, "m"), trigger="schedule")
    with pytest.raises(NotFoundError):
        await pipeline.syncer.publish(event)
