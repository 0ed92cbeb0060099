"""An orphaned run is ended with a reason; one whose event still waits, or that is at work, is left."""

from typing import Any

import asyncpg
import pytest
from common.bus import bus, topology
from common.events import ModelDiscovered, ModelIngestionFailed
from ingester.metrics import Metrics
from ingester.orphaned_runs import KIND, OrphanedRuns
from ingester.store import lock_waiters
from ingester.store.runs import Origin, RunStart, delete_orphaned_staging
from ingester.store.session import locked
from ingester.submission.staged_row import Row
from structlog.testing import capture_logs

from tests.support.pipeline import Pipeline
from tests.support.submissions import V2


@pytest.fixture
def orphaned(pipeline: Pipeline) -> OrphanedRuns:
    return OrphanedRuns(pipeline.pool, pipeline.client, Metrics(), "ingester")


async def half_done(pipeline: Pipeline, model: str, sequence: int | None = 1, *, dry_run: bool = False) -> int:
    """Leave what an ingester leaves that died ten minutes ago: a run, and staged rows; return the run."""
    async with locked(pipeline.pool, V2, model) as session:
        event = ModelDiscovered(dataset=V2, model=model, trigger="schedule", dry_run=dry_run)
        origin = Origin(event, sequence, 1, "dead")
        run = await session.open_run(RunStart(origin, "", "ARC2-Eval", "0" * 40, "1" * 40, 3, "edition"))
        await session.stage([(run.id, V2, model, "2" * 40, *Row("00000000"))])
    await pipeline.pool.execute("UPDATE ingestion_runs SET started_at = now() - interval '10 minutes'")
    return run.id


async def run_row(pipeline: Pipeline, run_id: int) -> asyncpg.Record:
    row = await pipeline.pool.fetchrow("SELECT * FROM ingestion_runs WHERE id = $1", run_id)
    assert row is not None
    return row


async def ask_for(pipeline: Pipeline, model: str) -> Any:
    """Publish an event, and take it as an ingester does; return what pulled it."""
    await bus.publish(pipeline.client, ModelDiscovered(dataset=V2, model=model), "test")
    return await pipeline.client.jetstream().pull_subscribe_bind("ingester", topology.STREAM)


async def test_a_run_whose_event_is_gone_ends_failed_and_is_announced(
    pipeline: Pipeline, orphaned: OrphanedRuns
) -> None:
    run_id = await half_done(pipeline, "m")
    with capture_logs() as lines:
        assert await orphaned.run_once() == 1
    row = await run_row(pipeline, run_id)
    assert (row["status"], row["error_log"].split(",")[0]) == ("failed", "its ingester stopped in the middle")
    assert 590_000 < row["duration_ms"] < 1_200_000
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, "model.ingestion_failed")
    failed = ModelIngestionFailed.model_validate_json(message.data or b"")
    assert (failed.run_id, failed.dataset, failed.model, failed.kind) == (run_id, V2, "m", KIND)
    assert (failed.failed_at, failed.event_sequence) == (row["completed_at"], row["event_sequence"])
    (line,) = (line for line in lines if line["event"] == "ingestion.ended")
    assert (line["run_id"], line["model"], line["outcome"]) == (run_id, "m", "failed")
    sample = orphaned.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_failures_total", {"kind": KIND}) == 1
    assert await orphaned.run_once() == 0


async def test_a_run_that_just_began_is_left_alone(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    run_id = await half_done(pipeline, "m")
    await pipeline.pool.execute("UPDATE ingestion_runs SET started_at = now()")
    assert await orphaned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"


async def test_a_run_whose_event_waits_for_its_next_delivery_is_left_alone(
    pipeline: Pipeline, orphaned: OrphanedRuns
) -> None:
    """Although NATS' clock, ten minutes ahead of PostgreSQL's, tells that the event came after the run."""
    puller = await ask_for(pipeline, "m")
    (message,) = await puller.fetch(1, timeout=10)
    await message.nak(delay=600)
    run_id = await half_done(pipeline, "m", message.metadata.sequence.stream)
    assert await orphaned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"


async def test_a_later_event_of_another_model_keeps_no_run_alive(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    puller = await ask_for(pipeline, "m")
    (message,) = await puller.fetch(1, timeout=10)
    await message.term()
    await half_done(pipeline, "m", message.metadata.sequence.stream)
    await ask_for(pipeline, "another")
    assert await orphaned.run_once() == 1


async def test_a_run_whose_request_waits_for_the_models_lock_is_left_alone(
    pipeline: Pipeline, orphaned: OrphanedRuns
) -> None:
    """Its event is settled, and comes again as another one."""
    run_id = await half_done(pipeline, "m")
    request = await lock_waiters.join(pipeline.pool, ModelDiscovered(dataset=V2, model="m"), "m")
    assert await orphaned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"
    await lock_waiters.settle(pipeline.pool, request)
    assert await orphaned.run_once() == 1


async def test_a_run_that_names_no_event_ends_when_no_event_waits(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    """An ingester of an earlier version began it: any event that waits may be its own."""
    await half_done(pipeline, "m", None)
    puller = await ask_for(pipeline, "m")
    assert await orphaned.run_once() == 0
    await (await puller.fetch(1, timeout=10))[0].ack_sync()
    assert await orphaned.run_once() == 1


async def test_a_run_whose_ingester_died_at_every_delivery_is_ended(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    puller = await ask_for(pipeline, "deadly")
    for _ in range(topology.MAX_DELIVER):
        await (await puller.fetch(1, timeout=10))[0].nak()
    with pytest.raises(TimeoutError):
        await puller.fetch(1, timeout=0.2)
    run_id = await half_done(pipeline, "deadly")
    assert await orphaned.run_once() == 1
    assert (await run_row(pipeline, run_id))["status"] == "failed"


async def test_a_dry_run_ends_as_one_and_counts_as_no_failure(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    run_id = await half_done(pipeline, "m", dry_run=True)
    assert await orphaned.run_once() == 1
    row = await run_row(pipeline, run_id)
    assert (row["status"], row["dry_run"]) == ("failed", True)
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, "model.ingestion_failed")
    assert ModelIngestionFailed.model_validate_json(message.data or b"").dry_run
    sample = orphaned.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_failures_total", {"kind": KIND}) == 0
    assert sample("arcwatch_ingester_ingestions_total", {"status": "failed"}) == 0


async def test_what_is_staged_for_runs_that_ended_is_swept_and_nothing_else(pipeline: Pipeline) -> None:
    ended, goes_on = await half_done(pipeline, "ended"), await half_done(pipeline, "goes-on")
    await pipeline.pool.execute("UPDATE ingestion_runs SET status = 'failed' WHERE id = $1", ended)
    # Of an ingester from before rows named their run: at work for the one, left by the other.
    await pipeline.pool.execute(
        "INSERT INTO staged_rows (hf_dataset, model, hf_blob_oid, puzzle_id)"
        " VALUES ($1, 'goes-on', '', 'old'), ($1, 'ended', '', 'old')",
        V2,
    )
    await delete_orphaned_staging(pipeline.pool)
    rows = await pipeline.pool.fetch("SELECT run_id, model FROM staged_rows ORDER BY run_id")
    assert [tuple(row) for row in rows] == [(goes_on, "goes-on"), (None, "goes-on")]


async def test_a_run_that_an_ingester_is_at_is_left_alone(pipeline: Pipeline, orphaned: OrphanedRuns) -> None:
    run_id = await half_done(pipeline, "m")
    async with locked(pipeline.pool, V2, "m"):
        assert await orphaned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"
