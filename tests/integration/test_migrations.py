"""Migrations make a fresh database, leave the existing app's database working, and may run several at once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from common.database.pool import open_pool
from common.database.schema import MIGRATIONS, check_migrated, migrate
from common.outcomes import AwayError, StartupError

from tests.support import existing_app
from tests.support import pipeline as support
from tests.support.hub import TestHub
from tests.support.postgres import TestPostgres
from tests.support.submissions import V1, V2, solved, submission, tasks

ALL = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
async def existing(empty_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database of the existing app, before any migration of ours."""
    connection = await asyncpg.connect(empty_database_url)
    await existing_app.make(connection)
    yield connection
    await connection.close()


async def test_three_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_database_url) for _ in range(3)))
    assert sorted(name for names in applied for name in names) == ALL
    assert await migrate(empty_database_url) == []


async def test_a_database_of_another_encoding_is_refused_in_words(postgres: TestPostgres) -> None:
    name = await postgres.create("template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(StartupError, match=r"is encoded in SQL_ASCII.*ENCODING 'UTF8'"):
        await migrate(postgres.url(name))
    await postgres.drop(name)


async def test_a_service_on_an_old_database_says_what_to_do(empty_database_url: str) -> None:
    async with open_pool(empty_database_url) as pool:
        with pytest.raises(StartupError, match="run `arcwatch migrate`"):
            await check_migrated(pool)
        await migrate(empty_database_url)
        await check_migrated(pool)


async def test_a_migration_does_not_queue_readers_behind_it_and_is_tried_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        shutil.copy(path, tmp_path)
    (tmp_path / "9999_late.sql").write_text(
        f"-- late\n-- depends: {ALL[-1]}\n-- migrate: apply\n"
        "ALTER TABLE explanations ADD COLUMN late text;\n-- migrate: rollback\n"
    )
    monkeypatch.setattr("common.database.schema.MIGRATIONS", tmp_path)
    monkeypatch.setattr("common.database.schema.LOCK_SECONDS", 0.1)
    reader = await asyncpg.connect(database_url)
    async with reader.transaction():
        await reader.execute("SELECT FROM explanations")
        with pytest.raises(AwayError, match=r"9999_late: a table was in use for 0\.1 s"):
            await migrate(database_url, wait_seconds=0)
        migrating = asyncio.ensure_future(migrate(database_url, wait_seconds=60))
        other = await asyncpg.connect(database_url)
        await other.fetch("SELECT FROM explanations")
        await other.close()
    await reader.close()
    assert await migrating == ["9999_late"]


async def test_the_existing_apps_columns_stay_as_they_are(
    existing: asyncpg.Connection, empty_database_url: str
) -> None:
    async def columns() -> set[tuple[Any, ...]]:
        return {tuple(row) for row in await existing.fetch(existing_app.COLUMNS, ["explanations", "ingestion_runs"])}

    before = await columns()
    await migrate(empty_database_url)
    assert before < await columns()


async def test_ingested_at_is_backfilled_for_imported_rows_only(
    existing: asyncpg.Connection, empty_database_url: str
) -> None:
    imported = await existing_app.add_answer(existing, "m-attempt1", tasks()[0].id, LONG_AGO)
    await existing.execute(
        "INSERT INTO explanations (puzzle_id, pattern_description, solving_strategy) VALUES ('x', '', '')"
    )
    await migrate(empty_database_url)
    rows = await existing.fetch("SELECT id, ingested_at FROM explanations ORDER BY id")
    assert [(row["id"], row["ingested_at"]) for row in rows] == [(imported, LONG_AGO), (imported + 1, None)]


async def test_the_existing_app_goes_on_writing_after_the_migration(
    existing: asyncpg.Connection, empty_database_url: str
) -> None:
    await migrate(empty_database_url)
    for _ in range(2):
        await existing_app.add_answer(existing, "m-attempt1", tasks()[0].id, LONG_AGO)
    await existing_app.add_run(existing, "m", V2, LONG_AGO, LONG_AGO)
    assert await existing.fetchval("SELECT count(*) FROM explanations") == 2


async def test_the_first_sync_takes_the_apps_rows_over_and_doubles_none(
    existing: asyncpg.Connection, empty_database_url: str, nats_url: str, hub: TestHub
) -> None:
    """The same folder name is in both datasets, and the app's rows do not say which one they answer.

    The row that it wrote during its run over V1 is not V2's, and the others' tasks are in one set only.
    """
    first, second = tasks()[:2]
    old, newest = [
        await existing_app.add_answer(existing, "m-attempt1", first.id, LONG_AGO + timedelta(days=day))
        for day in (0, 1)
    ]
    of_v1 = await existing_app.add_answer(existing, "m-attempt1", second.id, LONG_AGO + timedelta(days=9))
    await existing.execute("INSERT INTO feedback (explanation_id, comment) VALUES ($1, 'good')", newest)
    await existing_app.add_run(existing, "m", V2, LONG_AGO, LONG_AGO + timedelta(days=2))
    await existing_app.add_run(existing, "m", V1, LONG_AGO + timedelta(days=9), LONG_AGO + timedelta(days=10))
    await migrate(empty_database_url)
    hub.commit(V2, submission("m", {first: solved(first), second: solved(second)}))
    async with support.build(hub, empty_database_url, nats_url) as pipeline:
        (announced,) = await pipeline.settle()
        assert announced is not None
        assert announced.score_submitted == 1
        owned = await pipeline.pool.fetch(
            "SELECT id, puzzle_id FROM explanations WHERE hf_dataset = $1 AND model_name = 'm-attempt1'", V2
        )
        ids = {row["puzzle_id"]: row["id"] for row in owned}
        assert ids[first.id] == newest, "the newest row of a task is taken over, with its feedback"
        assert ids[second.id] not in {old, newest, of_v1}
        assert await pipeline.settle() == []
        unclaimed = await pipeline.pool.fetch("SELECT id FROM explanations WHERE hf_dataset IS NULL ORDER BY id")
        assert [row["id"] for row in unclaimed] == [old, of_v1]


async def test_rows_of_ingesters_with_other_clocks_are_mended_and_the_apps_own_stay(
    existing: asyncpg.Connection, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in MIGRATIONS.glob("000[123]_*.sql"):
        shutil.copy(path, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr("common.database.schema.MIGRATIONS", tmp_path)
        await migrate(empty_database_url)
    for dataset in (None, V2):
        await existing.execute(
            """INSERT INTO ingestion_runs (dataset_name, base_url, total_puzzles, successful, failed, skipped,
            duration_ms, started_at, completed_at, hf_dataset)
            VALUES ('m', '', 1, 0, 0, 0, -2000, $1, $2, $3), ('m', '', 1, 0, 0, 0, 2000, $2, $1, $3)""",
            LONG_AGO,
            LONG_AGO - timedelta(seconds=2),
            dataset,
        )
    await existing.execute(
        """INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, ingested_at,
        run_id, status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score, attempts, errors)
        SELECT $1, at::text, '', '', '', '', at, 1, 'completed', 1, 1, 1, 1, 1, 1, '[]', 0
        FROM unnest($2::timestamptz[]) AS at""",
        V2,
        [LONG_AGO, datetime.now(UTC) + timedelta(days=3)],
    )
    await migrate(empty_database_url)
    runs = await existing.fetch(
        "SELECT hf_dataset, duration_ms, completed_at - started_at AS took FROM ingestion_runs ORDER BY id"
    )
    back, forth, none = timedelta(seconds=-2), timedelta(seconds=2), timedelta(0)
    assert [tuple(row) for row in runs] == [(None, -2000, back), (None, 2000, forth), (V2, 0, none), (V2, 2000, forth)]
    versions = await existing.fetch("SELECT ingested_at, now() FROM submission_versions ORDER BY id")
    assert versions[0]["ingested_at"] == LONG_AGO
    assert versions[1]["ingested_at"] <= versions[1]["now"]


async def test_numbers_and_names_too_large_for_the_apps_columns_cost_themselves(
    existing: asyncpg.Connection, empty_database_url: str, nats_url: str, hub: TestHub
) -> None:
    await migrate(empty_database_url)
    task = tasks()[0]
    body = solved(task).replace(b'"total_tokens": 200', b'"total_tokens": 3000000000')
    hub.commit(V2, submission("m", {task: body}) | submission("n" * 120, {task: body}))
    async with support.build(hub, empty_database_url, nats_url) as pipeline:
        await pipeline.sync()
        short, long = sorted(pipeline.published, key=lambda event: len(event.model))
        announced = await pipeline.ingester.ingest(short)
        assert announced is not None
        assert announced.failed == 0
        notes = await pipeline.pool.fetch("SELECT DISTINCT kind FROM ingestion_errors")
        assert [row["kind"] for row in notes] == ["value_out_of_range"]
        with pytest.raises(Exception, match="ALTER TABLE explanations ALTER COLUMN model_name"):
            await pipeline.ingester.ingest(long)
