"""Statements on a model's versions: which one is current, what it solved, and who had its content before."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingester.store.locked_model import HEAVY_SECONDS, TRY_LOCK, LockedModel

_CURRENT = """
SELECT id, tree_oid, run_id, ingested_at FROM submission_versions
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL
"""

# What `model.ingested` says, read back from what was committed: a redelivery announces the same.
_ANNOUNCEMENT = """
SELECT v.run_id, v.hf_dataset AS dataset, v.model, v.source, v.revision, v.tree_oid, v.display_name, v.tasks_total,
    v.tasks_submitted, v.score, v.score_submitted, v.total_cost AS cost, v.published_at, v.ingested_at,
    ARRAY(SELECT a->>'model_name' FROM jsonb_array_elements(v.attempts) AS a) AS attempts,
    r.successful, r.failed, r.skipped, r.accuracy_percent::float8 AS accuracy_percent, r.duration_ms, r.auto_triggered,
    r.trigger, r.event_sequence
FROM submission_versions v JOIN ingestion_runs r ON r.id = v.run_id
WHERE v.hf_dataset = $1 AND v.model = $2 AND v.superseded_at IS NULL
"""

_HAS_HISTORY = "SELECT EXISTS (SELECT FROM submission_versions WHERE hf_dataset = $1 AND model = $2)"

_KNOWN_BLOBS = "SELECT puzzle_id, hf_blob_oid FROM task_results WHERE version_id = $1"

# A file that could not be used before cannot be used now: while its blob stays the same it is not fetched again.
_KNOWN_FAILURES = """
SELECT DISTINCT puzzle_id, hf_blob_oid FROM ingestion_errors
WHERE run_id = $1 AND fatal AND hf_blob_oid IS NOT NULL AND kind <> ALL($2)
"""

_HAS_RETRYABLE = "SELECT EXISTS (SELECT FROM ingestion_errors WHERE run_id = $1 AND kind = ANY($2))"

# The same content under another name. Only a name without any history takes another's over.
_SAME_CONTENT = """
SELECT model FROM submission_versions
WHERE hf_dataset = $1 AND tree_oid = $3 AND superseded_at IS NULL
  AND NOT EXISTS (SELECT FROM submission_versions WHERE hf_dataset = $1 AND model = $2)
ORDER BY model
"""

_RENAME_VERSIONS = """
UPDATE submission_versions SET model = $2, display_name = $4, removed_upstream_at = NULL, attempts = (
    SELECT coalesce(jsonb_agg(
        a || jsonb_build_object('model_name', $2 || substr(a->>'model_name', length($3) + 1))), '[]')
    FROM jsonb_array_elements(attempts) AS a)
WHERE hf_dataset = $1 AND model = $3
"""

_RENAME_ROWS = """
UPDATE explanations e SET model_name = $2 || substr(e.model_name, length($3) + 1)
WHERE e.hf_dataset = $1 AND e.model_name = ANY($4)
"""

_RENAME_RUNS = "UPDATE ingestion_runs SET dataset_name = $2 WHERE hf_dataset = $1 AND dataset_name = $3"

_SUPERSEDE = """
UPDATE submission_versions SET superseded_at = $3
WHERE hf_dataset = $1 AND model = $2 AND superseded_at IS NULL AND tree_oid <> $4
"""

_UPSERT_VERSION = """
INSERT INTO submission_versions (hf_dataset, model, tree_oid, revision, source, display_name, published_at, ingested_at,
    run_id, status, tasks_total, tasks_submitted, tasks_solved, pairs_total, pairs_solved, score, score_submitted,
    attempts, total_cost, total_tokens, total_time_ms, errors)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (hf_dataset, model, tree_oid) DO UPDATE SET
    revision = excluded.revision, source = excluded.source, display_name = excluded.display_name,
    published_at = coalesce(excluded.published_at, submission_versions.published_at),
    ingested_at = excluded.ingested_at, superseded_at = NULL, removed_upstream_at = NULL, run_id = excluded.run_id,
    status = excluded.status, tasks_total = excluded.tasks_total, tasks_submitted = excluded.tasks_submitted,
    tasks_solved = excluded.tasks_solved, pairs_total = excluded.pairs_total, pairs_solved = excluded.pairs_solved,
    score = excluded.score, score_submitted = excluded.score_submitted, attempts = excluded.attempts,
    total_cost = excluded.total_cost, total_tokens = excluded.total_tokens, total_time_ms = excluded.total_time_ms,
    errors = excluded.errors
RETURNING id, published_at
"""

_TASK_RESULTS = """
SELECT DISTINCT ON (puzzle_id) puzzle_id, hf_blob_oid, pairs_total, pairs_solved FROM (
    SELECT 0 AS age, s.puzzle_id, s.hf_blob_oid, s.pairs_total, s.pairs_solved
    FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
    WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL AND s.pairs_total IS NOT NULL
    UNION ALL
    SELECT 1, t.puzzle_id, t.hf_blob_oid, t.pairs_total, t.pairs_solved
    FROM task_results t JOIN wanted w USING (puzzle_id, hf_blob_oid) WHERE t.version_id = $3 AND puzzle_id = ANY($4)
) AS results
ORDER BY puzzle_id, age  -- a forced run judges the same blob anew: what was staged now counts
"""

_REPLACE_TASK_RESULTS = "DELETE FROM task_results WHERE version_id = $1"

_VERSION_COLUMNS = (
    "tree_oid",
    "revision",
    "source",
    "display_name",
    "published_at",
    "ingested_at",
    "run_id",
    "status",
    "tasks_total",
    "tasks_submitted",
    "tasks_solved",
    "pairs_total",
    "pairs_solved",
    "score",
    "score_submitted",
    "attempts",
    "total_cost",
    "total_tokens",
    "total_time_ms",
    "errors",
)


@dataclass(frozen=True)
class CurrentVersion:
    """The version that the database holds as the model's current one; files as task id -> blob oid."""

    id: int
    tree_oid: str
    run_id: int
    ingested_at: datetime
    results: dict[str, str]
    failures: dict[str, str]
    complete: bool


@dataclass(frozen=True)
class TaskResult:
    """How much of one task a version solved."""

    puzzle_id: str
    hf_blob_oid: str
    pairs_total: int
    pairs_solved: int


@dataclass(frozen=True)
class VersionStatements(LockedModel):
    """The version that is current, and the one that becomes it."""

    async def current(self, retryable: Collection[str], judged_by_listing: Collection[str]) -> CurrentVersion | None:
        """Return the current version; it is incomplete when files failed with one of the retryable kinds."""
        row = await self.connection.fetchrow(_CURRENT, *self.key)
        if row is None:
            return None
        results = await self.connection.fetch(_KNOWN_BLOBS, row["id"])
        passing = [*retryable, *judged_by_listing]
        failures = await self.connection.fetch(_KNOWN_FAILURES, row["run_id"], passing)
        incomplete = await self.connection.fetchval(_HAS_RETRYABLE, row["run_id"], list(retryable))
        return CurrentVersion(
            id=row["id"],
            tree_oid=row["tree_oid"],
            run_id=row["run_id"],
            ingested_at=row["ingested_at"],
            results={each["puzzle_id"]: each["hf_blob_oid"] for each in results},
            failures={each["puzzle_id"]: each["hf_blob_oid"] for each in failures},
            complete=not incomplete,
        )

    async def same_content(self, tree_oid: str) -> list[str]:
        """Return the other models whose current content is the same, where this one has no history."""
        return [row["model"] for row in await self.connection.fetch(_SAME_CONTENT, *self.key, tree_oid)]

    async def rename_from(self, old: str, display_name: str) -> bool:
        """Give a renamed model's whole history to this one; False when another ingester holds the old name's lock."""
        if not await self.connection.fetchval(TRY_LOCK, self.dataset, old):
            return False
        async with self.connection.transaction():
            names = await self.attempt_names(old)
            await self.connection.execute(_RENAME_ROWS, *self.key, old, names)
            await self.connection.execute(_RENAME_VERSIONS, *self.key, old, display_name)
            await self.connection.execute(_RENAME_RUNS, *self.key, old)
        return True

    async def task_results(self, previous_version_id: int | None, known: Collection[str]) -> list[TaskResult]:
        """Return the wanted files' results: those fetched now, and those known from the previous version."""
        arguments = (*self.key, previous_version_id, list(known))
        rows = await self.connection.fetch(_TASK_RESULTS, *arguments, timeout=HEAVY_SECONDS)
        return [TaskResult(*row) for row in rows]

    async def write_version(self, values: dict[str, Any], results: Collection[TaskResult]) -> None:
        """Make the version the current one, with its task results; values are columns of submission_versions."""
        # As late as can be, not the transaction's start: the latest model is the one that was committed last.
        at = await self.connection.fetchval("SELECT clock_timestamp()")
        await self.connection.execute(_SUPERSEDE, *self.key, at, values["tree_oid"])
        values = values | {"ingested_at": at, "attempts": json.dumps(values["attempts"])}
        arguments = [values[name] for name in _VERSION_COLUMNS]
        row = await self.row(_UPSERT_VERSION, *self.key, *arguments)
        await self.connection.execute(_REPLACE_TASK_RESULTS, row["id"])
        await self.connection.copy_records_to_table(
            "task_results",
            records=[(row["id"], r.puzzle_id, r.hf_blob_oid, r.pairs_total, r.pairs_solved) for r in results],
            columns=("version_id", "puzzle_id", "hf_blob_oid", "pairs_total", "pairs_solved"),
        )

    async def has_history(self) -> bool:
        """Tell whether the model was ever ingested."""
        found: bool = await self.connection.fetchval(_HAS_HISTORY, *self.key)
        return found

    async def announcement(self) -> dict[str, Any]:
        """Return the fields of `model.ingested` for the current version."""
        return dict(await self.row(_ANNOUNCEMENT, *self.key))
