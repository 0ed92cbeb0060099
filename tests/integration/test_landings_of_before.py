"""Versions from before landings were told apart say what can still be known, and so do those of earlier ingesters."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from common.database.schema import MIGRATIONS, migrate

from tests.support.submissions import V1, V2

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
# As an ingester from before the columns writes it.
WRITE = """
INSERT INTO submission_versions (hf_dataset, model, tree_oid, ingested_at, published_at, superseded_at, revision,
    source, display_name, run_id, status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score,
    attempts, errors)
VALUES ($1, $2, $3, $4, $5, $6, '', '', '', 1, 'completed', 1, 1, 1, 1, 1, 1, '[]', 0)
ON CONFLICT (hf_dataset, model, tree_oid) DO UPDATE SET run_id = excluded.run_id, ingested_at = excluded.ingested_at
RETURNING id
"""
RESULT = """
INSERT INTO task_results (version_id, puzzle_id, hf_blob_oid, pairs_total, pairs_solved) VALUES ($1, $2, $3, 1, 1)
"""


@pytest.fixture
async def before(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database as it was before the columns."""
    for path in MIGRATIONS.glob("*.sql"):
        if path.stem < "0012":
            shutil.copy(path, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr("common.database.schema.MIGRATIONS", tmp_path)
        await migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    yield connection
    await connection.close()


async def write(
    connection: asyncpg.Connection, day: int, tree: str, files: dict[str, str], model: str = "m", dataset: str = V2
) -> None:
    """Write a version of these files: ingested on a day, an hour after its commit."""
    at = AT + day * DAY
    superseded = None if day in {4, 9} else at + DAY
    version = await connection.fetchval(WRITE, dataset, model, tree, at, at - timedelta(hours=1), superseded)
    await connection.executemany(RESULT, [(version, task, blob) for task, blob in files.items()])


async def landings(connection: asyncpg.Connection, model: str = "m", dataset: str = V2) -> list[tuple[Any, ...]]:
    """Return what the versions of a model say, as days."""
    rows = await connection.fetch(
        "SELECT * FROM submission_versions WHERE hf_dataset = $1 AND model = $2 ORDER BY ingested_at", dataset, model
    )
    return [
        ((row["landed_at"] - AT) / DAY, row["landed_as"], (row["published_at"] - AT + timedelta(hours=1)) / DAY)
        for row in rows
    ]


async def test_what_had_the_files_of_its_predecessor_did_not_land(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    await write(before, 0, "t0", {"a": "1", "b": "2"})
    await write(before, 1, "a README", {"b": "2", "a": "1"})
    await write(before, 2, "t2", {"a": "1"})
    await write(before, 3, "a picture", {"a": "1"})
    await write(before, 4, "t4", {"a": "1", "b": "2"})
    await write(before, 3, "t3", {"a": "1"}, dataset=V1)
    await write(before, 4, "nothing", {}, model="n")
    await migrate(empty_database_url)
    assert await landings(before) == [
        (0, "m@t0", 0),
        (0, "m@t0", 0),
        (2, "m@t2", 2),
        (2, "m@t2", 2),
        (4, "m@t4", 4),
    ]
    assert await landings(before, dataset=V1) == [(3, "m@t3", 3)], "another dataset's is no predecessor"
    assert await landings(before, model="n") == [(4, "n@nothing", 4)]


async def test_what_an_ingester_of_before_goes_on_writing_is_a_landing_where_it_is_new(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    await write(before, 4, "t4", {"a": "1"})
    await migrate(empty_database_url)
    await before.execute(WRITE, V2, "m", "t4", AT + 8 * DAY, AT, None)
    assert [landing[:2] for landing in await landings(before)] == [(4, "m@t4")], "another run of what was there"
    await before.execute("UPDATE submission_versions SET superseded_at = now()")
    await write(before, 9, "t9", {"a": "2"})
    assert [landing[:2] for landing in await landings(before)] == [(4, "m@t4"), (9, "m@t9")]
