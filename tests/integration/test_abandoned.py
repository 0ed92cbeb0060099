"""A run that nobody goes on with is ended with a reason; one whose event still waits, or that is at work, is not."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from common import bus, topology
from common.events import ModelDiscovered, ModelIngestionFailed
from ingester import store
from ingester.abandoned import KIND, Abandoned
from ingester.metrics import Metrics
from structlog.testing import capture_logs

from tests.support.pipeline import Pipeline
from tests.support.submissions import V2


@pytest.fixture
def abandoned(pipeline: Pipeline) -> Abandoned:
    return Abandoned(pipeline.pool, pipeline.client, Metrics(), "ingester")


async def half_done(pipeline: Pipeline, model: str) -> int:
    """Leave what an ingester leaves that died ten minutes ago; return its run."""
    async with store.locked(pipeline.pool, V2, model) as session:
        run = await session.open_run(
            delivery_count=1,
            ingester="dead",
            revision="0" * 40,
            tree_oid="1" * 40,
            total_puzzles=3,
            dry_run=False,
            base_url="",
            source="ARC2-Eval",
            trigger="schedule",
            auto_triggered=True,
        )
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


async def test_a_run_whose_event_is_gone_ends_failed_and_is_announced(pipeline: Pipeline, abandoned: Abandoned) -> None:
    run_id = await half_done(pipeline, "m")
    with capture_logs() as lines:
        assert await abandoned.run_once() == 1
    row = await run_row(pipeline, run_id)
    assert (row["status"], row["error_log"].split(",")[0]) == ("failed", "its ingester stopped in the middle")
    assert 590_000 < row["duration_ms"] < 700_000
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, "model.ingestion_failed")
    failed = ModelIngestionFailed.model_validate_json(message.data or b"")
    assert (failed.run_id, failed.dataset, failed.model, failed.kind) == (run_id, V2, "m", KIND)
    (line,) = (line for line in lines if line["event"] == "ingestion.ended")
    assert (line["run_id"], line["model"], line["outcome"]) == (run_id, "m", "failed")
    sample = abandoned.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_failures_total", {"kind": KIND}) == 1
    assert await abandoned.run_once() == 0


async def test_a_run_that_just_began_is_left_alone(pipeline: Pipeline, abandoned: Abandoned) -> None:
    run_id = await half_done(pipeline, "m")
    await pipeline.pool.execute("UPDATE ingestion_runs SET started_at = now()")
    assert await abandoned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"


async def test_a_run_whose_event_waits_for_its_next_delivery_is_left_alone(
    pipeline: Pipeline, abandoned: Abandoned, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The event was stored before the run began, a moment ago.
    monkeypatch.setattr("ingester.abandoned.CLOCKS_DIFFER", timedelta(0))
    puller = await ask_for(pipeline, "m")
    (message,) = await puller.fetch(1, timeout=3)
    await message.nak(delay=600)
    run_id = await half_done(pipeline, "m")
    await pipeline.pool.execute("UPDATE ingestion_runs SET started_at = now()")
    assert await abandoned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"


async def test_a_later_event_of_another_model_keeps_no_run_alive(pipeline: Pipeline, abandoned: Abandoned) -> None:
    await half_done(pipeline, "m")
    await ask_for(pipeline, "another")
    assert await abandoned.run_once() == 1


async def test_a_run_whose_ingester_died_at_every_delivery_is_ended(pipeline: Pipeline, abandoned: Abandoned) -> None:
    puller = await ask_for(pipeline, "deadly")
    for _ in range(topology.MAX_DELIVER):
        await (await puller.fetch(1, timeout=3))[0].nak()
    with pytest.raises(TimeoutError):
        await puller.fetch(1, timeout=0.2)
    run_id = await half_done(pipeline, "deadly")
    assert await abandoned.run_once() == 1
    assert (await run_row(pipeline, run_id))["status"] == "failed"


async def test_a_run_that_somebody_is_at_is_left_alone(pipeline: Pipeline, abandoned: Abandoned) -> None:
    run_id = await half_done(pipeline, "m")
    async with store.locked(pipeline.pool, V2, "m"):
        assert await abandoned.run_once() == 0
    assert (await run_row(pipeline, run_id))["status"] == "running"
