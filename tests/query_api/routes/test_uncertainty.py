"""Rows, the latest model and a model's page say how sure their figures are, from real rows and after real events."""

from typing import Any

import asyncpg
import pytest
from query_api.view.uncertainty import interval

from tests.query_api.conftest import Start
from tests.support.submissions import tasks
from tests.support.writer import DATASET, Writer, oid

TASKS = [task.id for task in tasks("ARC2-Eval")]
PAIRS = {task.id: len(task.test) for task in tasks("ARC2-Eval")}
_RESULT = """
INSERT INTO task_results (version_id, puzzle_id, hf_blob_oid, pairs_total, pairs_solved) VALUES ($1, $2, $3, $4, $5)
"""


async def land(writer: Writer, pool: asyncpg.Pool, model: str, solved: range, **values: Any) -> None:
    """Commit a submission that solves some tasks whole, and announce it."""
    event = await writer.ingest(model, score=len(solved) / 120, **values)
    version = await pool.fetchval("SELECT id FROM submission_versions WHERE run_id = $1", event.run_id)
    await pool.executemany(
        _RESULT,
        [(version, task, oid(n), PAIRS[task], PAIRS[task] if n in solved else 0) for n, task in enumerate(TASKS)],
    )
    await writer.publish(event)


def figures(row: Any) -> tuple[Any, ...]:
    """Return where a row stands: model, rank, best, worst, and of how many it cannot be told."""
    ranks = row["rankRange"] or {"best": None, "worst": None}
    return row["model"], row["rank"], ranks["best"], ranks["worst"], row["notDistinguishable"]


def bounds(score: float, number: int) -> Any:
    """Return an interval as JSON has it."""
    found = interval(score, number)
    return {"low": pytest.approx(found.low), "high": pytest.approx(found.high)}


async def test_rows_carry_intervals_and_rank_ranges_from_the_start_and_after_each_event(
    start: Start, writer: Writer, pool: asyncpg.Pool
) -> None:
    await land(writer, pool, "a", range(60))
    await land(writer, pool, "b", range(2, 60))
    await land(writer, pool, "c", range(100, 120), tasks_submitted=60)
    async with start() as api:
        assert [figures(each) for each in await api.data("/api/models")] == [
            ("a", 1, 1, 2, 1), ("b", 2, 1, 2, 1), ("c", 3, 3, 3, 0),
        ]  # fmt: skip
        last = (await api.data("/api/models"))[-1]
        assert last["scoreInterval"] == bounds(20 / 120, 120)
        assert last["scoreSubmittedInterval"] == bounds(40 / 120, 60)
        await land(writer, pool, "c", range(110), content=2)
        found = await api.until("/api/models", lambda body: body["data"][0]["model"] == "c")
        assert [figures(each) for each in found["data"]] == [
            ("c", 1, 1, 1, 0), ("a", 2, 2, 3, 1), ("b", 3, 2, 3, 1),
        ]  # fmt: skip
        await writer.remove("c")
        await writer.publish(await writer.sync())
        found = await api.until("/api/models", lambda body: body["data"][0]["rank"] is None)
        assert [figures(each) for each in found["data"]] == [
            ("c", None, None, None, None), ("a", 1, 1, 2, 1), ("b", 2, 1, 2, 1),
        ]  # fmt: skip


async def test_the_latest_model_and_a_models_page_say_the_same_as_its_row(
    start: Start, writer: Writer, pool: asyncpg.Pool
) -> None:
    await land(writer, pool, "a", range(10))
    await land(writer, pool, "a", range(60), content=2)
    async with start() as api:
        (row,) = await api.data("/api/models")
        latest = await api.data("/api/metrics/latest-model")
        page = await api.data(f"/api/models/{DATASET}/a")
    names = ("scoreInterval", "scoreSubmittedInterval", "rank", "rankRange", "notDistinguishable")
    assert [row[name] for name in names] == [latest[name] for name in names] == [page[name] for name in names]
    assert row["scoreInterval"] == bounds(0.5, 120)
