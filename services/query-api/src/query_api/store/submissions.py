"""Reads submissions: those that the view holds, the versions of one, and the answers of attempts."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from query_api.schemas.model_detail import Version
from query_api.store.answer_statistics import Answers, TaskAnswer
from query_api.store.repair import LATEST, all_shaped, parsed, shaped
from query_api.store.rows import Attempt, Key, Submission, Sync
from query_api.store.version_changes import Results, TaskResult

_VERSIONS_TABLE = "submission_versions"

_SUBMISSION = """
SELECT hf_dataset AS dataset, model, display_name, source, status AS ingestion_status, removed_upstream_at, tree_oid,
    revision, run_id, published_at, ingested_at, score, score_submitted, tasks_total, tasks_submitted, tasks_solved,
    pairs_total, pairs_solved, attempts, total_cost, total_tokens, errors
FROM submission_versions WHERE superseded_at IS NULL
"""

_SOME = f"{_SUBMISSION} AND (hf_dataset, model) IN (SELECT * FROM unnest($1::text[], $2::text[]))"  # noqa: S608 - constants

_LAST_SYNC = """
SELECT id, trigger, status, started_at, completed_at, models_seen, new_models_found, changed, error
FROM sync_runs WHERE status <> 'running' AND started_at < now() + interval '1 day'
ORDER BY started_at DESC, id DESC LIMIT 1
"""

_NOW = "SELECT clock_timestamp()"


class Loaded(NamedTuple):
    """All that the view is made of, as it was at `read_at` by the database's clock."""

    submissions: list[Submission]
    last_sync: Sync | None
    read_at: datetime


async def load(pool: asyncpg.Pool) -> Loaded:
    """Read what the view is made of, of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(_SUBMISSION)
        last_sync = _sync(await connection.fetchrow(_LAST_SYNC))
        found = list(filter(None, map(_submission, rows)))
        return Loaded(found, last_sync, await connection.fetchval(_NOW))


async def submissions(pool: asyncpg.Pool, keys: Collection[Key]) -> list[Submission]:
    """Read the current versions of some models; a model that has none is left out."""
    rows = await pool.fetch(_SOME, [dataset for dataset, _ in keys], [model for _, model in keys])
    return list(filter(None, map(_submission, rows)))


async def ping(pool: asyncpg.Pool) -> None:
    """Raise when the database does not answer."""
    await pool.fetchval("SELECT 1")


def _submission(row: "Mapping[str, Any] | asyncpg.Record") -> Submission | None:
    values = {**dict(row), "attempts": _attempts(row["attempts"])}
    if row["ingested_at"] >= LATEST:
        # It would be the latest model for ever.
        values["ingested_at"] = None
    return shaped(Submission, values, _VERSIONS_TABLE)


def _attempts(stored: str) -> tuple[Attempt, ...]:
    found = parsed(stored)
    rows = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    attempts = [{"model_name": None, "accuracy_percent": None, **_only(each)} for each in rows]
    return tuple(all_shaped(Attempt, attempts, _VERSIONS_TABLE))


def _only(attempt: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attempt[name] for name in ("model_name", "accuracy_percent") if name in attempt}


def _sync(row: asyncpg.Record | None) -> Sync | None:
    return shaped(Sync, dict(row), "sync_runs") if row else None


# Two plain conditions on the index's columns: their cost is estimated rightly, so the plan stays an index scan.
_ANSWERS = """
SELECT hf_dataset, model_name, puzzle_id,
    CASE WHEN has_multiple_predictions AND jsonb_typeof(multi_test_results) = 'array'
        THEN ARRAY(SELECT coalesce(r.value->'correct' = 'true', false)
                   FROM jsonb_array_elements(multi_test_results) WITH ORDINALITY AS r ORDER BY r.ordinality)
        ELSE ARRAY[coalesce(CASE WHEN has_multiple_predictions THEN multi_test_all_correct
                                 ELSE is_prediction_correct END, false)] END AS pairs,
    estimated_cost AS cost, api_processing_time_ms AS time_ms, total_tokens AS tokens
FROM explanations
WHERE hf_dataset = ANY($1) AND model_name = ANY($2) AND removed_upstream_at IS NULL
"""


async def answers(pool: asyncpg.Pool, wanted: Mapping[str, str]) -> dict[str, Answers]:
    """Return the answers of some attempts (model name -> dataset)."""
    found: dict[str, dict[str, TaskAnswer]] = {}
    for row in await pool.fetch(_ANSWERS, list(set(wanted.values())), list(wanted)):
        if row["hf_dataset"] != wanted[row["model_name"]]:
            continue
        cost = row["cost"] if row["cost"] is None or math.isfinite(row["cost"]) else None
        answer = TaskAnswer(row["puzzle_id"], tuple(row["pairs"]), cost, row["time_ms"], row["tokens"])
        found.setdefault(row["model_name"], {})[answer.puzzle_id] = answer
    return dict(found)


VERSIONS_SHOWN = 10

_VERSIONS = """
SELECT id, hf_dataset AS dataset, model, display_name, source, status AS ingestion_status, removed_upstream_at,
    tree_oid, revision, run_id, published_at, ingested_at, score, score_submitted, tasks_total, tasks_submitted,
    tasks_solved, pairs_total, pairs_solved, attempts, total_cost, total_tokens, errors, superseded_at
FROM submission_versions WHERE hf_dataset = $1 AND model = $2
ORDER BY superseded_at DESC NULLS FIRST, ingested_at DESC LIMIT $3
"""

_RESULTS = """
SELECT version_id, puzzle_id, hf_blob_oid, pairs_total, pairs_solved FROM task_results WHERE version_id = ANY($1)
"""


@dataclass(frozen=True)
class VersionRecord:
    """One version with its tasks; `submission` is set on the current one."""

    version: Version
    results: Results
    submission: Submission | None


async def versions(pool: asyncpg.Pool, dataset: str, model: str) -> list[VersionRecord]:
    """Return a model's versions, newest first: those shown, and the one that the oldest of them differs from."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(_VERSIONS, dataset, model, VERSIONS_SHOWN + 1)
        results: dict[int, dict[str, TaskResult]] = {row["id"]: {} for row in rows}
        for each in await connection.fetch(_RESULTS, list(results)):
            result = TaskResult(each["hf_blob_oid"], each["pairs_total"], each["pairs_solved"])
            results[each["version_id"]][each["puzzle_id"]] = result
    return list(filter(None, (_version(row, results[row["id"]]) for row in rows)))


def _version(row: asyncpg.Record, results: Results) -> VersionRecord | None:
    values = dict(row)
    shared = {name: values[name] for name in Version.model_fields if name in values}
    version = shaped(Version, {**shared, "status": values["ingestion_status"], "changes": None}, _VERSIONS_TABLE)
    del values["id"]
    superseded_at = values.pop("superseded_at")
    submission = _submission(values) if superseded_at is None else None
    return VersionRecord(version, results, submission) if version else None


async def count_answers(pool: asyncpg.Pool, dataset: str, model_names: Collection[str], puzzle_id: str) -> int:
    """Return how many answers of some attempts to a task are stored already."""
    return int(await pool.fetchval(_COUNT_ANSWERS, dataset, list(model_names), puzzle_id))


_COUNT_ANSWERS = "SELECT count(*) FROM explanations WHERE hf_dataset = $1 AND model_name = ANY($2) AND puzzle_id = $3"
