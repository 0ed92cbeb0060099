"""A folder, or a whole history, that is gone before its event is delivered is news: the run is skipped, or asked again.

Only a mistyped name is a failure.
"""

import asyncio
from dataclasses import dataclass

import pytest
from aiohttp import web
from common.events import ModelDiscovered, ModelIngested
from common.outcomes import PermanentError, TransientError

from tests.support.hub import TestHub
from tests.support.hub.faults import Exchange, Replace
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, answer_file, solved, submission, tasks, unsolved

TASK, OTHER = tasks()[:2]
# Of a case: what main has, its files, their bytes. For an old name, or where main has nothing: its head, then twice.
REQUESTS = {"new": 4, "changed": 3, "renamed": 5, "gone": 5}


@pytest.mark.parametrize("trigger", ["schedule", "manual"])
async def test_a_folder_deleted_before_its_delivery_ends_as_skipped(
    pipeline: Pipeline, hub: TestHub, trigger: str
) -> None:
    """Also where a person asked for the sync: the watcher has listed the folder, so nobody mistyped its name."""
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    await pipeline.sync(trigger=trigger)
    hub.commit(V2, {"m": None})
    assert await pipeline.drain() == [None]
    (run,) = await pipeline.pool.fetch("SELECT * FROM ingestion_runs")
    assert (run["status"], run["dataset_name"], run["auto_triggered"]) == ("skipped", "m", trigger == "schedule")
    assert run["error_log"] == f"{V2} has no folder m (at commit {hub.head(V2)[:12]})"
    sample = pipeline.ingester.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_ingestions_total", {"status": "skipped"}) == 1
    assert sample("arcwatch_ingester_ingestions_total", {"status": "failed"}) == 0


async def test_a_folder_renamed_before_its_delivery_ends_as_skipped_and_the_new_name_lands(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("old", {TASK: solved(TASK)}))
    await pipeline.sync()
    hub.rename(V2, "old", "new")
    assert await pipeline.drain() == [None]
    (announced,) = await pipeline.settle()
    assert announced is not None
    assert announced.model == "new"


@pytest.mark.parametrize("trigger", ["schedule", "manual"])
async def test_a_model_that_was_ingested_and_is_gone_is_left_to_the_watcher(
    pipeline: Pipeline, hub: TestHub, trigger: str
) -> None:
    for model in ("m", "stays"):
        hub.commit(V2, submission(model, {TASK: solved(TASK)}))
    await pipeline.settle()
    hub.commit(V2, {"m": None})
    event = ModelDiscovered.model_validate({"dataset": V2, "model": "m", "trigger": trigger})
    assert await pipeline.ingester.ingest(event) is None
    assert (await pipeline.version("m"))["removed_upstream_at"] is None
    statuses = await pipeline.pool.fetch("SELECT status FROM ingestion_runs ORDER BY id")
    assert [row["status"] for row in statuses] == ["completed", "completed", "skipped"]
    await pipeline.sync()
    assert (await pipeline.version("m"))["removed_upstream_at"] is not None


async def test_a_name_that_never_was_is_a_failure_for_whoever_asked(pipeline: Pipeline) -> None:
    with pytest.raises(PermanentError, match="has no folder nobody"):
        await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="nobody"))
    assert await pipeline.pool.fetchval("SELECT count(*) FROM ingestion_runs") == 0


@pytest.mark.parametrize("trigger", ["schedule", "manual"])
async def test_one_answer_that_misses_a_folder_is_not_believed(pipeline: Pipeline, hub: TestHub, trigger: str) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    event = ModelDiscovered.model_validate({"dataset": V2, "model": "m", "trigger": trigger})
    hub.faults.add(Replace(b"[]"), "paths-info", times=1)
    assert await pipeline.ingester.ingest(event) is not None


@dataclass(frozen=True)
class Rewritten:
    """The history is replaced by one commit while the request is under way."""

    hub: TestHub

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.to_thread(self.hub.squash, V2)
        return await exchange.answer()


@pytest.mark.parametrize("case", REQUESTS)
async def test_a_history_rewritten_between_any_two_requests_costs_a_short_wait(
    pipeline: Pipeline, hub: TestHub, case: str
) -> None:
    for skip in range(REQUESTS[case] + 1):
        model = f"m{skip}"
        # No two models of one content: those would be asked for too.
        hub.commit(V2, submission(model, {TASK: unsolved(TASK), OTHER: answer_file(OTHER, padding=skip)}))
        await pipeline.sync()
        if case in {"changed", "renamed"}:
            await pipeline.drain()
            if case == "renamed":
                hub.rename(V2, model, f"new-{model}")
            else:
                hub.commit(V2, submission(model, {TASK: solved(TASK)}))
            await pipeline.sync()
        elif case == "gone":
            hub.commit(V2, {model: None})
        (event,) = pipeline.published
        pipeline.published.clear()
        rule = hub.faults.add(Rewritten(hub), V2, times=1, skip=skip)
        announced = await delivered(pipeline, event)
        hub.faults.remove(rule)
        assert rule.struck == (skip < REQUESTS[case]), "every request of this case is struck once"
        if case == "gone":
            assert announced is None
        else:
            assert announced is not None
            assert (announced.tree_oid, announced.failed) == (hub.oid(V2, event.model), 0)


async def delivered(pipeline: Pipeline, event: ModelDiscovered) -> ModelIngested | None:
    """Deliver an event, and once more where its first delivery met a history that was rewritten meanwhile."""
    try:
        return await pipeline.ingester.ingest(event)
    except TransientError as error:
        met = error
    assert (met.kind, met.retry_after_seconds) == ("revision_gone", 1.0)
    return await pipeline.ingester.ingest(event, 2)
