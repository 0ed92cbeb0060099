"""What a submission must look like in the database, by the transform's own word, and what is really there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import asyncpg
from common.arc.task_sets import Task, TaskSet
from common.error_kinds import ErrorKind
from ingester.submission.aggregate import Aggregates, AttemptScore, TaskResult
from ingester.submission.folder import Finding, FolderScore, score_folder
from ingester.submission.layout import read_layout
from ingester.submission.limits import Limits
from ingester.submission.staged_row import Row
from ingester.submission.transform import transform, transform_whole

JSON_COLUMNS = {
    "predicted_output_grid",
    "multiple_predicted_outputs",
    "multi_test_prediction_grids",
    "multi_test_results",
    "provider_raw_response",
}
# The file's own figures are in `task_results`.
_ELSEWHERE = {"pairs_total", "pairs_solved", "notes"}
COLUMNS = tuple(name for name in Row._fields if name not in _ELSEWHERE)

Stored = dict[str, list[Any]]
"""Everything in comparable form: rows, task results, and errors."""


def expected(files: Mapping[Task, bytes], model: str) -> Stored:
    """Return what ingesting these files must leave."""
    return _expected([row for task, body in files.items() for row in transform(body, task, model, Limits())])


def expected_of_folder(folder: Mapping[str, bytes], model: str, tasks: TaskSet) -> Stored:
    """Return what ingesting a folder (path in it -> content) must leave, by the layout's own word too."""
    layout = read_layout(model, folder, tasks.tasks, tasks.source)
    rows = [
        row
        for task_id, path in layout.tasks.items()
        for row in transform(folder[path], tasks.tasks[task_id], model, Limits())
    ]
    for path in layout.whole:
        rows += transform_whole(folder[path], path, tasks, model, Limits())
    wanted = _expected(rows)
    findings = [(each.subject, each.kind, each.message, isinstance(each.kind, ErrorKind)) for each in layout.findings]
    return wanted | {"errors": sorted([*wanted["errors"], *findings])}


def _expected(rows: Sequence[Row]) -> Stored:
    own = [row for row in rows if row.model_name is None]
    results = [(each.puzzle_id, each.pairs_total, each.pairs_solved) for each in own if each.pairs_total]
    return {
        "rows": sorted((_comparable(row._asdict()) for row in rows if row.model_name is not None), key=_by_name),
        "results": sorted(results),
        "errors": sorted(
            (each.puzzle_id, problem["kind"], problem["message"], each.pairs_total is None)
            for each in own
            for problem in json.loads(each.notes or "")
        ),
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
        "SELECT coalesce(puzzle_id, ''), kind, message, fatal FROM ingestion_errors WHERE run_id = $1",
        version["run_id"],
    )
    return {
        "rows": sorted((_comparable(dict(row)) for row in rows), key=_by_name),
        "results": sorted(map(tuple, results)),
        "errors": sorted(map(tuple, errors)),
    }


async def committed(pool: asyncpg.Pool, dataset: str, model: str) -> FolderScore:
    """Return the score of the model's current version, as a folder's score says it."""
    version = await pool.fetchrow(
        "SELECT * FROM submission_versions WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL",
        dataset,
        model,
    )
    assert version is not None, f"{model} has no current version"
    columns = {field.name: version[field.name] for field in fields(Aggregates)}
    attempts = tuple(AttemptScore(**each) for each in json.loads(columns.pop("attempts")))
    results = await pool.fetch(
        "SELECT puzzle_id, hf_blob_oid, pairs_total, pairs_solved, hf_path FROM task_results WHERE version_id = $1",
        version["id"],
    )
    errors = await pool.fetch(
        "SELECT coalesce(puzzle_id, ''), kind, message, fatal FROM ingestion_errors WHERE run_id = $1",
        version["run_id"],
    )
    return FolderScore(
        model=model,
        figures=Aggregates(attempts=attempts, **columns),
        results=tuple(sorted(TaskResult(*each) for each in results)),
        findings=tuple(sorted(Finding(*each) for each in errors)),
        status=version["status"],
        means_answers=True,
    )


def scored(folder: Mapping[str, bytes], model: str, tasks: TaskSet) -> FolderScore:
    """Return the score of a folder (path in it -> content), its findings in order; who ingests it means answers."""
    sizes = {path: len(content) for path, content in folder.items()}
    score = score_folder(model, sizes, folder.__getitem__, tasks)
    return replace(score, findings=tuple(sorted(score.findings)), means_answers=True)


def _comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    # jsonb writes 1e308 as an integer of 309 digits.
    return {
        name: row[name] and json.loads(row[name], parse_int=float) if name in JSON_COLUMNS else row[name]
        for name in COLUMNS
    }


def _by_name(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["puzzle_id"], row["model_name"]
