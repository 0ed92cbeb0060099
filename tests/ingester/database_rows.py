"""Rows as the ingester writes them, made one by one: what a test does not name is of one run of one model."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from common.events import ModelDiscovered

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
EVENT = ModelDiscovered(dataset=DATASET, model="m", trigger="schedule")


async def put(pool: asyncpg.Pool, table: str, **values: Any) -> int:
    """Write a row; return its id, or 0 where it has none."""
    places = ", ".join(f"${number}" for number, _ in enumerate(values, 1))
    returning = "0" if table in {"staged_rows", "task_results", "waiting_requests"} else "id"
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) RETURNING {returning}"
    return int(await pool.fetchval(statement, *values.values()))


async def run(pool: asyncpg.Pool, **changes: Any) -> int:
    return await put(pool, "ingestion_runs", **{**RUN, **changes})


async def staged(pool: asyncpg.Pool, run_id: int, **changes: Any) -> None:
    of_attempt = {"pattern_description": "", "multi_test_prediction_grids": "[]"} if "model_name" in changes else {}
    row = {**KEY, "run_id": run_id, "puzzle_id": "p", "hf_blob_oid": "b", **of_attempt, **changes}
    await put(pool, "staged_rows", **row)


async def version(pool: asyncpg.Pool, content: int, **changes: Any) -> int:
    return await put(pool, "submission_versions", **{**VERSION, "tree_oid": oid(content), **changes})


async def answer(pool: asyncpg.Pool, puzzle_id: str, **changes: Any) -> int:
    row = {"hf_dataset": DATASET, "model_name": "m-attempt1", "hf_blob_oid": "b", "has_multiple_predictions": False}
    row |= {"pattern_description": "", "solving_strategy": "", "puzzle_id": puzzle_id, **changes}
    return await put(pool, "explanations", **row)


async def statuses(pool: asyncpg.Pool) -> dict[int, str]:
    return {row["id"]: row["status"] for row in await pool.fetch("SELECT id, status FROM ingestion_runs")}
