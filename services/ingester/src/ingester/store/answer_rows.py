"""Statements on rows of answers: staged while a run goes on, brought into `explanations` when it ends."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ingester.store.locked_model import HEAVY_SECONDS, LockedModel
from ingester.submission.staged_row import Row

TEMPLATE_ID = "external-huggingface"

# Of `staged_rows`: whose file it is and which, then what submission.staged_row makes of its content.
STAGED_COLUMNS = ("run_id", "hf_dataset", "model", "hf_blob_oid", *Row._fields)

_STAGED_FILES = """
SELECT puzzle_id, hf_blob_oid FROM staged_rows
WHERE hf_dataset = $1 AND model = $2 AND run_id = $3 AND model_name IS NULL
"""

# A dry run and another may both be waiting for their next delivery: each leaves the other's rows.
_DROP_STAGED = "DELETE FROM staged_rows WHERE hf_dataset = $1 AND model = $2 AND run_id = $3"

# What is staged for this version: an earlier delivery may have staged blobs that the folder does not hold any more.
_CREATE_WANTED = """
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT $1::integer AS run_id, w.* FROM unnest($2::text[], $3::text[]) AS w (puzzle_id, hf_blob_oid)
"""

# The existing app's rows carry no dataset. The newest row of each task and attempt is taken over, unless the app wrote
# it during a run over another dataset: the same folder name, and six tasks, are in both task sets.
_ADOPT_ROWS = """
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

_OTHER_COLUMNS = {"run_id", "hf_dataset", "model", "model_name", "puzzle_id", "pairs_total", "pairs_solved", "notes"}
_ANSWER_COLUMNS = tuple(column for column in STAGED_COLUMNS if column not in _OTHER_COLUMNS)

_NOT_NULL = {
    "pattern_description": "coalesce(s.pattern_description, '')",
    "created_at": "coalesce(s.created_at, now())",
}

# A file without any time got that of its first ingestion; a later one keeps it.
_UPDATED = {
    "created_at": "created_at = CASE WHEN excluded.created_at = now() THEN explanations.created_at "
    "ELSE excluded.created_at END"
}

_SELECTED = ", ".join(_NOT_NULL.get(column, f"s.{column}") for column in _ANSWER_COLUMNS)

_UPSERT = f"""
INSERT INTO explanations (hf_dataset, model_name, puzzle_id, prompt_template_id, solving_strategy, run_id, ingested_at,
    hf_revision, has_reasoning_log, removed_upstream_at, {", ".join(_ANSWER_COLUMNS)})
SELECT DISTINCT ON (s.model_name, s.puzzle_id)
    s.hf_dataset, s.model_name, s.puzzle_id, '{TEMPLATE_ID}', '', $3, now(), $4, s.reasoning_log IS NOT NULL, NULL,
    {_SELECTED}
FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NOT NULL
ON CONFLICT (hf_dataset, model_name, puzzle_id) WHERE hf_dataset IS NOT NULL DO UPDATE SET
    run_id = excluded.run_id, ingested_at = excluded.ingested_at, hf_revision = excluded.hf_revision,
    has_reasoning_log = excluded.has_reasoning_log, removed_upstream_at = NULL,
    {", ".join(_UPDATED.get(column, f"{column} = excluded.{column}") for column in _ANSWER_COLUMNS)}
"""  # noqa: S608 - made of the constants above

# Rows of what the current version does not hold any more, or could not use: files, and attempts within a file. Kept,
# and marked; what comes back is fetched, and its rows are written anew.
_MARK_REMOVED = """
UPDATE explanations e SET removed_upstream_at = now()
WHERE e.hf_dataset = $1 AND e.model_name = ANY($2) AND e.removed_upstream_at IS NULL
  AND (e.puzzle_id, coalesce(e.hf_blob_oid, '')) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))
"""

# One row per attempt: what it submitted, got right and cost, over the current version.
_ATTEMPT_SUMS = """
SELECT model_name,
    sum(CASE WHEN has_multiple_predictions
        THEN (SELECT count(*) FROM jsonb_array_elements(multi_test_results) r WHERE (r->>'correct')::boolean)
        ELSE is_prediction_correct::int END)::int AS pairs_correct,
    sum(CASE WHEN has_multiple_predictions
        THEN (SELECT count(*) FROM jsonb_array_elements(multi_test_results) r WHERE r->'predicted' <> 'null'::jsonb)
        ELSE (predicted_output_grid IS NOT NULL)::int END)::int AS pairs_submitted,
    coalesce(array_agg(estimated_cost) FILTER (WHERE estimated_cost IS NOT NULL), '{}') AS costs,
    sum(total_tokens) AS tokens, sum(api_processing_time_ms) AS time_ms
FROM explanations
WHERE hf_dataset = $1 AND model_name = ANY($2) AND removed_upstream_at IS NULL
GROUP BY model_name
"""


@dataclass(frozen=True)
class AttemptSums:
    """What one attempt adds up to over a model's current rows; sums of bigint may be beyond bigint.

    Costs in USD are those of the rows: PostgreSQL's sum of them would depend on their order.
    """

    model_name: str
    pairs_correct: int
    pairs_submitted: int
    costs: Sequence[float]
    tokens: Decimal | None
    time_ms: Decimal | None


@dataclass(frozen=True)
class RowStatements(LockedModel):
    """Staging, and the rows of the version that is committed."""

    async def drop_staged(self, run_id: int) -> None:
        """Delete what was fetched for this run."""
        await self.connection.execute(_DROP_STAGED, *self.key, run_id)

    async def staged(self, run_id: int) -> set[tuple[str, str]]:
        """Return task id and blob oid of the files already fetched by an earlier delivery of this run."""
        rows = await self.connection.fetch(_STAGED_FILES, *self.key, run_id)
        return {(row["puzzle_id"], row["hf_blob_oid"]) for row in rows}

    async def stage(self, records: Iterable[Sequence[Any]]) -> None:
        """Write rows of fetched files (in STAGED_COLUMNS order) by COPY, so that they survive this delivery."""
        await self.connection.copy_records_to_table("staged_rows", records=records, columns=STAGED_COLUMNS)

    async def create_wanted(self, run_id: int, files: dict[str, str]) -> None:
        """Name the files (task id -> blob oid) of the version being committed; the first step of the transaction."""
        await self.connection.execute(_CREATE_WANTED, run_id, list(files), list(files.values()))

    async def write_rows(self, run_id: int, revision: str) -> None:
        """Bring what was staged of the wanted files into `explanations`."""
        await self.connection.execute(_ADOPT_ROWS, *self.key, timeout=HEAVY_SECONDS)
        await self.connection.execute(_UPSERT, *self.key, run_id, revision, timeout=HEAVY_SECONDS)

    async def mark_removed(self, used: Mapping[str, str], names: Collection[str]) -> None:
        """Mark the rows of these attempts that are no answer of the current version, and no others.

        `used` holds task id -> blob oid of the files that could be used.
        """
        arguments = (self.dataset, list(names), list(used), list(used.values()))
        await self.connection.execute(_MARK_REMOVED, *arguments, timeout=HEAVY_SECONDS)

    async def attempt_sums(self, names: Collection[str]) -> list[AttemptSums]:
        """Return each attempt's sums over the model's current rows."""
        rows = await self.connection.fetch(_ATTEMPT_SUMS, self.dataset, list(names), timeout=HEAVY_SECONDS)
        return [AttemptSums(*row) for row in rows]
