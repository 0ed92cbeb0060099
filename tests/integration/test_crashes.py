"""Wherever an ingestion ends, the next delivery brings the same final state, and announces it."""

import contextlib
import itertools
from functools import partial
from typing import Any

import pytest
from common.bus import topology
from common.events import ModelDiscovered, ModelIngested
from common.outcomes import TransientError

from tests.support import pipeline as support
from tests.support.crashes import Crash
from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.ingester_process import ingester_process
from tests.support.pipeline import Pipeline
from tests.support.stored import expected, stored
from tests.support.submissions import V1, V2, solved, submission, tasks, unsolved

FOUR = tasks()[:4]
MANY_CALLS = 25


def event_for(hub: TestHub, model: str) -> ModelDiscovered:
    revision = hub.head(V2)
    return ModelDiscovered(dataset=V2, model=model, revision=revision, tree_oid=hub.oid(V2, model), trigger="schedule")


@pytest.mark.parametrize("changed", [False, True], ids=["new", "changed"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cut", [False, True], ids=["stopped", "cut"])
async def test_a_redelivery_after_an_end_at_any_call_brings_the_same_final_state(
    pipeline: Pipeline, hub: TestHub, monkeypatch: pytest.MonkeyPatch, *, cut: bool, after: bool, changed: bool
) -> None:
    crash = Crash(cut=cut, after=after)
    crash.install(monkeypatch)
    first = {FOUR[0]: unsolved(FOUR[0]), FOUR[1]: b"[", FOUR[2]: solved(FOUR[2])}
    last = {FOUR[0]: solved(FOUR[0]), FOUR[1]: b"[", FOUR[3]: solved(FOUR[3])}
    for at in itertools.count(1):
        model = f"m{at}"
        if changed:
            hub.commit(V2, submission(model, first))
            await pipeline.ingester.ingest(event_for(hub, model))
        hub.commit(V2, submission(model, last) | ({f"{model}/{FOUR[2].id}.json": None} if changed else {}))
        event = event_for(hub, model)
        crashed = await crash.ingest(pipeline.ingester, event, at)
        if crashed:
            await eventually(partial(redelivered, pipeline, event))
        await assert_final(pipeline, hub, model, last, versions=1 + changed)
        if not crashed:
            break
    assert at > MANY_CALLS


async def redelivered(pipeline: Pipeline, event: ModelDiscovered) -> ModelIngested | None:
    """Ingest again; None while PostgreSQL has not yet noticed that the connection with the lock is gone."""
    with contextlib.suppress(TransientError):
        return await pipeline.ingester.ingest(event, delivery_count=2)
    return None


async def assert_final(pipeline: Pipeline, hub: TestHub, model: str, files: Any, versions: int) -> None:
    assert await stored(pipeline.pool, V2, model) == expected(files, model)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 0
    rows = await pipeline.pool.fetch("SELECT tree_oid, superseded_at FROM submission_versions WHERE model = $1", model)
    assert len(rows) == versions
    assert [row["tree_oid"] for row in rows if row["superseded_at"] is None] == [hub.oid(V2, model)]
    runs = await pipeline.pool.fetch("SELECT status FROM ingestion_runs WHERE dataset_name = $1", model)
    assert [row["status"] for row in runs] == ["partial"] * versions
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, "model.ingested")
    announced = ModelIngested.model_validate_json(message.data or b"")
    assert (announced.model, announced.tree_oid) == (model, hub.oid(V2, model))
    assert (announced.successful, announced.failed) == (2, 1)


async def test_what_a_killed_ingester_staged_is_not_fetched_again_by_the_next(
    hub: TestHub, database_url: str, nats_url: str
) -> None:
    files = {task: solved(task) for task in tasks()[:12]}
    hub.commit(V2, submission("m", files))
    settings = {"hf_endpoint": hub.url, "hf_datasets": f"{V1},{V2}", "database_url": database_url, "nats_url": nats_url}
    settings["hf_transport"] = "files"
    async with support.build(hub, database_url, nats_url) as pipeline:
        hub.latency = 0.3
        async with ingester_process(**settings, ingest_concurrency=2, arcwatch_instance="first") as first:
            await pipeline.sync()

            async def half_staged() -> set[str]:
                rows = await pipeline.pool.fetch("SELECT DISTINCT puzzle_id FROM staged_rows")
                return {row["puzzle_id"] for row in rows} if len(rows) >= 4 else set()

            await eventually(half_staged, 30)
            await first.kill()
        staged = await half_staged()
        assert len(staged) < len(files)
        hub.latency = 0.0
        async with ingester_process(**settings, arcwatch_instance="second"):
            # The killed one's message comes again after ack_wait: a durable with a shorter one is not ready.
            ingested = "SELECT count(*) FROM submission_versions"
            await eventually(lambda: pipeline.pool.fetchval(ingested), topology.ACK_WAIT_SECONDS + 60)
        assert await stored(pipeline.pool, V2, "m") == expected(files, "m")
        assert {task_id for task_id in staged if hub.requests.count(f"resolve/.*/{task_id}") > 1} == set()
        run = await pipeline.pool.fetch("SELECT status, ingester, delivery_count FROM ingestion_runs")
        assert [tuple(row) for row in run] == [("completed", "second", 2)]
