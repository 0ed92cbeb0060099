"""Rows, the latest model and a model's page say how sure their figures are, from real rows and after real events."""

from typing import Any

import asyncpg
import pytest
from query_api.view.uncertainty import interval

from tests.query_api.conftest import Start
from tests.support.api import Api
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


def bounds(score: float, number: float) -> Any:
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


async def test_a_models_page_has_intervals_for_each_version_and_attempt(
    start: Start, writer: Writer, pool: asyncpg.Pool
) -> None:
    await land(writer, pool, "a", range(12), tasks_submitted=24)
    await land(writer, pool, "a", range(60), content=2)
    async with start() as api:
        page = await api.data(f"/api/models/{DATASET}/a")
    versions = [(each["scoreInterval"], each["scoreSubmittedInterval"]) for each in page["versions"]]
    assert versions == [(bounds(0.5, 120), bounds(0.5, 120)), (bounds(0.1, 120), bounds(0.5, 24))]
    effective = 167**2 / sum(pairs * pairs for pairs in PAIRS.values())
    assert page["attempts"][0]["accuracyInterval"] == bounds(0.4, effective)


async def test_attempts_and_whole_submissions_are_tested_against_each_other(api: Api, writer: Writer) -> None:
    events = [await writer.ingest("m"), await writer.ingest("n", attempts=1)]
    singles = [task for task, pairs in PAIRS.items() if pairs == 1][:12]
    await writer.answers("m-attempt1", {task: [number < 6] for number, task in enumerate(singles)})
    await writer.answers("m-attempt2", {task: [number >= 6] for number, task in enumerate(singles)})
    await writer.answers("n-attempt1", {task: [False] for task in singles[:11]})
    await writer.publish(*events)
    await api.until_latest("n")
    for named in ("evaluation2", "ARC2-Eval", DATASET):
        found = await api.data(f"/api/metrics/compare?model1=m&model2=n-attempt1&model3=m-attempt1&dataset={named}")
        assert [(each["first"], each["second"], each["sharedTasks"]) for each in found["pairedTests"]] == [
            ("m", "n-attempt1", 11), ("m", "m-attempt1", 12), ("n-attempt1", "m-attempt1", 11),
        ]  # fmt: skip
        whole, _, one = found["pairedTests"]
        assert (whole["difference"], whole["pValue"], whole["distinguishable"]) == (1.0, 2 / 2**11, True)
        assert (one["difference"], one["pValue"], one["distinguishable"]) == (pytest.approx(-6 / 11), 2 / 2**6, True)
        assert found["summary"]["modelPerformance"][0]["correctCount"] == 12
