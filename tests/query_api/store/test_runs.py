"""Runs and their errors are filtered, ordered, paged and counted as each statement says."""

from datetime import timedelta
from typing import Any

import asyncpg
from query_api.schemas.ingestion_runs import HistoryQuery
from query_api.store import runs

from tests.support.writer import DATASET, START, Writer

OTHER = "arcprize/arc_agi_v1_public_eval"


async def found_runs(pool: asyncpg.Pool, **query: Any) -> tuple[int, list[str]]:
    total, found = await runs.runs(pool, HistoryQuery(**query))
    return total, [each.dataset_name for each in found]


async def test_a_filter_of_runs_lets_through_what_it_names_and_no_filter_everything(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    one = await rows.ingest("one", failed=1)
    await rows.ingest("two", OTHER, trigger="manual")
    assert await found_runs(pool) == (2, ["two", "one"])
    assert await found_runs(pool, dataset=DATASET) == await found_runs(pool, run=one.run_id) == (1, ["one"])
    assert await found_runs(pool, model="two") == await found_runs(pool, auto_triggered=False) == (1, ["two"])
    assert await found_runs(pool, status="partial") == await found_runs(pool, auto_triggered=True) == (1, ["one"])
    assert await found_runs(pool, search="V1_PUBLIC") == (1, ["two"])
    assert await found_runs(pool, search="one") == (1, ["one"])
    assert await found_runs(pool, search="wo arc") == (1, ["two"])
    assert await found_runs(pool, search="twoarc") == (0, [])
    assert await found_runs(pool, dataset=DATASET, model="two") == (0, [])


async def test_a_page_of_runs_is_cut_from_the_order(pool: asyncpg.Pool, rows: Writer) -> None:
    for name in ("one", "two", "three"):
        await rows.ingest(name)
    assert await found_runs(pool, limit=1) == (3, ["three"])
    assert await found_runs(pool, limit=1, offset=1) == (3, ["two"])
    assert await found_runs(pool, order="asc", limit=2, offset=1) == (3, ["two", "three"])


async def test_a_run_that_goes_on_has_no_end_and_none_is_dry_unless_it_says_so(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    for name in ("old", "goes-on", "dry"):
        await rows.ingest(name)
    await pool.execute("UPDATE ingestion_runs SET status = 'running' WHERE dataset_name = 'goes-on'")
    await pool.execute("UPDATE ingestion_runs SET dry_run = true WHERE dataset_name = 'dry'")
    await pool.execute("UPDATE ingestion_runs SET dry_run = NULL WHERE dataset_name = 'old'")
    _, found = await runs.runs(pool, HistoryQuery(order="asc"))
    assert [(each.completed_at is None, each.dry_run) for each in found] == [
        (False, False),
        (True, False),
        (False, True),
    ]


async def test_a_runs_errors_are_ordered_paged_and_counted(pool: asyncpg.Pool, rows: Writer) -> None:
    run, other = await rows.ingest("m"), await rows.ingest("n")
    for run_id, puzzle_id, kind, message, fatal in (
        (run.run_id, "b", "x", "1", False),
        (run.run_id, "a", "x", "2", False),
        (run.run_id, "a", "x", "3", False),
        (run.run_id, "c", "x", "4", True),
        (run.run_id, None, "x", "the folder", False),
        (run.run_id, None, "nothing_usable", "nothing", False),
        (other.run_id, "a", "x", "5", True),
        (other.run_id, "a", "x", "6", True),
    ):
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, $2, $3, $4, $5)",
            run_id, puzzle_id, kind, message, fatal,
        )  # fmt: skip
    expected = ["nothing", "4", "the folder", "2", "3", "1"]
    assert [each.message for each in await runs.errors(pool, run.run_id, 10)] == expected
    assert [each.message for each in await runs.errors(pool, run.run_id, 2, 1)] == ["4", "the folder"]
    assert await runs.count_errors(pool, run.run_id) == (6, 1)
    assert await runs.count_errors(pool, other.run_id) == (2, 2)
    empty = await rows.ingest("o", ingested_at=START + timedelta(days=1))
    assert await runs.count_errors(pool, empty.run_id) == (0, 0)
    assert await runs.count_errors(pool, 10**6) is None
