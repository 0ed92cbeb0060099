"""Instants come from the database's clock: a service whose host is ahead or behind writes the same as any other."""

import asyncio
import dataclasses
import datetime as dt
import itertools
import json
import sys
from collections.abc import Awaitable, Callable

import pytest
from common.bus import topology
from common.events import ModelDiscovered, ModelIngestionFailed, SyncCompleted
from common.outcomes import Fail, TransientError
from common.schedule import Schedule
from ingester.handlers import FailureRecorder
from ingester.metrics import Metrics
from ingester.store.session import locked
from watcher.metrics import Metrics as WatcherMetrics
from watcher.poll import RETRY_FAILED, Poller

from tests.support.eventually import eventually
from tests.support.hub import TestHub
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, solved, submission, tasks, unsolved

TASK = tasks()[0]
SKEWS = pytest.mark.parametrize("hours", [-2, 2], ids=["behind", "ahead"])
A_WHILE = dt.timedelta(minutes=5)


@pytest.fixture
def skew(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lend a way to set the clock of the host on which the services run."""
    ahead = dt.timedelta(0)

    class Skewed(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Skewed":
            return super().now(tz) + ahead

    def set_clock(hours: float) -> None:
        nonlocal ahead
        ahead = dt.timedelta(hours=hours)

    for name, module in list(sys.modules.items()):
        ours = name.split(".")[0] in {"common", "ingester", "watcher", "query_api"}
        if ours and getattr(module, "datetime", None) is dt.datetime:
            monkeypatch.setattr(module, "datetime", Skewed)
    return set_clock


async def check(pipeline: Pipeline, runs: int, began: dt.datetime) -> None:
    """Compare every instant that was written with the database's clock."""
    rows = await pipeline.pool.fetch("SELECT * FROM ingestion_runs ORDER BY id")
    assert len(rows) == runs
    now = await pipeline.pool.fetchval("SELECT clock_timestamp()")
    for row in rows:
        assert began <= row["started_at"] <= row["completed_at"] <= now
        assert 0 <= row["duration_ms"] <= (now - began) / dt.timedelta(milliseconds=1)
    written = [
        ("submission_versions", "ingested_at"),
        ("submission_versions", "superseded_at"),
        ("explanations", "ingested_at"),
        ("explanations", "removed_upstream_at"),
    ]
    for table, column in written:
        rows = await pipeline.pool.fetch(f"SELECT {column} AS at FROM {table} WHERE {column} IS NOT NULL")
        assert all(began <= row["at"] <= now for row in rows), (table, column)


async def database_now(pipeline: Pipeline) -> dt.datetime:
    now: dt.datetime = await pipeline.pool.fetchval("SELECT clock_timestamp()")
    return now


@SKEWS
async def test_every_way_in_which_a_run_ends_is_timed_by_the_database(
    pipeline: Pipeline, hub: TestHub, skew: Callable[[float], None], hours: float
) -> None:
    began = await database_now(pipeline)
    skew(hours)
    hub.commit(V2, submission("m", {TASK: unsolved(TASK), tasks()[1]: solved(tasks()[1])}))
    await pipeline.settle()
    hub.commit(V2, submission("m", {TASK: solved(TASK)}) | {f"m/{tasks()[1].id}.json": None})
    await pipeline.settle()
    hub.commit(V2, {"figures/plot.png": b"png"})
    await pipeline.settle()
    await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="m", dry_run=True))
    event = ModelDiscovered(dataset=V2, model="m")
    hub.faults.add(Status(404), "resolve", times=1)
    with pytest.raises(TransientError):
        await pipeline.ingester.ingest(event)
    failures = FailureRecorder(pipeline.pool, pipeline.client, Metrics(), "test")
    await failures(event.model_dump_json().encode(), Fail("unavailable", "it stays broken"), 6)
    await check(pipeline, runs=5, began=began)
    statuses = await pipeline.pool.fetch("SELECT status, dry_run FROM ingestion_runs ORDER BY id")
    assert [tuple(row) for row in statuses] == [
        ("completed", False),
        ("completed", False),
        ("skipped", False),
        ("completed", True),
        ("failed", False),
    ]
    message = await pipeline.client.jetstream().get_last_msg(topology.STREAM, ModelIngestionFailed.subject)
    failed = ModelIngestionFailed.model_validate_json(message.data or b"")
    assert failed.failed_at == await pipeline.pool.fetchval("SELECT max(completed_at) FROM ingestion_runs")


async def test_a_clock_that_is_set_back_meanwhile_makes_no_duration_negative(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", {TASK: solved(TASK)}))
    events = [ModelDiscovered(dataset=V2, model="m", dry_run=True), ModelDiscovered(dataset=V2, model="m")]
    ends = [pipeline.ingester.ingest, _given_up(pipeline), _abandoned(pipeline)]
    for sequence, (event, end) in enumerate(itertools.product(events, ends), 1):
        hub.faults.add(Status(404), "resolve", times=1)
        with pytest.raises(TransientError):
            await pipeline.ingester.ingest(event, 1, sequence)
        await pipeline.pool.execute(
            "UPDATE ingestion_runs SET started_at = now() + interval '1 hour' WHERE status = 'running'"
        )
        await end(event, 2, sequence)
    rows = await pipeline.pool.fetch("SELECT duration_ms, completed_at - started_at AS took FROM ingestion_runs")
    assert [tuple(row) for row in rows] == [(0, dt.timedelta(0))] * 6


End = Callable[[ModelDiscovered, int, int], Awaitable[object]]


def _given_up(pipeline: Pipeline) -> End:
    failures = FailureRecorder(pipeline.pool, pipeline.client, Metrics(), "test")
    return lambda event, count, sequence: failures(
        event.model_dump_json().encode(), Fail("hub_error", "no luck"), count, sequence
    )


def _abandoned(pipeline: Pipeline) -> End:
    async def end(_event: ModelDiscovered, _count: int, sequence: int) -> None:
        run_id = await pipeline.pool.fetchval("SELECT id FROM ingestion_runs WHERE event_sequence = $1", sequence)
        async with locked(pipeline.pool, V2, "m") as session:
            assert await session.fail_orphaned(run_id, "no ingester goes on with it") is not None

    return end


async def test_the_latest_model_is_the_one_that_was_committed_last(pipeline: Pipeline, hub: TestHub) -> None:
    """However long its transaction took: another that began later may have been committed before."""
    hub.commit(V2, submission("slow", {TASK: solved(TASK)}))
    hub.commit(V2, submission("fast", {TASK: unsolved(TASK)}))
    async with pipeline.pool.acquire() as other, asyncio.TaskGroup() as group:
        blocking = other.transaction()
        await blocking.start()
        await other.execute(
            "INSERT INTO explanations (hf_dataset, model_name, puzzle_id, pattern_description, solving_strategy)"
            " VALUES ($1, 'slow-attempt1', $2, '', '')",
            V2,
            TASK.id,
        )
        slow = group.create_task(pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="slow")))
        await eventually(lambda: pipeline.pool.fetchval(_WAITS_FOR_A_ROW), 60)
        fast = await pipeline.ingester.ingest(ModelDiscovered(dataset=V2, model="fast"))
        await blocking.rollback()
    last, first = slow.result(), fast
    assert first is not None
    assert last is not None
    assert last.ingested_at > first.ingested_at
    ended = await pipeline.pool.fetchval("SELECT completed_at FROM ingestion_runs WHERE id = $1", last.run_id)
    assert ended >= last.ingested_at, "the run's time is that of its commit too"


_WAITS_FOR_A_ROW = """
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ '(COPY|INSERT INTO) "?explanations'
)
"""


def watcher(pipeline: Pipeline, schedule: Schedule) -> Poller:
    """Return a watcher that has just started."""
    return Poller(dataclasses.replace(pipeline.syncer, metrics=WatcherMetrics()), schedule)


async def syncs(pipeline: Pipeline, began: dt.datetime) -> list[tuple[str, dt.datetime | None, str]]:
    """Return trigger, tick and status of each sync, once its instants are compared with the database's clock."""
    rows = await pipeline.pool.fetch("SELECT * FROM sync_runs ORDER BY id")
    now = await database_now(pipeline)
    for row in rows:
        assert began <= row["started_at"] <= row["completed_at"] <= now
        listed = [each["listed_at"] for each in json.loads(row["datasets"]) if each["error"] is None]
        assert all(row["started_at"] <= dt.datetime.fromisoformat(at) <= row["completed_at"] for at in listed)
    return [(row["trigger"], row["scheduled_for"], row["status"]) for row in rows]


def shown(poller: Poller, dataset: str) -> float | None:
    name = "arcwatch_watcher_last_complete_listing_timestamp_seconds"
    return poller.syncer.metrics.registry.get_sample_value(name, {"dataset": dataset})


@SKEWS
async def test_a_watcher_runs_a_missed_tick_once_and_at_its_time_whatever_its_host_says(
    pipeline: Pipeline, skew: Callable[[float], None], hours: float
) -> None:
    now = await database_now(pipeline)
    tick = (now - dt.timedelta(minutes=30)).replace(second=0, microsecond=0)
    hourly, began = Schedule(f"{tick.minute} * * * *"), now - dt.timedelta(minutes=50)
    skew(hours)
    await watcher(pipeline, hourly).run_once()
    assert await syncs(pipeline, now) == [("startup", None, "completed")]
    # It dies, and the tick passes.
    await pipeline.pool.execute("UPDATE sync_runs SET started_at = $1, completed_at = $1, datasets = '[]'", began)
    again = watcher(pipeline, hourly)
    await again.run_once()
    skew(0)
    other = watcher(pipeline, hourly)
    await other.run_once()
    for hour in (hours, 0):
        skew(hour)
        await again.run_once()
        await other.run_once()
    await pipeline.pool.execute("DELETE FROM sync_runs WHERE started_at = $1", began)
    assert await syncs(pipeline, now) == [("catch_up", tick, "completed"), ("startup", None, "completed")]
    event = await pipeline.client.jetstream().get_last_msg(topology.STREAM, SyncCompleted.subject)
    completed = SyncCompleted.model_validate_json(event.data or b"")
    (row,) = await pipeline.pool.fetch("SELECT * FROM sync_runs ORDER BY id DESC LIMIT 1")
    assert (completed.started_at, completed.completed_at) == (row["started_at"], row["completed_at"])


@SKEWS
async def test_a_dataset_that_failed_is_tried_again_after_the_same_while_on_any_host(
    pipeline: Pipeline, hub: TestHub, skew: Callable[[float], None], hours: float
) -> None:
    yearly, began = Schedule("0 0 1 1 *"), await database_now(pipeline)
    skew(hours)
    one = watcher(pipeline, yearly)
    await one.run_once()
    listed_at = shown(one, V1)
    assert listed_at is not None
    assert began.timestamp() <= listed_at <= (await database_now(pipeline)).timestamp()
    hub.faults.add(Status(403), V1)
    await pipeline.sync(trigger="manual")
    hub.faults.clear()
    skew(0)
    other = watcher(pipeline, yearly)
    await other.run_once()
    await pipeline.pool.execute("DELETE FROM sync_runs WHERE id = (SELECT max(id) FROM sync_runs)")
    for hour, poller in ((hours, one), (0, other)):
        skew(hour)
        assert await poller.run_once() == 0, "it failed just now"
        assert shown(poller, V1) >= listed_at  # type: ignore[operator] # it was listed
    found = await syncs(pipeline, began)
    assert found == [("startup", None, "completed"), ("manual", None, "partial")]
    await pipeline.pool.execute(_AGED, RETRY_FAILED)
    for hour, poller in ((hours, one), (0, other)):
        skew(hour)
        await poller.run_once()
    triggers = await pipeline.pool.fetch("SELECT trigger FROM sync_runs ORDER BY id")
    assert [row[0] for row in triggers] == ["startup", "manual", "catch_up"]


_AGED = """
UPDATE sync_runs SET started_at = started_at - $1::interval, completed_at = completed_at - $1::interval, datasets = (
    SELECT jsonb_agg(CASE WHEN d->>'listed_at' IS NULL THEN d
        ELSE jsonb_set(d, '{listed_at}', to_jsonb((d->>'listed_at')::timestamptz - $1::interval)) END)
    FROM jsonb_array_elements(datasets) AS d)
"""


async def test_a_sync_that_began_in_the_future_ends_when_it_began(pipeline: Pipeline) -> None:
    """As a watcher of an earlier release left it, or a database whose clock was set back."""
    began = await pipeline.pool.fetchval(
        "INSERT INTO sync_runs (trigger, status, started_at) VALUES ('schedule', 'running', now() + interval '1 hour')"
        " RETURNING started_at"
    )
    assert await watcher(pipeline, Schedule("0 0 1 1 *")).run_once() == 1
    (row,) = await pipeline.pool.fetch("SELECT started_at, completed_at FROM sync_runs")
    assert tuple(row) == (began, began)
    event = await pipeline.client.jetstream().get_last_msg(topology.STREAM, SyncCompleted.subject)
    completed = SyncCompleted.model_validate_json(event.data or b"")
    assert (completed.started_at, completed.completed_at) == (began, began)
