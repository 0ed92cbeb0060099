"""Ingesters verify by themselves: what waits longest, within bounds, one at a time, and never while one ingests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from ingester.app import build_schedule
from ingester.store.verdicts import Pace, turn
from ingester.verification.schedule import HOUR, WEEK, VerificationSchedule, paces
from ingester.verification.verification import Verification

from tests.support.eventually import eventually
from tests.support.hub.faults import Status
from tests.support.pipeline import Pipeline
from tests.support.submissions import V1, V2, solved, submission, tasks

TASK = tasks()[0]
ROWS, HUB = Pace("rows", 2, HOUR), Pace("hub", 1, timedelta(days=1))


@pytest.fixture
async def models(pipeline: Pipeline) -> list[str]:
    names = ["a", "b", "c"]
    for name in names:
        pipeline.hub.commit(V2, submission(name, {TASK: solved(TASK)}))
    await pipeline.settle()
    return names


def schedule(pipeline: Pipeline, *chosen: Pace, is_busy: Callable[[], bool] = lambda: False) -> VerificationSchedule:
    verification = Verification(
        pipeline.pool, pipeline.ingester.hub, None, pipeline.ingester.metrics.count_verification
    )
    return VerificationSchedule(verification, (V1, V2), chosen, is_busy)


async def is_turn_taken(pipeline: Pipeline) -> bool:
    # Only looked at: to try the lock would turn the schedule away.
    locks = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return bool(await pipeline.pool.fetchval(locks))


async def verified(pipeline: Pipeline) -> list[tuple[str, str]]:
    rows = await pipeline.pool.fetch(
        "SELECT model, compared_with FROM verifications n JOIN submission_versions v ON v.id = version_id ORDER BY n.id"
    )
    return [tuple(row) for row in rows]


async def age(pipeline: Pipeline, model: str, hours: int) -> None:
    await pipeline.pool.execute(
        "UPDATE verifications n SET verified_at = now() - $2::interval FROM submission_versions v"
        " WHERE v.id = version_id AND v.model = $1",
        model,
        timedelta(hours=hours),
    )
    await pipeline.pool.execute("UPDATE submission_versions SET ingested_at = ingested_at - interval '9 days'")


@pytest.mark.usefixtures("models")
async def test_those_that_wait_longest_come_first_and_no_more_than_are_due(pipeline: Pipeline) -> None:
    assert await schedule(pipeline, ROWS, HUB).run_once() == 3
    assert await verified(pipeline) == [("c", "rows"), ("b", "rows"), ("c", "hub")]
    assert await schedule(pipeline, ROWS, HUB).run_once() == 0
    await age(pipeline, "b", hours=2)
    await age(pipeline, "c", hours=3)
    assert await schedule(pipeline, ROWS).run_once() == 2
    assert (await verified(pipeline))[3:] == [("a", "rows"), ("c", "rows")]


@pytest.mark.usefixtures("models")
async def test_each_version_is_verified_once_in_the_time_that_is_set(pipeline: Pipeline) -> None:
    assert await schedule(pipeline, Pace("rows", 1, HOUR, HOUR)).run_once() == 3


@pytest.mark.usefixtures("models")
async def test_one_ingester_verifies_at_a_time(pipeline: Pipeline) -> None:
    async with turn(pipeline.pool) as ours:
        assert ours
        assert await schedule(pipeline, ROWS).run_once() == 0
    assert await schedule(pipeline, ROWS).run_once() == 2


@pytest.mark.usefixtures("models")
async def test_an_ingestion_has_the_first_word(pipeline: Pipeline) -> None:
    assert await schedule(pipeline, ROWS, is_busy=lambda: True).run_once() == 0
    pipeline.hub.latency = 60
    busy: list[bool] = []
    running = asyncio.create_task(schedule(pipeline, HUB, is_busy=lambda: bool(busy)).run_once())
    await eventually(partial(is_turn_taken, pipeline), 20)
    busy.append(True)
    assert await asyncio.wait_for(running, 20) == 0
    assert await verified(pipeline) == []


@pytest.mark.usefixtures("models")
async def test_a_hub_that_is_away_is_asked_again_the_next_time(pipeline: Pipeline) -> None:
    pipeline.hub.faults.add(Status(403), "resolve")
    assert await schedule(pipeline, HUB).run_once() == 0
    pipeline.hub.faults.clear()
    assert await schedule(pipeline, HUB).run_once() == 1


@pytest.mark.usefixtures("models")
async def test_a_stop_ends_it_at_once(pipeline: Pipeline) -> None:
    pipeline.hub.latency = 60
    running = asyncio.create_task(schedule(pipeline, HUB).run_once())
    await eventually(partial(is_turn_taken, pipeline), 20)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 20)

    async def is_turn_free() -> bool:
        return not await is_turn_taken(pipeline)

    await eventually(is_turn_free, 20)


async def test_zero_switches_off(pipeline: Pipeline) -> None:
    assert paces(0, 0) == ()
    assert build_schedule(pipeline.ingester).paces == (Pace("rows", 12, HOUR, WEEK), Pace("hub", 2, timedelta(days=1)))
    assert build_schedule(pipeline.ingester).is_busy() is False
    with pipeline.ingester.metrics.running.track_inprogress():
        assert build_schedule(pipeline.ingester).is_busy() is True
