"""Each statement on syncs finds and changes the rows that it names, and no others."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from common.events import DatasetSynced, SyncCompleted
from watcher.store.syncs import Listing, SyncRow, Syncs

from tests.ingester.database_rows import AT, DATASET, HOUR, put


@pytest.fixture
def syncs(pool: asyncpg.Pool) -> Syncs:
    return Syncs(pool)


async def sync(pool: asyncpg.Pool, **changes: Any) -> int:
    row = {"trigger": "schedule", "status": "completed", "started_at": AT, "completed_at": AT, **changes}
    return await put(pool, "sync_runs", **row)


async def test_of_any_number_of_watchers_one_gets_a_tick_and_holds_it(pool: asyncpg.Pool, syncs: Syncs) -> None:
    async with syncs.begin("schedule", AT, AT + HOUR, "key") as first:
        assert first is not None
        async with syncs.begin("schedule", AT, AT) as second:
            assert second is None
        async with syncs.begin("schedule", AT + HOUR, AT) as later:
            assert later is not None
            async with syncs.adopt(first) as began_at:
                assert began_at is None
        rows = await pool.fetch("SELECT id, scheduled_for, trigger, status, started_at, request_key FROM sync_runs")
        assert sorted(tuple(row) for row in rows) == [
            (first, AT, "schedule", "running", AT + HOUR, "key"),
            (later, AT + HOUR, "schedule", "running", AT, None),
        ]
    async with syncs.begin("startup", None, AT) as other, syncs.begin("startup", None, AT) as another:
        assert None not in {other, another}


async def test_a_sync_whose_watcher_is_gone_is_adopted_by_one_while_it_runs(pool: asyncpg.Pool, syncs: Syncs) -> None:
    left = await sync(pool, status="running", completed_at=None, scheduled_for=AT, trigger="catch_up")
    other = await sync(pool, status="running", completed_at=None, started_at=AT + HOUR, trigger="webhook")
    ended = await sync(pool)
    assert await syncs.running() == [SyncRow(left, AT, "catch_up"), SyncRow(other, None, "webhook")]
    async with syncs.adopt(left) as began_at, syncs.adopt(left) as twice, syncs.adopt(ended) as too_late:
        assert (began_at, twice, too_late) == (AT, None, None)
    async with syncs.adopt(left) as again:
        assert again == AT


async def test_running_syncs_come_in_the_order_in_which_they_began(pool: asyncpg.Pool, syncs: Syncs) -> None:
    ids = [await sync(pool, status="running", completed_at=None) for _ in range(3)]
    await pool.execute("UPDATE sync_runs SET models_seen = 1 WHERE id = $1", ids[0])  # moves the row
    assert [row.id for row in await syncs.running()] == ids


@pytest.mark.parametrize("later", [-HOUR, HOUR])
async def test_a_sync_ends_as_it_is_said_and_never_before_it_began(
    pool: asyncpg.Pool, syncs: Syncs, later: timedelta
) -> None:
    about: dict[str, Any] = {"status": "running", "completed_at": None}
    one, other = await sync(pool, **about), await sync(pool, **about)
    found = DatasetSynced(dataset=DATASET, seen=3)
    completed = SyncCompleted(
        sync_id=one,
        trigger="schedule",
        status="partial",
        started_at=AT,
        completed_at=AT + later,
        datasets=(found,),
        models_seen=3,
        new_models_found=2,
        changed=1,
        error="e",
    )
    await syncs.end(completed)
    columns = "status, completed_at, models_seen, new_models_found, changed, error, datasets::text"
    (found_row,) = await pool.fetch(f"SELECT {columns} FROM sync_runs WHERE id = $1", one)
    *row, datasets = found_row
    assert row == ["partial", max(AT, AT + later), 3, 2, 1, "e"]
    assert json.loads(datasets) == [found.model_dump(mode="json")]
    assert await pool.fetchval("SELECT status FROM sync_runs WHERE id = $1", other) == "running"


async def test_a_sync_that_is_abandoned_failed_with_a_reason_and_never_before_it_began(
    pool: asyncpg.Pool, syncs: Syncs
) -> None:
    now = await syncs.now()
    about: dict[str, Any] = {"status": "running", "completed_at": None}
    one = await sync(pool, **about, started_at=now - HOUR)
    ahead = await sync(pool, **about, started_at=now + HOUR)
    other = await sync(pool, **about)
    for each in (one, ahead):
        await syncs.abandon(each, "why")
    rows = {row["id"]: row for row in await pool.fetch("SELECT id, status, completed_at, error FROM sync_runs")}
    assert [(rows[each]["status"], rows[each]["error"]) for each in (one, ahead, other)] == [
        *(("failed", "why"), ("failed", "why"), ("running", None)),
    ]
    assert now <= rows[one]["completed_at"] < now + HOUR / 2
    assert rows[ahead]["completed_at"] == now + HOUR


async def test_ticks_are_covered_by_syncs_that_ran_by_themselves(pool: asyncpg.Pool, syncs: Syncs) -> None:
    assert await syncs.covered_until() is None
    for trigger in ("manual", "webhook"):
        await sync(pool, trigger=trigger, started_at=AT + 9 * HOUR)
    assert await syncs.covered_until() is None
    for number, trigger in enumerate(("startup", "catch_up", "schedule")):
        await sync(pool, trigger=trigger, started_at=AT + number * HOUR)
        assert await syncs.covered_until() == AT + number * HOUR
    await sync(pool, started_at=AT + 9 * HOUR, scheduled_for=AT + 3 * HOUR)
    assert await syncs.covered_until() == AT + 3 * HOUR
    await sync(pool, started_at=AT, scheduled_for=AT)
    assert await syncs.covered_until() == AT + 3 * HOUR


async def test_datasets_are_dealt_with_for_a_request_once_they_came_whole(pool: asyncpg.Pool, syncs: Syncs) -> None:
    def about(**errors: str | None) -> str:
        return json.dumps([{"dataset": dataset, "error": error} for dataset, error in errors.items()])

    for _ in range(2):
        await sync(pool, request_key="key", datasets=about(whole=None, failed="503"))
    await sync(pool, request_key="key", datasets=about(later=None))
    await sync(pool, request_key="key", datasets=about(running=None), completed_at=None, status="running")
    await sync(pool, request_key="other", datasets=about(other=None))
    await sync(pool, datasets=about(unasked=None))
    assert await syncs.synced_for("key") == {"whole", "later"}


async def test_a_dataset_was_listed_and_failed_when_ended_syncs_since_then_say_so(
    pool: asyncpg.Pool, syncs: Syncs
) -> None:
    def about(dataset: str, hours: int, error: str | None = None) -> str:
        return json.dumps([{"dataset": dataset, "error": error, "listed_at": (AT + hours * HOUR).isoformat()}])

    since = AT + HOUR
    for hours in (2, 3, 1):
        await sync(pool, started_at=since, completed_at=AT + hours * HOUR, datasets=about("whole", hours))
        await sync(pool, started_at=since, completed_at=AT + hours * HOUR, datasets=about("failed", hours, "503"))
    await sync(pool, started_at=since, completed_at=AT + 5 * HOUR, datasets=about("failed", 1))
    moment = timedelta(microseconds=1)
    await sync(pool, started_at=since - moment, completed_at=AT + 9 * HOUR, datasets=about("early", 9))
    await sync(pool, started_at=since, completed_at=None, status="running", datasets=about("running", 9))
    assert sorted(await syncs.listings(since), key=lambda each: each.dataset) == [
        Listing("failed", AT + HOUR, AT + 3 * HOUR),
        Listing("whole", AT + 3 * HOUR, None),
    ]
