"""Models are counted by how they stand, and columns are those of our own table."""

from datetime import UTC, datetime

import asyncpg
from ingester.store import lock_waiters
from ingester.store.session import Session, column_types, count_models

from tests.ingester.database_rows import AT, DATASET, EVENT, HOUR, OTHER, run, version


async def test_models_stand_by_their_last_run_of_late_and_their_current_version(pool: asyncpg.Pool) -> None:
    now = datetime.now(UTC)
    late = {"started_at": now - HOUR, "status": "failed"}
    await run(pool, **late)
    await run(pool, dataset_name="mended", **late)
    await run(pool, **late | {"dataset_name": "mended", "status": "partial"})
    await run(pool, dataset_name="whole", **late)
    await run(pool, **late | {"dataset_name": "whole", "status": "completed"})
    await run(pool, dataset_name="skipped since", **late)
    await run(pool, **late | {"dataset_name": "skipped since", "status": "skipped"})
    await run(pool, dataset_name="dry", dry_run=True, **late)
    await run(pool, **late | {"dataset_name": "long ago", "started_at": now - 2 * HOUR})
    await run(pool, **late | {"dataset_name": "m", "hf_dataset": OTHER})
    await run(pool, **late | {"dataset_name": "elsewhere", "hf_dataset": "x/y"})
    newest = await version(pool, 1, ingested_at=AT + HOUR)
    await version(pool, 1, model="n", status="partial")
    await version(pool, 1, model="o", hf_dataset=OTHER)
    later = AT + 2 * HOUR
    await version(pool, 1, model="p", ingested_at=later, superseded_at=later)
    await version(pool, 1, model="q", ingested_at=later, removed_upstream_at=later)
    await version(pool, 1, model="r", ingested_at=later, hf_dataset="x/y")
    found = await count_models(pool, [DATASET, OTHER], HOUR * 3 / 2)
    assert [found[each] for each in ("failing", "partial", "whole", "waiting")] == [3, 1, 2, 0]
    assert found["last_landing"] == AT + HOUR
    assert newest
    await lock_waiters.join(pool, EVENT, "m")
    assert (await count_models(pool, [DATASET, OTHER], HOUR))["waiting"] == 1


async def test_columns_are_those_of_our_table_and_no_other(pool: asyncpg.Pool) -> None:
    await pool.execute("CREATE SCHEMA elsewhere CREATE TABLE explanations (strange text)")
    found = await column_types(pool)
    assert found["model_name"] == ("text", None)
    assert found["puzzle_id"] == ("character varying", 255)
    assert not {"strange", "hf_blob_oids", "superseded_at"} & found.keys()


async def test_a_session_compresses_with_lz4_where_the_server_can(pool: asyncpg.Pool, session: Session) -> None:
    setting = "default_toast_compression"
    known = await pool.fetchval("SELECT enumvals FROM pg_settings WHERE name = $1", setting)
    expected = "lz4" if "lz4" in known else "pglz"
    assert await session.connection.fetchval(f"SHOW {setting}") == expected
