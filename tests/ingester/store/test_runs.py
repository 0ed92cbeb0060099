"""Each statement on runs touches those that it names: every condition, order and bound of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from common.arc.rules import RULES_VERSION
from common.error_kinds import ErrorKind, NoteKind
from ingester.store.runs import Origin, RunResult, RunStart, delete_orphaned_staging, end_event, running_runs
from ingester.store.session import Session
from ingester.submission.error_kinds import ListedFinding

from tests.ingester.database_rows import AT, DATASET, ELSEWHERE, EVENT, HOUR, KEY, OTHER, put, run, staged, statuses

NEW_RUN = RunStart(Origin(EVENT, 2, 3, "one"), "url", "ARC2-Eval", "head", "tree", 4, "edition")
# As the columns of ingestion_runs.
NEW_ROW = {
    "event_sequence": 2,
    "delivery_count": 3,
    "ingester": "one",
    "base_url": "url",
    "source": "ARC2-Eval",
    "revision": "head",
    "tree_oid": "tree",
    "total_puzzles": 4,
    "task_set_version": "edition",
    "rules_version": RULES_VERSION,
    "trigger": "schedule",
    "auto_triggered": True,
    "dry_run": False,
}


async def row_of(pool: asyncpg.Pool, run_id: int) -> asyncpg.Record:
    (row,) = await pool.fetch("SELECT * FROM ingestion_runs WHERE id = $1", run_id)
    return row


async def test_the_newest_run_of_a_model_that_did_not_end_is_gone_on_with(pool: asyncpg.Pool, session: Session) -> None:
    for other in [*ELSEWHERE, {"status": "failed"}]:
        await run(pool, **other)
    opened = await session.open_run(NEW_RUN)
    assert (opened.resumed, opened.id) == (False, 5)
    row = await row_of(pool, 5)
    assert (row["duration_ms"], row["successful"], row["failed"], row["skipped"]) == (0, 0, 0, 0)
    assert {name: row[name] for name in NEW_ROW} == NEW_ROW
    await run(pool, hf_dataset=OTHER)
    newest = await run(pool, event_sequence=7)
    await run(pool, status="completed")
    again = await session.open_run(replace(NEW_RUN, tree_oid="newer"))
    assert (again.resumed, again.id, again.begun_for) == (True, newest, 7)
    found = await pool.fetch("SELECT id FROM ingestion_runs WHERE tree_oid = 'newer'")
    assert [row["id"] for row in found] == [newest], "no other row is changed"
    row = await row_of(pool, newest)
    assert {name: row[name] for name in NEW_ROW} == NEW_ROW | {"tree_oid": "newer"}


@pytest.mark.parametrize(
    ("rules_version", "task_set_version", "alike"),
    [
        (RULES_VERSION, "edition", True),
        (RULES_VERSION - 1, "edition", False),
        (RULES_VERSION, "older", False),
        (None, "edition", False),
        (RULES_VERSION, None, False),
    ],
)
async def test_a_run_that_is_gone_on_with_tells_whether_it_was_judged_as_now(
    pool: asyncpg.Pool, session: Session, rules_version: int | None, task_set_version: str | None, *, alike: bool
) -> None:
    begun = await run(pool, rules_version=rules_version, task_set_version=task_set_version)
    opened = await session.open_run(NEW_RUN)
    assert (opened.id, opened.judged_alike) == (begun, alike)
    assert (await session.open_run(NEW_RUN)).judged_alike


@pytest.mark.parametrize("sequence", [7, None])
async def test_only_an_events_own_running_run_is_skipped(
    pool: asyncpg.Pool, session: Session, sequence: int | None
) -> None:
    own = await run(pool, event_sequence=sequence)
    for other in [*ELSEWHERE, {"status": "failed"}, {"event_sequence": 8}]:
        kept = await run(pool, **{"event_sequence": sequence, **other})
        await staged(pool, kept)
    await staged(pool, own)
    await staged(pool, own, hf_dataset=OTHER)
    await staged(pool, own, model="n")
    (ended,) = await session.skip_running(EVENT, sequence, "not needed")
    assert (ended.id, ended.started_at, ended.ended_at > AT, ended.duration_ms) == (own, AT, True, ended.duration_ms)
    assert [status for id_, status in (await statuses(pool)).items() if id_ != own] == ["running"] * 3 + [
        "failed",
        "running",
    ]
    left = await pool.fetch("SELECT run_id FROM staged_rows WHERE run_id = $1", own)
    assert len(left) == 2, "of that dataset and model alone"
    assert await pool.fetchval("SELECT count(*) FROM staged_rows WHERE run_id <> $1", own) == 5


def origin(delivery_count: int = 6, sequence: int | None = 7) -> Origin:
    return Origin(EVENT, sequence, delivery_count, "test")


@pytest.mark.parametrize("sequence", [7, None])
async def test_an_event_ends_its_own_run(pool: asyncpg.Pool, sequence: int | None) -> None:
    for other in [*ELSEWHERE, {"status": "completed"}, {"event_sequence": 8}]:
        await staged(pool, await run(pool, **{"event_sequence": sequence, **other}))
    own = await run(pool, event_sequence=sequence)
    await staged(pool, own)
    ended = await end_event(pool, origin(sequence=sequence), "failed", "why")
    assert (ended.id, ended.started_at) == (own, AT)
    assert ended.duration_ms > 0
    assert ended.ended_at > AT
    assert list((await statuses(pool)).values()).count("failed") == 1
    assert await pool.fetchval("SELECT count(*) FROM staged_rows") == 5
    assert await pool.fetchval("SELECT max(run_id) FROM staged_rows") < own
    about = await pool.fetch("SELECT error_log, delivery_count FROM ingestion_runs WHERE id = $1", own)
    assert [tuple(row) for row in about] == [("why", 6)]


async def test_an_event_without_a_run_gets_one_and_none_is_ended_where_an_ingester_is_at_it(
    pool: asyncpg.Pool, session: Session
) -> None:
    running = await run(pool, event_sequence=7)
    made = await end_event(pool, origin(), "failed", "why")
    assert await statuses(pool) == {running: "running", made.id: "failed"}
    rows = await pool.fetch(
        "SELECT duration_ms, successful, failed, skipped + total_puzzles FROM ingestion_runs WHERE id = $1", made.id
    )
    assert [tuple(row) for row in rows] == [(0, 0, 0, 0)]
    assert session.key == (DATASET, "m")


_FAILED_END = {"status": "failed", "error_log": "why", "event_sequence": 7}


@pytest.mark.parametrize(
    ("change", "delivery_count", "same"),
    [
        ({}, 2, True),
        ({}, 1, False),
        ({"hf_dataset": OTHER}, 2, False),
        ({"dataset_name": "n"}, 2, False),
        ({"dry_run": True}, 2, False),
        ({"status": "skipped"}, 2, False),
        ({"error_log": "another reason"}, 2, False),
        ({"event_sequence": 8}, 2, False),
        ({"event_sequence": None}, 2, False),
        ({"completed_at": AT}, 2, False),
    ],
)
async def test_an_end_that_is_told_twice_is_one_run_if_it_is_the_same_end(
    pool: asyncpg.Pool, change: dict[str, Any], delivery_count: int, *, same: bool
) -> None:
    columns = {**_FAILED_END, "completed_at": datetime.now(UTC), **change}
    old, newer = await run(pool, **columns), await run(pool, **columns)
    found = await end_event(pool, origin(delivery_count), "failed", "why")
    assert (found.id == newer) is same
    assert found.id != old
    assert len(await statuses(pool)) == (2 if same else 3)


async def test_an_event_that_is_ended_again_tells_the_run_that_was_still_going_on(pool: asyncpg.Pool) -> None:
    await run(pool, **_FAILED_END, completed_at=datetime.now(UTC))
    going_on = await run(pool, event_sequence=7)
    assert (await end_event(pool, origin(), "failed", "why")).id == going_on


async def test_runs_that_began_some_time_ago_and_do_not_wait_are_told_by_age(pool: asyncpg.Pool) -> None:
    waiting = {"id": "w", "behind": "x", "force": True, "trigger": "manual", "dry_run": False}
    await put(pool, "waiting_requests", hf_dataset=DATASET, model="waits", **waiting)
    first = await run(pool)
    await run(pool, status="failed")
    await run(pool, started_at=datetime.now(UTC))
    await run(pool, dataset_name="waits")
    others = [
        await run(pool, dataset_name="waits", dry_run=True),
        await run(pool, dataset_name="waits", hf_dataset=OTHER),
    ]
    await pool.execute("UPDATE ingestion_runs SET total_puzzles = 1 WHERE id = $1", first)
    assert list(await running_runs(pool, HOUR)) == [first, *others]


async def test_only_a_run_that_still_runs_is_abandoned(pool: asyncpg.Pool, session: Session) -> None:
    one, two, ended = await run(pool), await run(pool), await run(pool, status="completed")
    abandoned = await session.fail_orphaned(one, "its ingester died")
    assert abandoned is not None
    assert abandoned.id == one
    assert await session.fail_orphaned(ended, "too late") is None
    assert await statuses(pool) == {one: "failed", two: "running", ended: "completed"}


async def test_what_is_staged_for_no_running_run_is_swept(pool: asyncpg.Pool) -> None:
    running, ended = await run(pool), await run(pool, dataset_name="n", status="failed")
    for run_id in (running, ended):
        await staged(pool, run_id, puzzle_id=str(run_id))
    for place, changes in enumerate([{}, {"model": "n"}, {"hf_dataset": OTHER}]):
        await put(pool, "staged_rows", **{**KEY, "puzzle_id": f"old{place}", "hf_blob_oid": "b", **changes})
    await delete_orphaned_staging(pool)
    left = await pool.fetch("SELECT puzzle_id FROM staged_rows ORDER BY 1")
    assert [row["puzzle_id"] for row in left] == [str(running), "old0"]


async def test_errors_are_those_of_wanted_files_of_the_run_and_those_carried_on(
    pool: asyncpg.Pool, session: Session
) -> None:
    notes = json.dumps([{"kind": "not_json", "message": "cut off"}, {"kind": "too_deep", "message": "deep"}])
    await staged(pool, 5, puzzle_id="bad", notes=notes)
    await staged(pool, 5, puzzle_id="mended", notes=notes, pairs_total=1, pairs_solved=1)
    await staged(pool, 5, puzzle_id="bad", notes=notes, model_name="m-attempt1")
    for other in ({"puzzle_id": "unwanted"}, {"hf_blob_oid": "old"}, {"hf_dataset": OTHER}, {"model": "n"}):
        await staged(pool, 5, **{"puzzle_id": "bad", "notes": notes, **other})
    await staged(pool, 4, puzzle_id="bad", notes=notes)
    for run_id, puzzle_id, blob, fatal in [
        (3, "reused", "b", True),
        (3, "reused", "older", True),
        (3, "not asked for", "b", True),
        (2, "reused", "b", True),
    ]:
        error = {"run_id": run_id, "puzzle_id": puzzle_id, "hf_blob_oid": blob, "fatal": fatal}
        await put(pool, "ingestion_errors", kind="unknown_task", message=f"of {run_id}", **error)
    async with session.connection.transaction():
        await session.create_wanted(5, dict.fromkeys(("bad", "mended", "reused", "not asked for"), "b"))
        await session.write_errors(5, 3, ["reused"])
        listed = [
            ListedFinding("new", ErrorKind.TOO_LARGE, "a \0", "b"),
            ListedFinding("", NoteKind.NOTHING_USABLE, "why"),
            ListedFinding("new", NoteKind.NESTED_FOLDER, "below"),
        ]
        await session.add_findings(5, listed)
    rows = await pool.fetch("SELECT puzzle_id, kind, message, fatal FROM ingestion_errors WHERE run_id = 5")
    assert sorted((row["puzzle_id"] or "", *row[1:]) for row in rows) == [
        ("", "nothing_usable", "why", False),
        ("bad", "not_json", "cut off", True),
        ("bad", "too_deep", "deep", True),
        ("mended", "not_json", "cut off", False),
        ("mended", "too_deep", "deep", False),
        ("new", "nested_folder", "below", False),
        ("new", "too_large", "a \ufffd", True),
        ("reused", "unknown_task", "of 3", True),
    ]
    # The mended file's not_json and nothing_usable are warnings, too_deep and nested_folder notes.
    assert await session.count_findings(5) == (3, 2)
    listed_kinds = {"nothing_usable": 1, "nested_folder": 1}
    assert await session.error_kinds(5) == listed_kinds | {
        "not_json": 2,
        "too_deep": 2,
        "too_large": 1,
        "unknown_task": 1,
    }
    assert await session.error_kinds(3) == {"unknown_task": 2}


async def test_a_run_that_is_closed_takes_its_staged_rows_along_and_no_others(
    pool: asyncpg.Pool, session: Session
) -> None:
    own, other = await run(pool), await run(pool)
    for run_id in (own, other):
        await staged(pool, run_id)
    result = RunResult("partial", successful=1, failed=2, skipped=3, total_puzzles=4, accuracy_percent=50.5, score=0.25)
    assert await session.close_run(own, replace(result, error_log="why")) > 0
    row = await row_of(pool, own)
    assert (row["successful"], row["failed"], row["skipped"], row["total_puzzles"]) == (1, 2, 3, 4)
    assert (row["accuracy_percent"], row["score"], row["error_log"]) == (50.5, 0.25, "why")
    assert await statuses(pool) == {own: "partial", other: "running"}
    left = await pool.fetch("SELECT run_id FROM staged_rows")
    assert [row["run_id"] for row in left] == [other]


async def test_a_runs_time_is_bounded_by_its_column_and_never_negative(pool: asyncpg.Pool, session: Session) -> None:
    now = datetime.now(UTC)
    ends = {}
    for name, started in {"long": now - 1000 * 24 * HOUR, "ahead": now + HOUR, "usual": now - HOUR}.items():
        ended = await session.fail_orphaned(await run(pool, started_at=started), name)
        assert ended is not None
        assert ended.ended_at >= ended.started_at == started
        ends[name] = ended.duration_ms
    assert (ends["long"], ends["ahead"]) == (2**31 - 1, 0)
    assert 3_600_000 <= ends["usual"] < 7_200_000
