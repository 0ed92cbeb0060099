"""Runs and their errors are filtered, ordered, paged and counted as each statement says."""

from datetime import timedelta
from typing import Any

import asyncpg
from common.error_kinds import ADVICE, ErrorKind
from query_api.schemas.ingestion_runs import HistoryQuery, RunErrorsQuery
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
    assert [each.message for each in await runs.errors(pool, RunErrorsQuery(run=run.run_id, limit=10))] == expected
    assert [each.message for each in await runs.errors(pool, RunErrorsQuery(run=run.run_id, limit=2, offset=1))] == [
        "4",
        "the folder",
    ]
    assert await runs.count_errors(pool, RunErrorsQuery(run=run.run_id)) == (6, 1)
    assert await runs.count_errors(pool, RunErrorsQuery(run=other.run_id)) == (2, 2)
    empty = await rows.ingest("o", ingested_at=START + timedelta(days=1))
    assert list(await runs.findings(pool, [other.run_id, empty.run_id])) == [other.run_id]
    assert await runs.count_errors(pool, RunErrorsQuery(run=empty.run_id)) == (0, 0)
    assert await runs.count_errors(pool, RunErrorsQuery(run=10**6)) is None


async def find(pool: asyncpg.Pool, run_id: int, *findings: tuple[str | None, str, bool]) -> None:
    for puzzle_id, kind, fatal in findings:
        await pool.execute(
            "INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal) VALUES ($1, $2, $3, '', $4)",
            run_id, puzzle_id, kind, fatal,
        )  # fmt: skip


async def test_the_worst_comes_first_among_errors_and_findings_and_a_kind_of_tomorrow_last(
    pool: asyncpg.Pool, rows: Writer
) -> None:
    run, other = await rows.ingest("m"), await rows.ingest("n")
    await find(pool, run.run_id, ("b", "kind_of_tomorrow", False), ("a", "null_attempt", False))
    await find(pool, run.run_id, ("a", "unknown_attempt", False), ("c", "unreadable_answer", False))
    await find(pool, run.run_id, ("b", "unreadable_answer", False), (None, "nothing_usable", False))
    await find(pool, run.run_id, ("z", "not_json", True), ("b", "null_attempt", False))
    await find(pool, other.run_id, ("a", "null_attempt", False))
    found = await runs.errors(pool, RunErrorsQuery(run=run.run_id, limit=10))
    assert [(each.kind, each.puzzle_id, each.severity) for each in found] == [
        ("nothing_usable", None, "error"),
        ("not_json", "z", "error"),
        ("unknown_attempt", "a", "warning"),
        ("unreadable_answer", "b", "warning"),
        ("unreadable_answer", "c", "warning"),
        ("null_attempt", "a", "note"),
        ("null_attempt", "b", "note"),
        ("kind_of_tomorrow", "b", "note"),
    ]
    assert found[1].advice == ADVICE[ErrorKind.NOT_JSON].text
    assert found[-1].advice is None
    counted = (await runs.findings(pool, [run.run_id, other.run_id]))[run.run_id]
    assert [(each.kind, each.count, each.severity) for each in counted] == [
        ("not_json", 1, "error"),
        ("nothing_usable", 1, "error"),
        ("unreadable_answer", 2, "warning"),
        ("unknown_attempt", 1, "warning"),
        ("null_attempt", 2, "note"),
        ("kind_of_tomorrow", 1, "note"),
    ]
    assert (counted[0].advice, counted[-1].advice) == (ADVICE[ErrorKind.NOT_JSON].text, None)
    _, (second, first) = await runs.runs(pool, HistoryQuery())
    assert (first.findings, [each.count for each in second.findings]) == (counted, [1])
