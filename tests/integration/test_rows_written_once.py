"""A new submission that fits in memory is written once, within the commit, and nothing tells it from others."""

import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from common.events import ModelDiscovered, ModelIngested
from common.hub.client import HubClient
from hypothesis import HealthCheck, given, settings
from ingester.download import writer
from ingester.ingestion.ingest import Ingester

from tests.support.hub import TestHub
from tests.support.odd_folders import folders, whole_submissions
from tests.support.pipeline import Pipeline
from tests.support.stored import expected, stored
from tests.support.submissions import V2, answer_file, solved, submission, tasks

FIVE = tasks()[:5]
FILES = {task: solved(task) for task in FIVE}
EVENT = ModelDiscovered(dataset=V2, model="m", force=False)
NUMBERS = itertools.count()
# Whose values are of one ingestion: numbers of rows, and instants.
OF_ONE = {"id", "run_id", "version_id", "created_at", "ingested_at", "landed_at", "started_at", "completed_at"}
OF_ONE |= {"duration_ms"}


@pytest.fixture(autouse=True)
def by_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files that came one by one held, too."""
    monkeypatch.setattr(writer, "HELD_REQUESTS", 1_000)


@pytest.fixture
async def unstaged(pipeline: Pipeline) -> None:
    """Have PostgreSQL refuse every row that is staged."""
    await pipeline.pool.execute("ALTER TABLE staged_rows ADD CONSTRAINT none CHECK (false)")


async def of_model(pool: asyncpg.Pool, table: str, where: str, value: Any) -> list[dict[str, Any]]:
    rows = await pool.fetch(f"SELECT * FROM {table} WHERE {where}", value)
    return sorted(({name: value for name, value in row.items() if name not in OF_ONE} for row in rows), key=repr)


async def everything(pool: asyncpg.Pool, model: str) -> dict[str, list[dict[str, Any]]]:
    """Return all that the database has of a model, by table, as PostgreSQL gives it."""
    run = await pool.fetchrow("SELECT max(id) AS id, max(started_at) AS at FROM ingestion_runs")
    version = await pool.fetchrow("SELECT id, ingested_at FROM submission_versions WHERE model = $1", model)
    assert run is not None
    rows = await pool.fetch("SELECT * FROM explanations")
    instants = {(row["run_id"], row["ingested_at"], row["created_at"]) for row in rows}
    for run_id, ingested_at, created_at in instants:
        assert run_id == run["id"]
        assert version is not None
        assert run["at"] < ingested_at <= created_at <= version["ingested_at"]
    assert len(instants) == bool(rows)
    return {
        "explanations": await of_model(pool, "explanations", "starts_with(model_name, $1)", model),
        "ingestion_runs": await of_model(pool, "ingestion_runs", "id = $1", run["id"]),
        "ingestion_errors": await of_model(pool, "ingestion_errors", "run_id = $1", run["id"]),
        "submission_versions": await of_model(pool, "submission_versions", "model = $1", model),
        "task_results": await of_model(pool, "task_results", "version_id = $1", version and version["id"]),
        "staged_rows": await of_model(pool, "staged_rows", "model = $1", model),
    }


async def ingested(ingester: Ingester, model: str) -> tuple[Any, dict[str, Any]]:
    """Ingest a folder as a new model's; return what was announced, and all that the database has of it then."""
    pool = ingester.pool
    await pool.execute("TRUNCATE explanations, ingestion_runs, ingestion_errors, submission_versions CASCADE")
    announced = await ingester.ingest(ModelDiscovered(dataset=V2, model=model, force=False))
    return of_any(announced), await everything(pool, model)


def of_any(announced: ModelIngested | None) -> Any:
    return announced and announced.model_dump(exclude=OF_ONE)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(folder=folders() | whole_submissions())
async def test_both_ways_write_the_same_of_any_folder(
    pipeline: Pipeline, hub: TestHub, folder: dict[str, bytes]
) -> None:
    model = f"m{next(NUMBERS)}"
    hub.commit(V2, {f"{model}/{path}": body for path, body in (folder | {"README": b""}).items()})
    staged = await ingested(replace(pipeline.ingester, holds=False), model)
    await pipeline.pool.execute("ALTER TABLE staged_rows ADD CONSTRAINT none CHECK (false)")
    held = await ingested(pipeline.ingester, model)
    await pipeline.pool.execute("ALTER TABLE staged_rows DROP CONSTRAINT none")
    assert held == staged


def attempts(numbers: Iterable[int]) -> bytes:
    """Return a file with these attempts."""
    body = answer_file(FIVE[0])
    for place, number in enumerate(numbers, 1):
        body = body.replace(b'"attempt_%d"' % place, b'"attempt_%d"' % number)
    return body


async def test_a_dry_run_writes_nothing(pipeline: Pipeline, hub: TestHub, unstaged: None) -> None:
    hub.commit(V2, submission("m", FILES))
    await pipeline.ingester.ingest(EVENT.model_copy(update={"dry_run": True}))
    found = await everything(pipeline.pool, "m")
    (run,) = found.pop("ingestion_runs")
    assert (run["status"], run["successful"], run["score"]) == ("completed", 5, 5 / 120)
    assert {table: rows for table, rows in found.items() if rows} == {}


async def test_the_existing_app_starts_while_a_pack_comes(
    pipeline: Pipeline, hub: TestHub, unstaged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slowly(*arguments: Any) -> AsyncIterator[Any]:
        async with aclosing(download_pack(*arguments)) as pack:
            async for file in pack:
                for _ in range(10):  # with those before it held, while this one is awaited
                    await app_starts()
                came.append(file)
                yield file

    async def app_starts() -> None:
        async with pipeline.pool.acquire() as connection, connection.transaction():
            await connection.execute("LOCK TABLE ingestion_runs, explanations NOWAIT")

    came: list[Any] = []
    download_pack = HubClient.download_pack
    monkeypatch.setattr(HubClient, "download_pack", slowly)
    hub.commit(V2, submission("m", FILES))
    await pipeline.ingester.ingest(EVENT)
    assert await stored(pipeline.pool, V2, "m") == expected(FILES, "m")
    assert len(came) == len(FILES)


async def test_what_a_failed_commit_held_is_staged_and_not_fetched_again(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", FILES))
    await pipeline.pool.execute("ALTER TABLE submission_versions ADD CONSTRAINT never CHECK (false)")
    with pytest.raises(asyncpg.CheckViolationError):
        await pipeline.ingester.ingest(EVENT, 1, 1)
    assert await pipeline.pool.fetchval("SELECT count(*) FROM explanations") == 0
    assert await pipeline.pool.fetchval("SELECT count(*) FROM staged_rows") == 5 * 3
    await pipeline.pool.execute("ALTER TABLE submission_versions DROP CONSTRAINT never")
    await pipeline.ingester.ingest(EVENT, 2, 1)
    assert await stored(pipeline.pool, V2, "m") == expected(FILES, "m")
    assert pipeline.downloads() == 5


@pytest.mark.parametrize("numbers", [(1, 2), (3, 2)], ids=["the app's", "another"])
async def test_rows_of_the_existing_app_are_adopted(pipeline: Pipeline, hub: TestHub, numbers: Iterable[int]) -> None:
    body = attempts(numbers)
    hub.commit(V2, submission("m", {FIVE[0]: body}))
    name = f"m-attempt{min(numbers)}" if 1 in numbers else "m-attempt3"
    of_app = (
        "INSERT INTO explanations (puzzle_id, model_name, pattern_description, solving_strategy, prompt_template_id)"
    )
    row = f"{of_app} VALUES ($1, $2, '', '', 'external-huggingface') RETURNING id"
    adopted = await pipeline.pool.fetchval(row, FIVE[0].id, name)
    await pipeline.ingester.ingest(EVENT)
    assert await stored(pipeline.pool, V2, "m") == expected({FIVE[0]: body}, "m")
    assert await pipeline.pool.fetchval("SELECT hf_dataset FROM explanations WHERE id = $1", adopted) == V2
    assert await pipeline.pool.fetchval("SELECT count(*) FROM explanations") == 2


async def test_rows_of_a_version_that_was_deleted_by_hand_are_overwritten(pipeline: Pipeline, hub: TestHub) -> None:
    hub.commit(V2, submission("m", FILES))
    await pipeline.ingester.ingest(EVENT)
    await pipeline.pool.execute("DELETE FROM submission_versions")
    await pipeline.ingester.ingest(EVENT)
    assert await stored(pipeline.pool, V2, "m") == expected(FILES, "m")
