"""Every SQL statement of the ingester. One session holds a model's advisory lock on the connection that commits."""

import contextlib
import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
from common.events import ModelDiscovered
from common.outcomes import Transient

from ingester.rows import Row

TEMPLATE_ID = "external-huggingface"

# Of `staged_rows`, in its order: the file's identity, then what ingester.rows makes of its content.
STAGED_COLUMNS = ("hf_dataset", "model", "hf_blob_oid", *Row._fields)

# The statements that move a whole submission get half an hour: 210 MB of text took 8 s on two busy cores.
HEAVY_SECONDS = 1_800.0

# Two models whose names hash alike only wait for each other: 64 bits make that a curiosity.
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended($1 || '@' || $2, 0))"

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
    r.trigger
FROM submission_versions v JOIN ingestion_runs r ON r.id = v.run_id
WHERE v.hf_dataset = $1 AND v.model = $2 AND v.superseded_at IS NULL
"""

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
WHERE hf_dataset = $1 AND tree_oid = $3 AND model <> $2 AND superseded_at IS NULL
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

# The lock is ours, so a run of this model that is still 'running' belongs to an earlier delivery: go on with it.
_RESUME_RUN = """
UPDATE ingestion_runs SET delivery_count = $3, ingester = $4, revision = $5, tree_oid = $6, total_puzzles = $7,
    base_url = $9, source = $10, trigger = $11, auto_triggered = $12
WHERE id = (
    SELECT id FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND dry_run = $8
    ORDER BY id DESC LIMIT 1
)
RETURNING id, started_at
"""

_OPEN_RUN = """
INSERT INTO ingestion_runs (hf_dataset, dataset_name, delivery_count, ingester, revision, tree_oid, total_puzzles,
    dry_run, base_url, source, trigger, auto_triggered, status, started_at, completed_at, duration_ms,
    successful, failed, skipped)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'running', now(), now(), 0, 0, 0, 0)
RETURNING id, started_at
"""

_STAGED_FILES = """
SELECT puzzle_id, hf_blob_oid, pairs_total IS NOT NULL AS usable FROM staged_rows
WHERE hf_dataset = $1 AND model = $2 AND model_name IS NULL
"""

_DROP_STAGED = "DELETE FROM staged_rows WHERE hf_dataset = $1 AND model = $2"

# What is staged for this version: an earlier delivery may have staged blobs that the folder does not hold any more.
_WANTED = """
CREATE TEMP TABLE wanted ON COMMIT DROP AS SELECT * FROM unnest($1::text[], $2::text[]) AS w (puzzle_id, hf_blob_oid)
"""

# The existing app's rows carry no dataset. The newest row of each task and attempt is taken over, unless the app wrote
# it during a run over another dataset: the same folder name, and six tasks, are in both task sets.
_ADOPT = """
UPDATE explanations e SET hf_dataset = $1
FROM (
    SELECT max(u.id) AS id
    FROM explanations u
    JOIN staged_rows s ON s.model_name = u.model_name AND s.puzzle_id = u.puzzle_id
    WHERE s.hf_dataset = $1 AND s.model = $2
      AND u.hf_dataset IS NULL AND u.prompt_template_id = 'external-huggingface'
      AND NOT EXISTS (
          SELECT FROM ingestion_runs r
          WHERE r.hf_dataset IS NULL AND r.dataset_name = $2
            AND position($1 || '/' IN rtrim(r.base_url, '/') || '/') = 0
            AND u.created_at BETWEEN r.started_at AND r.completed_at
      )
      AND NOT EXISTS (
          SELECT FROM explanations o
          WHERE o.hf_dataset = $1 AND o.model_name = u.model_name AND o.puzzle_id = u.puzzle_id
      )
    GROUP BY u.model_name, u.puzzle_id
) AS newest
WHERE e.id = newest.id
"""

_ANSWER_COLUMNS = tuple(
    column
    for column in STAGED_COLUMNS
    if column not in {"hf_dataset", "model", "model_name", "puzzle_id", "pairs_total", "pairs_solved", "notes"}
)
_NOT_NULL = {"pattern_description": "coalesce(s.pattern_description, '')", "created_at": "coalesce(s.created_at, $4)"}
# A file without any time got that of its first ingestion; a later one keeps it.
_UPDATED = {
    "created_at": "created_at = CASE WHEN excluded.created_at = $4 THEN explanations.created_at "
    "ELSE excluded.created_at END"
}
_SELECTED = ", ".join(_NOT_NULL.get(column, f"s.{column}") for column in _ANSWER_COLUMNS)
_UPSERT = f"""
INSERT INTO explanations (hf_dataset, model_name, puzzle_id, prompt_template_id, solving_strategy, run_id, ingested_at,
    hf_revision, has_reasoning_log, removed_upstream_at, {", ".join(_ANSWER_COLUMNS)})
SELECT DISTINCT ON (s.model_name, s.puzzle_id)
    s.hf_dataset, s.model_name, s.puzzle_id, '{TEMPLATE_ID}', '', $3, $4, $5, s.reasoning_log IS NOT NULL, NULL,
    {_SELECTED}
FROM staged_rows s JOIN wanted w USING (puzzle_id, hf_blob_oid)
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NOT NULL
ON CONFLICT (hf_dataset, model_name, puzzle_id) WHERE hf_dataset IS NOT NULL DO UPDATE SET
    run_id = excluded.run_id, ingested_at = excluded.ingested_at, hf_revision = excluded.hf_revision,
    has_reasoning_log = excluded.has_reasoning_log, removed_upstream_at = NULL,
    {", ".join(_UPDATED.get(column, f"{column} = excluded.{column}") for column in _ANSWER_COLUMNS)}
"""  # noqa: S608 - made of the constants above

# Rows of files, or of attempts within a file, that the current version does not hold any more: kept, and marked.
_MARK_REMOVED = """
UPDATE explanations e SET removed_upstream_at = $3
WHERE e.hf_dataset = $1 AND e.model_name = ANY($2) AND e.removed_upstream_at IS NULL
  AND NOT EXISTS (SELECT FROM wanted w WHERE w.puzzle_id = e.puzzle_id AND w.hf_blob_oid = e.hf_blob_oid)
"""

_UNMARK = """
UPDATE explanations e SET removed_upstream_at = NULL
FROM wanted w
WHERE e.hf_dataset = $1 AND e.model_name = ANY($2) AND e.removed_upstream_at IS NOT NULL
  AND w.puzzle_id = e.puzzle_id AND w.hf_blob_oid = e.hf_blob_oid
"""

# Every attempt that this model ever had, so that one that is gone now is marked too.
_MODEL_NAMES = """
SELECT a->>'model_name' FROM submission_versions, jsonb_array_elements(attempts) AS a
WHERE hf_dataset = $1 AND model = $2
UNION
SELECT model_name FROM staged_rows WHERE hf_dataset = $1 AND model = $2 AND model_name IS NOT NULL
"""

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
    FROM staged_rows s JOIN wanted w USING (puzzle_id, hf_blob_oid)
    WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL AND s.pairs_total IS NOT NULL
    UNION ALL
    SELECT 1, t.puzzle_id, t.hf_blob_oid, t.pairs_total, t.pairs_solved
    FROM task_results t JOIN wanted w USING (puzzle_id, hf_blob_oid) WHERE t.version_id = $3
) AS results
ORDER BY puzzle_id, age  -- a forced run judges the same blob anew: what was staged now counts
"""

_REPLACE_TASK_RESULTS = "DELETE FROM task_results WHERE version_id = $1"

_ERRORS_OF_STAGED = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $3, s.puzzle_id, n->>'kind', n->>'message', s.pairs_total IS NULL, s.hf_blob_oid
FROM staged_rows s JOIN wanted w USING (puzzle_id, hf_blob_oid), jsonb_array_elements(s.notes) AS n
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL
"""

_ERRORS_CARRIED_ON = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid)
SELECT $1, e.puzzle_id, e.kind, e.message, e.fatal, e.hf_blob_oid
FROM ingestion_errors e JOIN wanted w USING (puzzle_id, hf_blob_oid)
WHERE e.run_id = $2 AND e.puzzle_id = ANY($3)
"""

_INSERT_ERROR = """
INSERT INTO ingestion_errors (run_id, puzzle_id, kind, message, fatal, hf_blob_oid) VALUES ($1, $2, $3, $4, true, $5)
"""

_COUNT_FAILED = "SELECT count(DISTINCT puzzle_id) FROM ingestion_errors WHERE run_id = $1 AND fatal"

_ERROR_KINDS = "SELECT kind, count(DISTINCT puzzle_id) FROM ingestion_errors WHERE run_id = $1 GROUP BY kind"

# `failing`: the last run ended in failure, recently. The daily sync tries again what should be there, so a model that
# really fails stays in; a name that somebody mistyped leaves with time.
_STANDING = """
SELECT
    (SELECT count(*) FROM (
        SELECT DISTINCT ON (hf_dataset, dataset_name) status FROM ingestion_runs
        WHERE hf_dataset = ANY($1) AND started_at > now() - $2::interval AND NOT dry_run
            AND status IN ('completed', 'partial', 'failed')
        ORDER BY hf_dataset, dataset_name, id DESC) AS last
     WHERE status = 'failed') AS failing,
    count(*) FILTER (WHERE status = 'partial') AS partial,
    count(*) FILTER (WHERE status <> 'partial') AS whole,
    max(ingested_at) AS last_landing
FROM submission_versions
WHERE hf_dataset = ANY($1) AND superseded_at IS NULL AND removed_upstream_at IS NULL
"""

# One row per attempt: what it submitted, got right and cost, over the current version.
_ATTEMPT_SUMS = """
SELECT model_name,
    sum(CASE WHEN has_multiple_predictions
        THEN (SELECT count(*) FROM jsonb_array_elements(multi_test_results) r WHERE (r->>'correct')::boolean)
        ELSE is_prediction_correct::int END)::int AS pairs_correct,
    sum(CASE WHEN has_multiple_predictions
        THEN (SELECT count(*) FROM jsonb_array_elements(multi_test_results) r WHERE r->'predicted' <> 'null'::jsonb)
        ELSE 1 END)::int AS pairs_submitted,
    sum(estimated_cost) AS cost, sum(total_tokens) AS tokens, sum(api_processing_time_ms) AS time_ms
FROM explanations
WHERE hf_dataset = $1 AND model_name = ANY($2) AND removed_upstream_at IS NULL
GROUP BY model_name
"""

_CLOSE_RUN = """
UPDATE ingestion_runs SET status = $2, completed_at = $3, successful = $4, failed = $5, skipped = $6,
    total_puzzles = $7, accuracy_percent = $8, score = $9, error_log = $10,
    duration_ms = least(2147483647, extract(epoch FROM $3 - started_at) * 1000)::int
WHERE id = $1
RETURNING duration_ms
"""

# The run that this delivery went on with, or a new one where it failed before there was one; the same one again when
# the power failed before the message was settled. $8: another ingester is at the model, and the running run is its own.
_FAIL_RUN = """
WITH failed AS (
    UPDATE ingestion_runs SET status = 'failed', completed_at = now(), error_log = $3, delivery_count = $4,
        duration_ms = least(2147483647, extract(epoch FROM now() - started_at) * 1000)::int
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'running' AND NOT $8
    RETURNING id
), again AS (
    SELECT max(id) AS id FROM ingestion_runs
    WHERE hf_dataset = $1 AND dataset_name = $2 AND status = 'failed' AND error_log = $3 AND $4 > 1
        AND completed_at > now() - interval '10 minutes'
), made AS (
    INSERT INTO ingestion_runs (hf_dataset, dataset_name, error_log, delivery_count, ingester, trigger, auto_triggered,
        base_url, total_puzzles, status, started_at, completed_at, duration_ms, successful, failed, skipped)
    SELECT $1, $2, $3, $4, $5, $6, $7, '', 0, 'failed', now(), now(), 0, 0, 0, 0
    WHERE NOT EXISTS (SELECT FROM failed) AND NOT EXISTS (SELECT FROM again WHERE id IS NOT NULL)
    RETURNING id
)
SELECT id FROM failed UNION ALL SELECT id FROM made UNION ALL SELECT id FROM again WHERE id IS NOT NULL
ORDER BY id DESC LIMIT 1
"""

# Databases of the existing app have narrower columns than ours; nothing of theirs is changed.
_COLUMN_TYPES = """
SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = 'explanations'
"""


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
class RunOpened:
    """A run that is going on. `resumed`: an earlier delivery began it."""

    id: int
    started_at: datetime
    resumed: bool


@dataclass(frozen=True)
class AttemptSums:
    """What one attempt adds up to over a model's current rows. Cost in USD; sums of bigint may be beyond bigint."""

    model_name: str
    pairs_correct: int
    pairs_submitted: int
    cost: float | None
    tokens: Decimal | None
    time_ms: Decimal | None


@dataclass(frozen=True)
class TaskResult:
    """How much of one task a version solved."""

    puzzle_id: str
    hf_blob_oid: str
    pairs_total: int
    pairs_solved: int


Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


@contextlib.asynccontextmanager
async def locked(pool: asyncpg.Pool, dataset: str, model: str) -> AsyncIterator["Session"]:
    """Yield the session that holds a model's lock; raise Transient when another ingester has it.

    The lock lives and dies with the connection, and the same connection commits: an ingester that lost its lock has
    lost its transaction too.
    """
    async with pool.acquire() as connection:
        if not await connection.fetchval(_TRY_LOCK, dataset, model):
            raise Transient("another ingester is at it", kind="lock_held")
        try:
            yield Session(connection, dataset, model)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock_all()")


async def fail_run(
    pool: asyncpg.Pool,
    event: ModelDiscovered,
    reason: str,
    delivery_count: int,
    ingester: str,
    *,
    at_work_elsewhere: bool = False,
) -> int:
    """Record that an ingestion was given up; return its run."""
    run_id = await pool.fetchval(
        _FAIL_RUN,
        event.dataset,
        event.model,
        reason,
        delivery_count,
        ingester,
        event.trigger,
        event.trigger != "manual",
        at_work_elsewhere,
    )
    return int(run_id)


@dataclass(frozen=True)
class Standing:
    """How the models of some datasets stand. `last_landing` is None before the first ingestion."""

    failing: int
    partial: int
    whole: int
    last_landing: datetime | None


async def standing(pool: asyncpg.Pool, datasets: Sequence[str], recently: timedelta) -> Standing:
    """Count models; failures older than `recently` are left out."""
    return Standing(*(await pool.fetch(_STANDING, list(datasets), recently))[0])


# Column -> (type, longest text).
ColumnTypes = Mapping[str, tuple[str, int | None]]


async def column_types(pool: asyncpg.Pool) -> ColumnTypes:
    """Return the types of the columns of `explanations`."""
    rows = await pool.fetch(_COLUMN_TYPES)
    return {row["column_name"]: (row["data_type"], row["character_maximum_length"]) for row in rows}


@dataclass(frozen=True)
class Session:
    """Statements on one model, under its lock."""

    connection: Connection
    dataset: str
    model: str

    @property
    def _key(self) -> tuple[str, str]:
        return self.dataset, self.model

    async def current(self, retryable: Collection[str], judged_by_listing: Collection[str]) -> CurrentVersion | None:
        """Return the current version; it is incomplete when files failed with one of the retryable kinds."""
        row = await self.connection.fetchrow(_CURRENT, *self._key)
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
        """Return the other models whose current content is the same, where this one has no history of its own."""
        return [row["model"] for row in await self.connection.fetch(_SAME_CONTENT, *self._key, tree_oid)]

    async def take_over(self, old: str, display_name: str) -> bool:
        """Give a renamed model's whole history to this one; False when an ingester is at work on the old name."""
        if not await self.connection.fetchval(_TRY_LOCK, self.dataset, old):
            return False
        async with self.connection.transaction():
            names = [row[0] for row in await self.connection.fetch(_MODEL_NAMES, self.dataset, old)]
            await self.connection.execute(_RENAME_ROWS, *self._key, old, names)
            await self.connection.execute(_RENAME_VERSIONS, *self._key, old, display_name)
            await self.connection.execute(_RENAME_RUNS, *self._key, old)
        return True

    async def open_run(self, **values: Any) -> RunOpened:
        """Go on with the model's unfinished run, or begin one; values are columns of ingestion_runs."""
        columns = ("delivery_count", "ingester", "revision", "tree_oid", "total_puzzles", "dry_run")
        about = ("base_url", "source", "trigger", "auto_triggered")
        arguments = [*self._key, *(values[name] for name in (*columns, *about))]
        if row := await self.connection.fetchrow(_RESUME_RUN, *arguments):
            return RunOpened(row["id"], row["started_at"], resumed=True)
        row = await self._row(_OPEN_RUN, *arguments)
        await self.drop_staged()
        return RunOpened(row["id"], row["started_at"], resumed=False)

    async def drop_staged(self) -> None:
        """Forget what earlier deliveries fetched for this model."""
        await self.connection.execute(_DROP_STAGED, *self._key)

    async def staged(self) -> dict[str, str]:
        """Return task id -> blob oid of the files already fetched by an earlier delivery of this run."""
        rows = await self.connection.fetch(_STAGED_FILES, *self._key)
        return {row["puzzle_id"]: row["hf_blob_oid"] for row in rows}

    async def stage(self, records: Iterable[Sequence[Any]]) -> None:
        """Write rows of fetched files (in STAGED_COLUMNS order) by COPY, so that they survive this delivery."""
        await self.connection.copy_records_to_table("staged_rows", records=records, columns=STAGED_COLUMNS)

    async def want(self, files: dict[str, str]) -> None:
        """Name the files (task id -> blob oid) of the version being committed; the first step of the transaction."""
        await self.connection.execute(_WANTED, list(files), list(files.values()))

    async def write_rows(self, run_id: int, at: datetime, revision: str) -> list[str]:
        """Bring `explanations` to the wanted files; return every attempt name the model ever had."""
        names = [row[0] for row in await self.connection.fetch(_MODEL_NAMES, *self._key)]
        await self.connection.execute(_ADOPT, *self._key, timeout=HEAVY_SECONDS)
        await self.connection.execute(_UPSERT, *self._key, run_id, at, revision, timeout=HEAVY_SECONDS)
        await self.connection.execute(_UNMARK, self.dataset, names, timeout=HEAVY_SECONDS)
        await self.connection.execute(_MARK_REMOVED, self.dataset, names, at, timeout=HEAVY_SECONDS)
        return names

    async def write_errors(self, run_id: int, previous_run_id: int | None, reused: Collection[str]) -> None:
        """Note why files could not be used, and what was mended in others."""
        await self.connection.execute(_ERRORS_OF_STAGED, *self._key, run_id)
        if previous_run_id is not None and reused:
            await self.connection.execute(_ERRORS_CARRIED_ON, run_id, previous_run_id, list(reused))

    async def add_errors(self, run_id: int, errors: Iterable[tuple[str, str, str, str]]) -> None:
        """Note files that were not even fetched: (task id, kind, message, blob oid)."""
        await self.connection.executemany(_INSERT_ERROR, [(run_id, *error) for error in errors])

    async def count_failed(self, run_id: int) -> int:
        """Return how many files of a run could not be used."""
        return int(await self.connection.fetchval(_COUNT_FAILED, run_id))

    async def error_kinds(self, run_id: int) -> dict[str, int]:
        """Return how many files of a run have errors of each kind, those of mended files included."""
        return {row["kind"]: row["count"] for row in await self.connection.fetch(_ERROR_KINDS, run_id)}

    async def task_results(self, previous_version_id: int | None) -> list[TaskResult]:
        """Return the wanted files' results, fetched now or known from the previous version."""
        rows = await self.connection.fetch(_TASK_RESULTS, *self._key, previous_version_id, timeout=HEAVY_SECONDS)
        return [TaskResult(*row) for row in rows]

    async def attempt_sums(self, names: Collection[str]) -> list[AttemptSums]:
        """Return each attempt's sums over the model's current rows."""
        rows = await self.connection.fetch(_ATTEMPT_SUMS, self.dataset, list(names), timeout=HEAVY_SECONDS)
        return [AttemptSums(*row) for row in rows]

    async def write_version(self, at: datetime, values: dict[str, Any], results: Collection[TaskResult]) -> None:
        """Make the version the current one, with its task results; values are columns of submission_versions."""
        await self.connection.execute(_SUPERSEDE, *self._key, at, values["tree_oid"])
        arguments = [values[name] if name != "attempts" else json.dumps(values[name]) for name in _VERSION_COLUMNS]
        row = await self._row(_UPSERT_VERSION, *self._key, *arguments)
        await self.connection.execute(_REPLACE_TASK_RESULTS, row["id"])
        await self.connection.copy_records_to_table(
            "task_results",
            records=[(row["id"], r.puzzle_id, r.hf_blob_oid, r.pairs_total, r.pairs_solved) for r in results],
            columns=("version_id", "puzzle_id", "hf_blob_oid", "pairs_total", "pairs_solved"),
        )

    async def _row(self, statement: str, *arguments: Any) -> asyncpg.Record:
        row = await self.connection.fetchrow(statement, *arguments)
        if row is None:
            raise LookupError("a statement that always returns a row returned none")
        return row

    async def has_version(self) -> bool:
        """Tell whether the model has a current version."""
        return await self.connection.fetchrow(_CURRENT, *self._key) is not None

    async def announcement(self) -> dict[str, Any]:
        """Return the fields of `model.ingested` for the current version."""
        return dict(await self._row(_ANNOUNCEMENT, *self._key))

    async def close_run(self, run_id: int, **values: Any) -> int:
        """End a run; return its duration in ms."""
        names = ("status", "completed_at", "successful", "failed", "skipped", "total_puzzles")
        more = ("accuracy_percent", "score", "error_log")
        arguments = (values[name] for name in (*names, *more))
        return int(await self.connection.fetchval(_CLOSE_RUN, run_id, *arguments))


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
