"""Each statement on rows of answers touches those that it names: every condition and sum of it."""

import json
from decimal import Decimal
from typing import Any

import asyncpg
from ingester.store import Session

from tests.ingester.database_rows import AT, OTHER, answer, staged


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
        await answer(pool, "used", model_name="m-attempt3", hf_blob_oid=None),
    ]
    before = await answer(pool, "gone before", removed_upstream_at=AT)
    await session.mark_rows({"used": "b"}, ["m-attempt1", "m-attempt2", "m-attempt3"])
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
