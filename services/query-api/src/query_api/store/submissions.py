"""Reads submissions: those that the view holds, the versions of one, and the answers of attempts."""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
from common.names.registry import Entries

from query_api.schemas.cached import AttemptRow, Verification
from query_api.schemas.model_detail import Disagreement, ReplacedScore, VerificationDetail, Version
from query_api.store import name_overrides
from query_api.store import statements as sql
from query_api.store.repair import LATEST, all_shaped, parsed_list, shaped
from query_api.store.rows import (
    NOTHING_STORED,
    Answers,
    Key,
    Results,
    ScoredBy,
    Stored,
    Submission,
    Sync,
    TaskAnswer,
    TaskResult,
    VersionTasks,
)

_VERSIONS_TABLE = "submission_versions"
# Of a statement that reads the whole view.
LOAD_SECONDS = 10.0


class Loaded(NamedTuple):
    """All that the view is made of, as it was at `read_at` by the database's clock."""

    submissions: list[Submission]
    last_sync: Sync | None
    read_at: datetime
    names: Entries
    stored: Stored = NOTHING_STORED


async def load(pool: asyncpg.Pool) -> Loaded:
    """Read what the view is made of, of one moment."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(sql.CURRENT_SUBMISSIONS, timeout=LOAD_SECONDS)
        last_sync = _sync(await connection.fetchrow(sql.LAST_ENDED_SYNC))
        found = list(filter(None, map(stored_submission, rows)))
        stored = Stored(*(await connection.fetch(sql.STORED, timeout=LOAD_SECONDS))[0])
        names = (await name_overrides.read(connection)).entries
        return Loaded(found, last_sync, await connection.fetchval(sql.DATABASE_TIME), names, stored)


async def dataset_called(pool: asyncpg.Pool, name: str) -> str | None:
    """Return the dataset of ours that the Hub calls by a name, as the watcher saw."""
    found: str | None = await pool.fetchval(sql.DATASET_CALLED, name)
    return found


async def submissions(pool: asyncpg.Pool, keys: Collection[Key]) -> list[Submission]:
    """Read the current versions of some models; a model that has none is left out."""
    names = [dataset for dataset, _ in keys], [model for _, model in keys]
    rows = await pool.fetch(sql.CURRENT_SUBMISSIONS_OF, *names, timeout=LOAD_SECONDS)
    return list(filter(None, map(stored_submission, rows)))


async def tasks(pool: asyncpg.Pool, keys: Collection[Key]) -> Mapping[Key, VersionTasks]:
    """Read what the current versions of some models say of each task; a model without tasks is left out."""
    names = [dataset for dataset, _ in keys], [model for _, model in keys]
    rows = await pool.fetch(sql.TASKS_OF_SUBMISSIONS, *names, timeout=LOAD_SECONDS)
    return {
        (row["hf_dataset"], row["model"]): VersionTasks(
            row["tree_oid"], row["run_id"], list(zip(row["tasks"], row["solved"], row["total"], strict=True))
        )
        for row in rows
    }


def stored_submission(row: asyncpg.Record) -> Submission | None:
    """Return a row as the view holds it; None for one that is beyond repair."""
    values = {name: row[name] for name in Submission.model_fields} | {"attempts": _attempts(row["attempts"])}
    if row["verified"]:
        values["verified"] = shaped(Verification, json.loads(row["verified"]), "verifications")
    for name in ("ingested_at", "landed_at"):
        if row[name] >= LATEST:
            # It would be the latest model for ever.
            values[name] = None
    return shaped(Submission, values, _VERSIONS_TABLE)


def _attempts(stored: str) -> tuple[AttemptRow, ...]:
    rows = (each for each in parsed_list(stored) if isinstance(each, dict))
    attempts = ({name: each.get(name) for name in AttemptRow.model_fields} for each in rows)
    return tuple(all_shaped(AttemptRow, attempts, _VERSIONS_TABLE))


async def verification(pool: asyncpg.Pool, dataset: str, model: str) -> VerificationDetail | None:
    """Return what was last said of a model's current version; None where nothing was."""
    row = await pool.fetchrow(sql.VERIFICATION_OF_MODEL, dataset, model)
    if row is None:
        return None
    found = (each for each in parsed_list(row["disagreements"]) if isinstance(each, dict))
    shown = ({name: each.get(name) for name in Disagreement.model_fields} for each in found)
    disagreements = tuple(all_shaped(Disagreement, shown, "verifications"))
    return shaped(VerificationDetail, {**row, "disagreements": disagreements}, "verifications")


def _sync(row: asyncpg.Record | None) -> Sync | None:
    return shaped(Sync, dict(row), "sync_runs") if row else None


async def answers(pool: asyncpg.Pool, wanted: Collection[Key]) -> Mapping[Key, Answers]:
    """Return the answers of some attempts, each by (dataset, model name); one without answers is left out."""
    found: dict[Key, dict[str, TaskAnswer]] = {}
    datasets, names = ({each[part] for each in wanted} for part in (0, 1))
    for row in await pool.fetch(sql.ANSWERS_OF_ATTEMPTS, list(datasets), list(names)):
        # Several datasets may have attempts of one name, of which not each is wanted.
        if (key := (row["hf_dataset"], row["model_name"])) not in wanted:
            continue
        cost = row["cost"] if row["cost"] is None or math.isfinite(row["cost"]) else None
        answer = TaskAnswer(row["puzzle_id"], tuple(row["pairs"]), cost, row["time_ms"], row["tokens"])
        found.setdefault(key, {})[answer.puzzle_id] = answer
    return found


VERSIONS_SHOWN = 10


@dataclass(frozen=True)
class VersionRecord:
    """One version with its tasks; `submission` is set on the current one."""

    version: Version
    results: Results
    submission: Submission | None


async def versions(pool: asyncpg.Pool, dataset: str, model: str) -> list[VersionRecord]:
    """Return a model's versions, newest first: those shown, and the one that the oldest of them differs from."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(sql.VERSIONS_OF_MODEL, dataset, model, VERSIONS_SHOWN + 1)
        results: dict[int, dict[str, TaskResult]] = {row["id"]: {} for row in rows}
        for each in await connection.fetch(sql.RESULTS_OF_VERSIONS, list(results)):
            results[each["version_id"]][each["puzzle_id"]] = _result(each)
        replaced = await connection.fetch(sql.REPLACED_SCORES, list(results))
    scores = {key: [dict(each) for each in replaced if each["version_id"] == key] for key in results}
    return list(filter(None, (_version(row, results[row["id"]], scores[row["id"]]) for row in rows)))


def _version(row: asyncpg.Record, results: Results, scores: Sequence[dict[str, Any]]) -> VersionRecord | None:
    unknown = dict.fromkeys(("changes", "task_set_current", "hub_url", "score_interval", "score_submitted_interval"))
    found = [{name: each[name] for name in ReplacedScore.model_fields} for each in scores]
    replaced = tuple(all_shaped(ReplacedScore, found, "version_scores"))
    values = dict(row) | unknown | {"status": row["ingestion_status"], "scores": replaced}
    version = shaped(Version, {name: values[name] for name in Version.model_fields}, _VERSIONS_TABLE)
    submission = stored_submission(row) if row["superseded_at"] is None else None
    return VersionRecord(version, results, submission) if version else None


def _result(row: asyncpg.Record) -> TaskResult:
    return TaskResult(row["hf_blob_oid"], row["pairs_total"], row["pairs_solved"], row["hf_path"])


async def task_origin(
    pool: asyncpg.Pool, dataset: str, model: str, puzzle_id: str
) -> tuple[ScoredBy, TaskResult | None] | None:
    """Return what the current version was scored by, and what it says of one task; None without a version."""
    row = await pool.fetchrow(sql.ORIGIN_OF_TASK, dataset, model, puzzle_id)
    if row is None:
        return None
    scored = ScoredBy(*(row[name] for name in ScoredBy._fields))
    return scored, None if row["hf_blob_oid"] is None else _result(row)


async def count_answers(pool: asyncpg.Pool, dataset: str, model_names: Collection[str], puzzle_id: str) -> int:
    """Return how many answers of some attempts to a task are stored already."""
    return int(await pool.fetchval(sql.COUNT_ANSWERS_TO_TASK, dataset, list(model_names), puzzle_id))
