"""A run is ended by its own event alone, and takes along what was staged for it, however it ends."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from common.bus.topology import STREAM
from common.events import IngestionProgress, ModelDiscovered, ModelIngestionFailed
from common.hub.transports import Choice
from common.outcomes import Fail, TransientError
from ingester.handlers import FailureRecorder
from ingester.metrics import Metrics
from ingester.store.session import locked

from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.submissions import V2, solved, submission, tasks, unsolved

FIVE = tasks()[:5]
FIRST = rf"resolve/.*/{FIVE[0].id}"
FORCED = ModelDiscovered(dataset=V2, model="m")
PLAIN = ModelDiscovered(dataset=V2, model="m", trigger="schedule")
DRY = ModelDiscovered(dataset=V2, model="m", dry_run=True)


@pytest.fixture
def transport() -> Choice:
    return "files"


async def interrupted(pipeline: Pipeline, hub: TestHub, event: ModelDiscovered, sequence: int) -> None:
    """Deliver an event for the first time, on a bad day: its run waits, with four files staged."""
    rule = hub.faults.add(Status(404), FIRST)
    with pytest.raises(TransientError, match="1 files stay broken"):
        await pipeline.ingester.ingest(event, 1, sequence)
    hub.faults.remove(rule)
    assert await staged(pipeline) > 0


async def staged(pipeline: Pipeline) -> int:
    rows: int = await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows")
    return rows


async def runs(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    rows = await pipeline.pool.fetch("SELECT event_sequence, status FROM ingestion_runs ORDER BY id")
    return [tuple(row) for row in rows]


def failures(pipeline: Pipeline) -> FailureRecorder:
    return FailureRecorder(pipeline.pool, pipeline.client, Metrics(), "test")


async def failed_for_good(
    pipeline: Pipeline, event: ModelDiscovered, sequence: int, delivery_count: int = 6
) -> FailureRecorder:
    recorder = failures(pipeline)
    await recorder(event.model_dump_json().encode(), Fail("hub_error", "no luck"), delivery_count, sequence)
    return recorder


async def test_a_plain_request_leaves_a_forced_run_that_waits_for_its_next_delivery(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.ingester.ingest(PLAIN, 1, 1)
    await interrupted(pipeline, hub, FORCED, 2)
    await pipeline.ingester.ingest(PLAIN, 1, 3)
    assert await runs(pipeline) == [(1, "completed"), (2, "running")]
    before = pipeline.downloads()
    announced = await pipeline.ingester.ingest(FORCED, 2, 2)
    assert announced is not None
    assert announced.event_sequence == 2
    assert pipeline.downloads() - before == 1, "it goes on with what it had staged"
    assert await runs(pipeline) == [(1, "completed"), (2, "completed")]


@pytest.mark.parametrize("other", [DRY, PLAIN], ids=["dry", "plain"])
async def test_an_event_that_fails_for_good_ends_no_run_of_another(
    pipeline: Pipeline, hub: TestHub, other: ModelDiscovered
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await interrupted(pipeline, hub, FORCED, 1)
    await failed_for_good(pipeline, other, 2)
    assert await runs(pipeline) == [(1, "running"), (2, "failed")]
    assert await staged(pipeline) > 0


async def test_an_event_at_work_elsewhere_fails_for_good_without_ending_that_work(
    pipeline: Pipeline, hub: TestHub
) -> None:
    """Acks are not fenced: an event may be delivered again while its first delivery goes on."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await interrupted(pipeline, hub, FORCED, 1)
    async with locked(pipeline.pool, V2, "m"):
        await failed_for_good(pipeline, FORCED, 1)
    assert await runs(pipeline) == [(1, "running"), (1, "failed")]
    assert await staged(pipeline) > 0


async def test_a_failure_told_twice_is_one_run(pipeline: Pipeline) -> None:
    """The power failed before the message was settled."""
    for _ in range(2):
        await failed_for_good(pipeline, PLAIN, 7)
    assert await runs(pipeline) == [(7, "failed")]
    await failed_for_good(pipeline, PLAIN, 8)
    assert await runs(pipeline) == [(7, "failed"), (8, "failed")]


async def test_a_dry_run_that_fails_is_told_and_counts_as_no_failure_of_the_model(
    pipeline: Pipeline, hub: TestHub
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await interrupted(pipeline, hub, DRY, 1)
    recorder = await failed_for_good(pipeline, DRY, 1)
    rows = await pipeline.pool.fetch("SELECT status, dry_run FROM ingestion_runs")
    assert [tuple(row) for row in rows] == [("failed", True)]
    message = await pipeline.client.jetstream().get_last_msg(STREAM, ModelIngestionFailed.subject)
    failed = ModelIngestionFailed.model_validate_json(message.data or b"")
    assert (failed.dry_run, failed.event_sequence) == (True, 1)
    sample = recorder.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_failures_total", {"kind": "hub_error"}) == 0
    assert sample("arcwatch_ingester_ingestions_total", {"status": "failed"}) == 0


async def test_a_dry_run_that_succeeds_counts_as_no_ingestion(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {FIVE[0]: solved(FIVE[0]), FIVE[1]: b"["}))
    await pipeline.ingester.ingest(DRY)
    sample = pipeline.ingester.metrics.registry.get_sample_value
    assert sample("arcwatch_ingester_ingestions_total", {"status": "partial"}) == 0
    assert sample("arcwatch_ingester_files_total", {"outcome": "failed"}) == 0


async def _fails(pipeline: Pipeline, _hub: TestHub) -> None:
    await failed_for_good(pipeline, PLAIN, 1)


async def _is_deleted(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"m": None})
    await pipeline.ingester.ingest(PLAIN, 2, 1)


async def _holds_no_task(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, {"m": None})
    hub.commit(V2, {"m/plot.png": b"png"})
    await pipeline.ingester.ingest(PLAIN, 2, 1)


async def _lands(pipeline: Pipeline, _hub: TestHub) -> None:
    await pipeline.ingester.ingest(PLAIN, 2, 1)


@pytest.mark.parametrize(
    ("end", "status"),
    [(_fails, "failed"), (_is_deleted, "skipped"), (_holds_no_task, "skipped"), (_lands, "completed")],
    ids=["fails", "is-deleted", "holds-no-task", "lands"],
)
async def test_nothing_stays_staged_for_a_run_that_ended(
    pipeline: Pipeline, hub: TestHub, end: Callable[[Pipeline, TestHub], Awaitable[None]], status: str
) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await interrupted(pipeline, hub, PLAIN, 1)
    await end(pipeline, hub)
    assert await runs(pipeline) == [(1, status)]
    assert await staged(pipeline) == 0


async def test_nothing_stays_staged_for_a_dry_run_that_ended(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await interrupted(pipeline, hub, DRY, 1)
    await pipeline.ingester.ingest(DRY, 2, 1)
    assert await runs(pipeline) == [(1, "completed")]
    assert await staged(pipeline) == 0


async def test_a_run_whose_content_was_reverted_takes_its_staged_rows_along(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.ingester.ingest(PLAIN, 1, 1)
    hub.commit(V2, submission("m", {task: unsolved(task) for task in FIVE}))
    await interrupted(pipeline, hub, PLAIN, 2)
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    await pipeline.ingester.ingest(PLAIN, 2, 2)
    assert await runs(pipeline) == [(1, "completed"), (2, "skipped")]
    assert await staged(pipeline) == 0


async def test_a_version_is_not_committed_without_files_that_were_staged(pipeline: Pipeline, hub: TestHub) -> None:
    """Should anybody take them away meanwhile, the next delivery fetches them again."""
    hub.commit(V2, submission("m", {task: solved(task) for task in FIVE}))
    taken = asyncio.Event()

    async def take_away(progress: IngestionProgress) -> None:
        if progress.done == 5 and not taken.is_set():
            taken.set()
            await pipeline.pool.execute("DELETE FROM staged_rows WHERE puzzle_id = $1", FIVE[0].id)

    ingester = dataclasses.replace(pipeline.ingester, announce=take_away)
    with pytest.raises(TransientError, match="staged"):
        await interrupted_after_staging(pipeline, ingester)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM submission_versions") == 0
    announced = await pipeline.ingester.ingest(PLAIN, 3, 1)
    assert announced is not None
    assert announced.successful == 5


async def interrupted_after_staging(pipeline: Pipeline, ingester: Any) -> None:
    """Stage all files in a first delivery that does not come to its commit; begin the second."""
    rows = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$"
    await pipeline.pool.execute(rows)
    await pipeline.pool.execute("CREATE TRIGGER refuse BEFORE INSERT ON submission_versions EXECUTE FUNCTION refuse()")
    with pytest.raises(Exception, match="not now"):
        await pipeline.ingester.ingest(PLAIN, 1, 1)
    await pipeline.pool.execute("DROP TRIGGER refuse ON submission_versions")
    await ingester.ingest(PLAIN, 2, 1)
