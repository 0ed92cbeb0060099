"""Each statement of the ingester's store touches the rows that it names: every condition, order and bound of it."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from common.events import ModelDiscovered
from ingester import store, store_waiting
from ingester.store import Origin, Session

from tests.support.writer import oid

DATASET = "arcprize/arc_agi_v2_public_eval"
OTHER = "arcprize/arc_agi_v1_public_eval"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = {"hf_dataset": DATASET, "model": "m"}
RUN: dict[str, Any] = {
    "hf_dataset": DATASET,
    "dataset_name": "m",
    "base_url": "",
    "total_puzzles": 0,
    "duration_ms": 0,
    "dry_run": False,
    "status": "running",
    "started_at": AT,
    "completed_at": AT,
    "event_sequence": 1,
}
# What makes a run another one's, each by itself.
ELSEWHERE: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"dataset_name": "n"}, {"dry_run": True}]
VERSION: dict[str, Any] = {
    **KEY,
    "revision": oid("head"),
    "source": "ARC2-Eval",
    "display_name": "M",
    "ingested_at": AT,
    "run_id": 1,
    "status": "completed",
    "attempts": '[{"model_name": "m-attempt1"}]',
    **dict.fromkeys(("tasks_total", "tasks_submitted", "tasks_solved", "pairs_total", "pairs_solved", "errors"), 1),
    "score": 1.0,
}
NEW_RUN: dict[str, Any] = {
    **dict.fromkeys(("delivery_count", "total_puzzles", "event_sequence"), 2),
    **dict.fromkeys(("ingester", "revision", "tree_oid", "base_url", "source"), "new"),
    "trigger": "manual",
    "auto_triggered": False,
}
EVENT = ModelDiscovered(dataset=DATASET, model="m", trigger="schedule")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=3) as pool:
        yield pool


@pytest.fixture
async def session(pool: asyncpg.Pool) -> AsyncIterator[Session]:
    async with store.locked(pool, DATASET, "m") as session:
        yield session


async def put(pool: asyncpg.Pool, table: str, **values: Any) -> int:
    """Write a row; return its id, or 0 where it has none."""
    places = ", ".join(f"${number}" for number, _ in enumerate(values, 1))
    returning = "0" if table in {"staged_rows", "task_results", "waiting_requests"} else "id"
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING {returning}"
    return int(await pool.fetchval(statement, *values.values()))


async def run(pool: asyncpg.Pool, **changes: Any) -> int:
    return await put(pool, "ingestion_runs", **{**RUN, **changes})


async def staged(pool: asyncpg.Pool, run_id: int, **changes: Any) -> None:
    row = {**KEY, "run_id": run_id, "puzzle_id": "p", "hf_blob_oid": "b", **changes}
    await put(pool, "staged_rows", **row)


async def version(pool: asyncpg.Pool, content: int, **changes: Any) -> int:
    return await put(pool, "submission_versions", **{**VERSION, "tree_oid": oid(content), **changes})


async def statuses(pool: asyncpg.Pool) -> dict[int, str]:
    return {row["id"]: row["status"] for row in await pool.fetch("SELECT id, status FROM ingestion_runs")}


async def test_the_newest_run_of_a_model_that_did_not_end_is_gone_on_with(pool: asyncpg.Pool, session: Session) -> None:
    for other in [*ELSEWHERE, {"status": "failed"}]:
        await run(pool, **other)
    opened = await session.open_run(dry_run=False, **NEW_RUN)
    assert (opened.resumed, opened.id) == (False, 5)
    await run(pool, hf_dataset=OTHER)
    newest = await run(pool)
    await run(pool, status="completed")
    again = await session.open_run(dry_run=False, **NEW_RUN | {"tree_oid": "newer"})
    assert (again.resumed, again.id) == (True, newest)
    found = await pool.fetch("SELECT id FROM ingestion_runs WHERE tree_oid = 'newer'")
    assert [row["id"] for row in found] == [newest], "no other row is changed"


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
    ended = await store.end_event(pool, origin(sequence=sequence), "failed", "why")
    assert (ended.id, ended.started_at) == (own, AT)
    assert ended.duration_ms > 0
    assert ended.ended_at > AT
    assert list((await statuses(pool)).values()).count("failed") == 1
    assert await pool.fetchval("SELECT count(*) FROM staged_rows") == 5
    assert await pool.fetchval("SELECT max(run_id) FROM staged_rows") < own
    about = await pool.fetch("SELECT error_log, delivery_count FROM ingestion_runs WHERE id = $1", own)
    assert [tuple(row) for row in about] == [("why", 6)]


async def test_an_event_without_a_run_gets_one_and_none_is_ended_where_somebody_is_at_it(
    pool: asyncpg.Pool, session: Session
) -> None:
    running = await run(pool, event_sequence=7)
    made = await store.end_event(pool, origin(), "failed", "why")
    assert await statuses(pool) == {running: "running", made.id: "failed"}
    assert made.duration_ms == 0
    assert session.key == (DATASET, "m")


_TOLD = {"status": "failed", "error_log": "why", "event_sequence": 7}
_JUST_NOW = datetime.now(UTC)


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
    old = await run(pool, **{**_TOLD, "completed_at": _JUST_NOW, **change})
    newer = await run(pool, **{**_TOLD, "completed_at": _JUST_NOW, **change})
    found = await store.end_event(pool, origin(delivery_count), "failed", "why")
    assert (found.id == newer) is same
    assert found.id != old
    assert len(await statuses(pool)) == (2 if same else 3)


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
    assert [each.id for each in await store.running(pool, HOUR)] == [first, *others]


async def test_only_a_run_that_still_runs_is_abandoned(pool: asyncpg.Pool, session: Session) -> None:
    one, two, ended = await run(pool), await run(pool), await run(pool, status="completed")
    abandoned = await session.abandon_run(one, "its ingester died")
    assert abandoned is not None
    assert abandoned.id == one
    assert await session.abandon_run(ended, "too late") is None
    assert await statuses(pool) == {one: "failed", two: "running", ended: "completed"}


async def test_what_is_staged_for_no_running_run_is_swept(pool: asyncpg.Pool) -> None:
    running, ended = await run(pool), await run(pool, dataset_name="n", status="failed")
    for run_id in (running, ended):
        await staged(pool, run_id, puzzle_id=str(run_id))
    for place, changes in enumerate([{}, {"model": "n"}, {"hf_dataset": OTHER}]):
        await put(pool, "staged_rows", **{**KEY, "puzzle_id": f"old{place}", "hf_blob_oid": "b", **changes})
    await store.sweep_staged(pool)
    left = await pool.fetch("SELECT puzzle_id FROM staged_rows ORDER BY 1")
    assert [row["puzzle_id"] for row in left] == [str(running), "old0"]


async def test_only_a_current_version_of_the_same_content_under_another_name_is_one_to_take_over(
    pool: asyncpg.Pool, session: Session
) -> None:
    for model in ("z", "a"):
        await version(pool, 1, model=model)
    await version(pool, 1, model="old", superseded_at=AT)
    await version(pool, 2, model="else")
    await version(pool, 1, model="b", hf_dataset=OTHER)
    await version(pool, 9, model="m", hf_dataset=OTHER)
    assert await session.same_content(oid(1)) == ["a", "z"]
    await version(pool, 3, superseded_at=AT)
    assert await session.same_content(oid(1)) == [], "it has a history of its own"


async def test_the_current_version_tells_what_was_used_and_what_is_worth_another_fetch(
    pool: asyncpg.Pool, session: Session
) -> None:
    for other in ({"hf_dataset": OTHER}, {"model": "n"}, {"superseded_at": AT}):
        other_id = await version(pool, 9, run_id=9, **other)
        await put(
            pool, "task_results", version_id=other_id, puzzle_id="x", hf_blob_oid="x", pairs_total=1, pairs_solved=1
        )
    assert await session.current(["unavailable"], ["too_large"]) is None
    own = await version(pool, 1, run_id=5)
    await put(pool, "task_results", version_id=own, puzzle_id="p", hf_blob_oid="b", pairs_total=1, pairs_solved=1)
    for run_id, kind, fatal, blob in [
        (5, "not_json", True, "b1"),
        (5, "too_large", True, "b2"),
        (5, "not_json", False, "b3"),
        (5, "not_json", True, None),
        (9, "not_json", True, "b5"),
        (9, "unavailable", True, "b6"),
    ]:
        error = {"run_id": run_id, "kind": kind, "fatal": fatal, "hf_blob_oid": blob}
        await put(pool, "ingestion_errors", puzzle_id=f"of {blob}", message="", **error)
    found = await session.current(["unavailable"], ["too_large"])
    assert found is not None
    assert (found.id, found.tree_oid, found.run_id) == (own, oid(1), 5)
    assert (found.results, found.failures, found.complete) == ({"p": "b"}, {"of b1": "b1"}, True)
    error = {"run_id": 5, "kind": "unavailable", "fatal": True, "hf_blob_oid": "b7"}
    await put(pool, "ingestion_errors", puzzle_id="q", message="", **error)
    again = await session.current(["unavailable"], ["too_large"])
    assert again is not None
    assert (again.complete, again.failures) == (False, {"of b1": "b1"})


async def test_what_is_staged_is_told_by_model_and_run_and_dropped_so(pool: asyncpg.Pool, session: Session) -> None:
    await staged(pool, 1)
    await staged(pool, 1, model_name="m-attempt1", puzzle_id="attempt")
    others: list[dict[str, Any]] = [{"hf_dataset": OTHER}, {"model": "n"}, {"run_id": 2}]
    for place, other in enumerate(others):
        await staged(pool, **{"run_id": 1, "puzzle_id": f"other{place}", **other})
    assert await session.staged(1) == {("p", "b")}
    await session.drop_staged(1)
    left = await pool.fetch("SELECT puzzle_id FROM staged_rows ORDER BY 1")
    assert [row["puzzle_id"] for row in left] == ["other0", "other1", "other2"]


async def answer(pool: asyncpg.Pool, puzzle_id: str, **changes: Any) -> int:
    row = {"hf_dataset": DATASET, "model_name": "m-attempt1", "hf_blob_oid": "b", "has_multiple_predictions": False}
    row |= {"pattern_description": "", "solving_strategy": "", "puzzle_id": puzzle_id, **changes}
    return await put(pool, "explanations", **row)


async def test_rows_of_what_a_version_does_not_use_are_marked_once_and_no_others(
    pool: asyncpg.Pool, session: Session
) -> None:
    kept = [
        await answer(pool, "used"),
        await answer(pool, "gone", hf_dataset=OTHER),
        await answer(pool, "gone", model_name="n-attempt1"),
    ]
    marked = [
        await answer(pool, "gone"),
        await answer(pool, "used", model_name="m-attempt2", hf_blob_oid="older"),
        await answer(pool, "of the app", hf_blob_oid=None),
    ]
    before = await answer(pool, "gone before", removed_upstream_at=AT)
    await session.mark_rows({"used": "b"}, ["m-attempt1", "m-attempt2"])
    rows = await pool.fetch("SELECT id, removed_upstream_at AS at FROM explanations ORDER BY id")
    assert {row["id"] for row in rows if row["at"] is None} == set(kept)
    assert {row["id"] for row in rows if row["at"] and row["at"] > AT} == set(marked)
    assert {row["id"] for row in rows if row["at"] == AT} == {before}


async def test_an_attempts_sums_are_of_its_current_rows(pool: asyncpg.Pool, session: Session) -> None:
    grid = "[[1]]"
    results = json.dumps(
        [
            {"correct": True, "predicted": [[1]]},
            {"correct": False, "predicted": [[2]]},
            {"correct": False, "predicted": None},
        ]
    )
    figures = {"estimated_cost": 0.5, "total_tokens": 3, "api_processing_time_ms": 4}
    right = {"is_prediction_correct": True, "predicted_output_grid": grid}
    await answer(pool, "one", **right, **figures)
    await answer(pool, "none", is_prediction_correct=False)
    await answer(pool, "several", has_multiple_predictions=True, multi_test_results=results, **figures)
    await answer(pool, "one", model_name="m-attempt2", is_prediction_correct=False, predicted_output_grid=grid)
    for other in ({"hf_dataset": OTHER}, {"model_name": "n-attempt1"}, {"removed_upstream_at": AT}):
        await answer(pool, f"other {other}"[:20], **right, **figures, **other)
    first, second = sorted(await session.attempt_sums(["m-attempt1", "m-attempt2"]), key=lambda each: each.model_name)
    assert (first.pairs_correct, first.pairs_submitted, list(first.costs)) == (2, 3, [0.5, 0.5])
    assert (first.tokens, first.time_ms) == (Decimal(6), Decimal(8))
    assert (second.pairs_correct, second.pairs_submitted, list(second.costs), second.tokens) == (0, 1, [], None)


async def test_every_attempt_that_a_model_ever_had_is_named(pool: asyncpg.Pool, session: Session) -> None:
    await version(pool, 1, superseded_at=AT)
    await version(pool, 2, attempts='[{"model_name": "m-attempt2"}]')
    await version(pool, 1, model="n", attempts='[{"model_name": "n-attempt1"}]')
    await version(pool, 1, hf_dataset=OTHER, attempts='[{"model_name": "o-attempt1"}]')
    await staged(pool, 1)
    await staged(pool, 1, model_name="m-attempt3")
    await staged(pool, 1, model_name="n-attempt9", model="n")
    await staged(pool, 1, model_name="o-attempt9", hf_dataset=OTHER)
    assert sorted(await session.attempt_names("m")) == ["m-attempt1", "m-attempt2", "m-attempt3"]


async def test_models_stand_by_their_last_run_of_late_and_their_current_version(pool: asyncpg.Pool) -> None:
    now = datetime.now(UTC)
    late = {"started_at": now - HOUR, "status": "failed"}
    await run(pool, **late)
    await run(pool, dataset_name="mended", **late)
    await run(pool, **late | {"dataset_name": "mended", "status": "partial"})
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
    found = await store.standing(pool, [DATASET, OTHER], HOUR * 3 / 2)
    assert (found.failing, found.partial, found.whole, found.waiting) == (3, 1, 2, 0)
    assert found.last_landing == AT + HOUR
    assert newest
    await store_waiting.join(pool, EVENT, "m")
    assert (await store.standing(pool, [DATASET, OTHER], HOUR)).waiting == 1


async def test_columns_are_those_of_our_table_and_no_other(pool: asyncpg.Pool) -> None:
    await pool.execute("CREATE SCHEMA elsewhere CREATE TABLE explanations (strange text)")
    found = await store.column_types(pool)
    assert found["model_name"] == ("text", None)
    assert found["puzzle_id"] == ("character varying", 255)
    assert not {"strange", "hf_blob_oids", "superseded_at"} & found.keys()


# Request by request: who joins (name, force), and what then waits.
A, B = (
    EVENT.model_copy(update={"requested_by": name, "trigger": trigger})
    for name, trigger in (("a", "webhook"), ("b", "startup"))
)


@pytest.mark.parametrize(
    ("first", "second", "asks"), [(False, False, "b"), (False, True, "b"), (True, False, "a"), (True, True, "b")]
)
async def test_who_forces_is_who_asks_else_the_last(pool: asyncpg.Pool, first: bool, second: bool, asks: str) -> None:  # noqa: FBT001 - a table
    await store_waiting.join(pool, A.model_copy(update={"force": first}), "m")
    await store_waiting.join(pool, B.model_copy(update={"force": second}), "m")
    found = await store_waiting.by_model(pool, EVENT)
    assert found is not None
    assert (found.event.force, found.event.requested_by) == (first or second, asks)
    assert found.event.trigger == (A if asks == "a" else B).trigger


@pytest.mark.parametrize(("content", "agreed"), [(1, True), (2, False), (None, False)])
async def test_copies_that_disagree_on_the_content_name_none(
    pool: asyncpg.Pool, content: int | None, *, agreed: bool
) -> None:
    about = {"revision": oid("head"), "published_at": AT}
    await store_waiting.join(pool, EVENT.model_copy(update={**about, "tree_oid": oid(1)}), "m")
    tree_oid = content and oid(content)
    await store_waiting.join(pool, EVENT.model_copy(update={**about, "tree_oid": tree_oid}), "m")
    found = await store_waiting.by_model(pool, EVENT)
    assert found is not None
    told = (found.event.tree_oid, found.event.revision, found.event.published_at)
    assert told == ((oid(1), oid("head"), AT) if agreed else (None, None, None))


async def test_requests_are_told_apart_by_dataset_model_and_dry_run_and_by_id(pool: asyncpg.Pool) -> None:
    others = [EVENT.model_copy(update=change) for change in ({"dataset": OTHER}, {"model": "n"}, {"dry_run": True})]
    ids = {await store_waiting.join(pool, event, event.model): event for event in (*others, EVENT)}
    for request_id, event in ids.items():
        by_id, by_model = await store_waiting.by_id(pool, request_id), await store_waiting.by_model(pool, event)
        assert by_id == by_model
        assert by_id is not None
        assert (by_id.id, by_id.event) == (request_id, event)
    first, *rest = ids
    await store_waiting.mark_handed_back(pool, first)
    assert {each.id for each in await store_waiting.free(pool)} == set(rest)
    assert [each.id for each in await store_waiting.handed_back(pool, timedelta(0))] == [first]
    assert await store_waiting.handed_back(pool, HOUR) == []
    await store_waiting.settle(pool, first)
    assert await pool.fetchval("SELECT count(*) FROM waiting_requests") == 3


async def test_a_request_is_free_while_nobody_holds_the_lock_that_it_waits_behind(pool: asyncpg.Pool) -> None:
    await store_waiting.join(pool, EVENT, "old name")
    async with contextlib.AsyncExitStack() as held:
        for dataset, model in ((DATASET, "m"), (OTHER, "old name")):
            await held.enter_async_context(store.locked(pool, dataset, model))
        assert len(await store_waiting.free(pool)) == 1
    async with store.locked(pool, DATASET, "old name"):
        assert await store_waiting.free(pool) == []
