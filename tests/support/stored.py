"""What a submission must look like in the database, by the transform's own word, and what is really there."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
from common.arc.task_sets import Task
from ingester.submission.staged_row import Row
from ingester.submission.transform import FileResult, transform

JSON_COLUMNS = {"predicted_output_grid", "multiple_predicted_outputs", "multi_test_results", "provider_raw_response"}
# The file's own figures are in `task_results`; `created_at` falls back to the time of the ingestion.
_ELSEWHERE = {"pairs_total", "pairs_solved", "notes", "created_at"}
COLUMNS = tuple(name for name in Row._fields if name not in _ELSEWHERE)

Stored = dict[str, list[Any]]
"""Everything in comparable form: rows, task results, and errors."""


def expected(files: Mapping[Task, bytes], model: str) -> Stored:
    """Return what ingesting these files must leave."""
    results = [transform(body, task, model) for task, body in files.items()]
    used = [result for result in results if isinstance(result, FileResult)]
    notes = [(result.puzzle_id, note.kind, note.message, False) for result in used for note in result.notes]
    fatal = [(each.puzzle_id, each.kind, each.message, True) for each in results if not isinstance(each, FileResult)]
    return {
        "rows": sorted((_comparable(row._asdict()) for result in used for row in result.rows), key=_by_name),
        "results": sorted((each.puzzle_id, each.pairs_total, each.pairs_solved) for each in used),
        "errors": sorted([*notes, *fatal]),
    }


async def stored(pool: asyncpg.Pool, dataset: str, model: str) -> Stored:
    """Return what is there of the model's current version."""
    version = await pool.fetchrow(
        "SELECT id, run_id FROM submission_versions WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL",
        dataset,
        model,
    )
    assert version is not None, f"{model} has no current version"
    rows = await pool.fetch(
        "SELECT * FROM explanations WHERE hf_dataset = $1 AND regexp_replace(model_name, '-attempt\\d+$', '') = $2"
        " AND removed_upstream_at IS NULL",
        dataset,
        model,
    )
    results = await pool.fetch(
        "SELECT puzzle_id, pairs_total, pairs_solved FROM task_results WHERE version_id = $1", version["id"]
    )
    errors = await pool.fetch(
        "SELECT puzzle_id, kind, message, fatal FROM ingestion_errors WHERE run_id = $1", version["run_id"]
    )
    return {
        "rows": sorted((_comparable(dict(row)) for row in rows), key=_by_name),
        "results": sorted(map(tuple, results)),
        "errors": sorted(map(tuple, errors)),
    }


def _comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    # jsonb writes 1e308 as an integer of 309 digits.
    return {
        name: row[name] and json.loads(row[name], parse_int=float) if name in JSON_COLUMNS else row[name]
        for name in COLUMNS
    }


def _by_name(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["puzzle_id"], row["model_name"]
