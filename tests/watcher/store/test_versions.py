"""Each statement on versions finds and changes the rows that it names, and no others."""

from typing import Any

import asyncpg
from watcher.compare import Known
from watcher.store import versions

from tests.ingester.database_rows import AT, DATASET, OTHER, put, run, version
from tests.support.writer import oid

# What makes a version another one's than the current one of this dataset's model.
OTHERS: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"superseded_at": AT}]


async def test_a_model_is_known_by_its_current_version_and_whether_all_of_it_came(pool: asyncpg.Pool) -> None:
    for run_id, kind in ((2, "integrity"), (3, "unavailable"), (4, "invalid_json"), (99, "integrity")):
        await put(pool, "ingestion_errors", run_id=run_id, kind=kind, message="")
    for number, model in enumerate(("whole", "broken", "away", "refused"), 1):
        await version(pool, number, model=model, run_id=number)
    await version(pool, 5, model="gone", removed_upstream_at=AT)
    for number, other in enumerate(OTHERS, 6):
        await version(pool, number, **{"model": "other", **other})
    assert await versions.known(pool, DATASET) == {
        "whole": Known(oid(1), complete=True, removed=False),
        "broken": Known(oid(2), complete=False, removed=False),
        "away": Known(oid(3), complete=False, removed=False),
        "refused": Known(oid(4), complete=True, removed=False),
        "gone": Known(oid(5), complete=True, removed=True),
    }


async def test_a_folder_is_without_tasks_when_a_run_looked_at_all_of_it_and_found_none(pool: asyncpg.Pool) -> None:
    empty = {"status": "skipped", "total_puzzles": 0, "skipped": 1, "tree_oid": oid(1), "rules_version": 2}
    for _ in range(2):
        await run(pool, **empty, dataset_name="empty")
    await run(pool, **empty | {"dataset_name": "older", "dry_run": None})
    others: list[dict[str, Any]] = [
        *({"hf_dataset": OTHER}, {"status": "completed"}, {"total_puzzles": 1}, {"skipped": 0}),
        *({"dry_run": True}, {"tree_oid": None}, {"rules_version": None}, {"rules_version": 1}),
    ]
    for number, other in enumerate(others):
        await run(pool, **empty | {"dataset_name": f"other{number}"} | other)
    assert await versions.without_tasks(pool, DATASET) == {("empty", oid(1)), ("older", oid(1))}


async def test_a_run_is_on_its_way_only_for_that_content_of_that_model(pool: asyncpg.Pool) -> None:
    about = {"tree_oid": oid(1), "status": "running"}
    others: list[dict[str, Any]] = [
        *({"hf_dataset": OTHER}, {"dataset_name": "n"}, {"tree_oid": oid(2)}),
        *({"status": "failed"}, {"dry_run": True}),
    ]
    for other in others:
        await run(pool, **about | other)
        assert not await versions.is_being_ingested(pool, DATASET, "m", oid(1))
    await run(pool, **about | {"dry_run": None})
    assert await versions.is_being_ingested(pool, DATASET, "m", oid(1))


async def test_current_versions_of_the_models_named_are_marked_once_and_unmarked(pool: asyncpg.Pool) -> None:
    for number, other in enumerate([{}, *OTHERS, {"model": "kept"}]):
        await version(pool, number, **other)
    await version(pool, 10, model="gone before", removed_upstream_at=AT)

    async def marked() -> set[int]:
        rows = await pool.fetch("SELECT id FROM submission_versions WHERE removed_upstream_at > $1", AT)
        return {row[0] for row in rows}

    first = await pool.fetchval("SELECT min(id) FROM submission_versions")
    await versions.mark(pool, DATASET, ["m", "gone before"], [])
    assert await marked() == {first}
    await pool.execute("UPDATE submission_versions SET removed_upstream_at = $1", AT)
    await versions.mark(pool, DATASET, [], ["m", "gone before"])
    rows = await pool.fetch("SELECT model, removed_upstream_at IS NULL FROM submission_versions ORDER BY id")
    assert [tuple(row) for row in rows] == [
        *(("m", True), ("m", False), ("m", False), ("kept", False), ("gone before", True)),
    ]
