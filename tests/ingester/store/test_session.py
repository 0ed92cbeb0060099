"""Models are counted by how they stand, and columns are those of our own table."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime

import asyncpg
import pytest
from ingester.store import lock_waiters
from ingester.store.session import Session, column_types, count_models, locked, takes_copies

from tests.ingester.database_rows import AT, DATASET, EVENT, HOUR, OTHER, answer, run, version
from tests.support.eventually import eventually


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
    newest = await version(pool, 1, ingested_at=AT + 2 * HOUR, landed_at=AT + HOUR)
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


WAITERS = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE NOT granted AND relation = 'ingestion_runs'::regclass AND datname = current_database()
"""


async def _commit(session: Session) -> None:
    async with session.transaction(dry_run=False):
        await session.mark_removed({}, ["m-attempt1"])
        await session.connection.execute("UPDATE ingestion_runs SET status = 'failed'")


async def _rename(session: Session) -> None:
    assert await session.rename_from("m", "N", "rev")


@pytest.mark.parametrize(("model", "work"), [("m", _commit), ("n", _rename)])
async def test_answers_are_locked_after_the_runs_as_the_existing_apps_start_does(
    pool: asyncpg.Pool, model: str, work: Callable[[Session], Coroutine[None, None, None]]
) -> None:
    """An app that loses a deadlock goes on with the schema of before, and shows no runs."""
    await answer(pool, "p")
    await version(pool, 1)
    await run(pool)
    async with pool.acquire() as app, locked(pool, DATASET, model) as session:
        async with app.transaction():
            await app.execute("CREATE INDEX IF NOT EXISTS ingestion_runs_by_start ON ingestion_runs (id)")
            at_work = asyncio.create_task(work(session))
            await eventually(lambda: pool.fetchval(WAITERS))
            await app.execute("ALTER TABLE explanations ADD COLUMN IF NOT EXISTS num_test_pairs integer")
        await at_work


@pytest.mark.parametrize(
    ("column", "of_type", "takes"),
    [
        ("estimated_cost", "numeric", False),
        ("created_at", "timestamp", False),
        ("model_name", "varchar(100)", True),
        ("total_tokens", "integer", True),
        ("confidence", "numeric", False),
        ("temperature", "numeric", True),
    ],
)
async def test_a_column_that_rounds_takes_no_copies(
    pool: asyncpg.Pool, column: str, of_type: str, *, takes: bool
) -> None:
    assert takes_copies(await column_types(pool))
    await pool.execute(f"ALTER TABLE explanations ALTER COLUMN {column} TYPE {of_type}")
    assert takes_copies(await column_types(pool)) is takes
