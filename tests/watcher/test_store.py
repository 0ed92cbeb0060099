"""Each statement of the watcher finds and changes the rows that it names, and no others."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from common.events import DatasetSynced, SyncCompleted
from watcher.compare import Known
from watcher.store import Listing, Store, SyncRow

from tests.ingester.database_rows import AT, DATASET, HOUR, OTHER, put, run, version
from tests.support.writer import oid

# What makes a version another one's than the current one of this dataset's model.
OTHERS: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"superseded_at": AT}]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def store(pool: asyncpg.Pool) -> Store:
    return Store(pool)


async def sync(pool: asyncpg.Pool, **changes: Any) -> int:
    row = {"trigger": "schedule", "status": "completed", "started_at": AT, "completed_at": AT, **changes}
    return await put(pool, "sync_runs", **row)


async def test_a_model_is_known_by_its_current_version_and_whether_all_of_it_came(
    pool: asyncpg.Pool, store: Store
) -> None:
    for number, model in enumerate(("whole", "broken", "away", "refused"), 1):
        await version(pool, number, model=model, run_id=number)
    for run_id, kind in ((2, "integrity"), (3, "unavailable"), (4, "invalid_json"), (99, "integrity")):
        await put(pool, "ingestion_errors", run_id=run_id, kind=kind, message="")
    await version(pool, 5, model="gone", removed_upstream_at=AT)
    for number, other in enumerate(OTHERS, 6):
        await version(pool, number, **{"model": "other", **other})
    assert await store.known(DATASET) == {
        "whole": Known(oid(1), complete=True, removed=False),
        "broken": Known(oid(2), complete=False, removed=False),
        "away": Known(oid(3), complete=False, removed=False),
        "refused": Known(oid(4), complete=True, removed=False),
        "gone": Known(oid(5), complete=True, removed=True),
    }


async def test_a_folder_is_without_tasks_when_a_run_looked_at_all_of_it_and_found_none(
    pool: asyncpg.Pool, store: Store
) -> None:
    empty = {"status": "skipped", "total_puzzles": 0, "skipped": 1, "tree_oid": oid(1)}
    for _ in range(2):
        await run(pool, **empty, dataset_name="empty")
    await run(pool, **empty | {"dataset_name": "older", "dry_run": None})
    others: list[dict[str, Any]] = [
        *({"hf_dataset": OTHER}, {"status": "completed"}, {"total_puzzles": 1}, {"skipped": 0}),
        *({"dry_run": True}, {"tree_oid": None}),
    ]
    for number, other in enumerate(others):
        await run(pool, **empty | {"dataset_name": f"other{number}"} | other)
    assert await store.without_tasks(DATASET) == {("empty", oid(1)), ("older", oid(1))}


async def test_the_last_run_is_that_of_the_name_or_of_the_content_whichever_is_newer(
    pool: asyncpg.Pool, store: Store
) -> None:
    ended = [await run(pool, dataset_name="by name", status="failed") for _ in range(2)]
    await run(pool, dataset_name="by name", status="running")
    await run(pool, dataset_name="by name", status="failed", hf_dataset=OTHER)
    await version(pool, 1, model="by name", run_id=ended[0])
    for run_id in (700, 800):
        await version(pool, 2, model=f"renamed{run_id}", run_id=run_id)
    await version(pool, 2, model="elsewhere", run_id=900, hf_dataset=OTHER)
    await version(pool, 3, model="by content", run_id=950)
    await run(pool, dataset_name="by content", status="completed")
    contents = {"by name": oid(1), "by content": oid(2), "new": oid(4)}
    assert await store.last_runs(DATASET, contents) == {"by name": ended[1], "by content": 800}


async def test_a_run_is_on_its_way_only_for_that_content_of_that_model(pool: asyncpg.Pool, store: Store) -> None:
    about = {"tree_oid": oid(1), "status": "running"}
    others: list[dict[str, Any]] = [
        *({"hf_dataset": OTHER}, {"dataset_name": "n"}, {"tree_oid": oid(2)}),
        *({"status": "failed"}, {"dry_run": True}),
    ]
    for other in others:
        await run(pool, **about | other)
        assert not await store.is_running(DATASET, "m", oid(1))
    await run(pool, **about | {"dry_run": None})
    assert await store.is_running(DATASET, "m", oid(1))


async def test_current_versions_of_the_models_named_are_marked_once_and_unmarked(
    pool: asyncpg.Pool, store: Store
) -> None:
    for number, other in enumerate([{}, *OTHERS, {"model": "kept"}]):
        await version(pool, number, **other)
    await version(pool, 10, model="gone before", removed_upstream_at=AT)

    async def marked() -> set[int]:
        rows = await pool.fetch("SELECT id FROM submission_versions WHERE removed_upstream_at > $1", AT)
        return {row[0] for row in rows}

    first = await pool.fetchval("SELECT min(id) FROM submission_versions")
    await store.mark(DATASET, ["m", "gone before"], [])
    assert await marked() == {first}
    await pool.execute("UPDATE submission_versions SET removed_upstream_at = $1", AT)
    await store.mark(DATASET, [], ["m", "gone before"])
    rows = await pool.fetch("SELECT model, removed_upstream_at IS NULL FROM submission_versions ORDER BY id")
    assert [tuple(row) for row in rows] == [
        *(("m", True), ("m", False), ("m", False), ("kept", False), ("gone before", True)),
    ]


async def test_of_any_number_of_watchers_one_gets_a_tick_and_holds_it(pool: asyncpg.Pool, store: Store) -> None:
    async with store.begin("schedule", AT, AT + HOUR, "key") as first:
        assert first is not None
        async with store.begin("schedule", AT, AT) as second:
            assert second is None
        async with store.begin("schedule", AT + HOUR, AT) as later:
            assert later is not None
            async with store.adopt(first) as began_at:
                assert began_at is None
        rows = await pool.fetch("SELECT id, scheduled_for, trigger, status, started_at, request_key FROM sync_runs")
        assert sorted(tuple(row) for row in rows) == [
            (first, AT, "schedule", "running", AT + HOUR, "key"),
            (later, AT + HOUR, "schedule", "running", AT, None),
        ]
    async with store.begin("startup", None, AT) as other, store.begin("startup", None, AT) as another:
        assert None not in {other, another}


async def test_a_sync_whose_watcher_is_gone_is_adopted_by_one_while_it_runs(pool: asyncpg.Pool, store: Store) -> None:
    left = await sync(pool, status="running", completed_at=None, scheduled_for=AT, trigger="catch_up")
    other = await sync(pool, status="running", completed_at=None, started_at=AT + HOUR, trigger="webhook")
    ended = await sync(pool)
    assert await store.running() == [SyncRow(left, AT, "catch_up"), SyncRow(other, None, "webhook")]
    async with store.adopt(left) as began_at, store.adopt(left) as twice, store.adopt(ended) as too_late:
        assert (began_at, twice, too_late) == (AT, None, None)
    async with store.adopt(left) as again:
        assert again == AT


async def test_running_syncs_come_in_the_order_in_which_they_began(pool: asyncpg.Pool, store: Store) -> None:
    ids = [await sync(pool, status="running", completed_at=None) for _ in range(3)]
    await pool.execute("UPDATE sync_runs SET models_seen = 1 WHERE id = $1", ids[0])  # moves the row
    assert [row.id for row in await store.running()] == ids


@pytest.mark.parametrize("later", [-HOUR, HOUR])
async def test_a_sync_ends_as_it_is_said_and_never_before_it_began(
    pool: asyncpg.Pool, store: Store, later: timedelta
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
    await store.end(completed)
    columns = "status, completed_at, models_seen, new_models_found, changed, error, datasets::text"
    (found_row,) = await pool.fetch(f"SELECT {columns} FROM sync_runs WHERE id = $1", one)
    *row, datasets = found_row
    assert row == ["partial", max(AT, AT + later), 3, 2, 1, "e"]
    assert json.loads(datasets) == [found.model_dump(mode="json")]
    assert await pool.fetchval("SELECT status FROM sync_runs WHERE id = $1", other) == "running"


async def test_a_sync_that_is_abandoned_failed_with_a_reason_and_never_before_it_began(
    pool: asyncpg.Pool, store: Store
) -> None:
    now = await store.now()
    about: dict[str, Any] = {"status": "running", "completed_at": None}
    one = await sync(pool, **about, started_at=now - HOUR)
    ahead = await sync(pool, **about, started_at=now + HOUR)
    other = await sync(pool, **about)
    for each in (one, ahead):
        await store.abandon(each, "why")
    rows = {row["id"]: row for row in await pool.fetch("SELECT id, status, completed_at, error FROM sync_runs")}
    assert [(rows[each]["status"], rows[each]["error"]) for each in (one, ahead, other)] == [
        *(("failed", "why"), ("failed", "why"), ("running", None)),
    ]
    assert now <= rows[one]["completed_at"] < now + HOUR / 2
    assert rows[ahead]["completed_at"] == now + HOUR


async def test_ticks_are_covered_by_syncs_that_ran_by_themselves(pool: asyncpg.Pool, store: Store) -> None:
    assert await store.covered_until() is None
    for trigger in ("manual", "webhook"):
        await sync(pool, trigger=trigger, started_at=AT + 9 * HOUR)
    assert await store.covered_until() is None
    for number, trigger in enumerate(("startup", "catch_up", "schedule")):
        await sync(pool, trigger=trigger, started_at=AT + number * HOUR)
        assert await store.covered_until() == AT + number * HOUR
    await sync(pool, started_at=AT + 9 * HOUR, scheduled_for=AT + 3 * HOUR)
    assert await store.covered_until() == AT + 3 * HOUR
    await sync(pool, started_at=AT, scheduled_for=AT)
    assert await store.covered_until() == AT + 3 * HOUR


async def test_datasets_are_dealt_with_for_a_request_once_they_came_whole(pool: asyncpg.Pool, store: Store) -> None:
    def about(**errors: str | None) -> str:
        return json.dumps([{"dataset": dataset, "error": error} for dataset, error in errors.items()])

    for _ in range(2):
        await sync(pool, request_key="key", datasets=about(whole=None, failed="503"))
    await sync(pool, request_key="key", datasets=about(later=None))
    await sync(pool, request_key="key", datasets=about(running=None), completed_at=None, status="running")
    await sync(pool, request_key="other", datasets=about(other=None))
    await sync(pool, datasets=about(unasked=None))
    assert await store.synced_for("key") == {"whole", "later"}


async def test_a_dataset_was_listed_and_failed_when_ended_syncs_since_then_say_so(
    pool: asyncpg.Pool, store: Store
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
    assert sorted(await store.listings(since), key=lambda each: each.dataset) == [
        Listing("failed", AT + HOUR, AT + 3 * HOUR),
        Listing("whole", AT + 3 * HOUR, None),
    ]
