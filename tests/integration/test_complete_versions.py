"""Versions say whether they are complete, whichever ingester wrote them, and the view says what runs came to."""

import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from common.database.schema import MIGRATIONS, migrate
from common.error_kinds import ErrorKind
from ingester.submission.error_kinds import RETRYABLE

from tests.support.submissions import V2

# As an ingester from before the column writes it: a version that is there already gets another run.
WRITE = """
INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, ingested_at, run_id,
    status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score, attempts, errors)
VALUES ($1, $2, 'content', '', '', '', now(), $3, 'partial', 1, 1, 1, 1, 1, 1, '[]', 0)
ON CONFLICT (hf_dataset, model, tree_oid) DO UPDATE SET run_id = excluded.run_id
"""
ERROR = "INSERT INTO ingestion_errors (run_id, kind, message) VALUES ($1, $2, '')"
RUN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, tree_oid, status, total_puzzles, skipped, dry_run, base_url,
    duration_ms, started_at, completed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, now(), now())
"""


@pytest.fixture
async def before(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a database as it was before the column and the view."""
    for path in MIGRATIONS.glob("000[1-7]_*.sql"):
        shutil.copy(path, tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setattr("common.database.schema.MIGRATIONS", tmp_path)
        await migrate(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    yield connection
    await connection.close()


async def write(connection: asyncpg.Connection, model: str, run_id: int, *kinds: str) -> None:
    """Do what an ingester does: the errors of a run, then its version."""
    async with connection.transaction():
        await connection.executemany(ERROR, [(run_id, kind) for kind in kinds])
        await connection.execute(WRITE, V2, model, run_id)


async def complete(connection: asyncpg.Connection) -> dict[str, bool]:
    rows = await connection.fetch("SELECT model, complete FROM submission_versions")
    return {row["model"]: row["complete"] for row in rows}


async def test_versions_from_before_and_of_earlier_ingesters_say_what_their_errors_say(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    wanted = {kind.value: kind not in RETRYABLE for kind in ErrorKind} | {"without errors": True}
    for number, kind in enumerate(wanted):
        await write(before, kind, number, *([] if kind == "without errors" else [kind]))
    await migrate(empty_database_url)
    assert await complete(before) == wanted
    for number, kind in enumerate(wanted, start=100):
        await write(before, f"new {kind}", number, *([] if kind == "without errors" else [kind]))
    assert await complete(before) == wanted | {f"new {kind}": answer for kind, answer in wanted.items()}


async def test_another_run_of_the_same_content_says_it_anew(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for run_id, kinds, answer in ((1, ["unavailable"], False), (2, ["not_json"], True), (3, ["integrity"], False)):
        await write(connection, "m", run_id, *kinds)
        assert await complete(connection) == {"m": answer}
        await connection.execute("UPDATE submission_versions SET superseded_at = now(), model = 'n'")
        assert await complete(connection) == {"n": answer}
        await connection.execute("UPDATE submission_versions SET model = 'm'")
    await connection.close()


async def test_the_view_says_of_runs_from_before_what_their_rows_say(
    before: asyncpg.Connection, empty_database_url: str
) -> None:
    statuses = ("running", "skipped", "completed", "failed")
    rows = [*itertools.product((V2, None), ("oid", None), statuses, (0, 1), (0, 1), (True, False, None))]
    for number, (dataset, oid, *row) in enumerate(rows):
        await before.execute(RUN, dataset, f"m-{number}", oid, *row)
    await migrate(empty_database_url)
    expected = {
        (dataset, f"m-{number}", oid, status == "running", status == "skipped" and not total and bool(skipped))
        for number, (dataset, oid, status, total, skipped, dry_run) in enumerate(rows)
        if dataset and oid and not dry_run
    }
    select = "SELECT hf_dataset, model, tree_oid, running, without_tasks FROM content_runs"
    # Since then more layouts are read: what an ingester of before found empty is looked into again.
    assert {tuple(row) for row in await before.fetch(select)} == {(*row[:-1], False) for row in expected}
    await before.execute("UPDATE ingestion_runs SET rules_version = 2")
    assert {tuple(row) for row in await before.fetch(select)} == expected
    assert sum(row[-1] for row in expected) == 2
