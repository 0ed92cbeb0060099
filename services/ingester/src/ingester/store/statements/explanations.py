"""Rows of answers: staged while a run goes on, brought into `explanations` when it ends."""

from datetime import datetime
from operator import itemgetter

from ingester.submission.staged_row import Row, StagedRow
from ingester.submission.usage import Usage

_TEMPLATE_ID = "external-huggingface"

# Of `staged_rows`, in the order of a StagedRow.
STAGED_COLUMNS = ("run_id", "hf_dataset", "model", "hf_blob_oid", *Row._fields)

STAGED_FILES = """
SELECT puzzle_id, hf_blob_oid FROM staged_rows
WHERE hf_dataset = $1 AND model = $2 AND run_id = $3 AND model_name IS NULL
"""

# A dry run and another may both be waiting for their next delivery: each leaves the other's rows.
DROP_STAGED = "DELETE FROM staged_rows WHERE hf_dataset = $1 AND model = $2 AND run_id = $3"

# How many tasks a staged file for all tasks has rows of; null where it cannot be used.
STAGED_TASKS = """
SELECT num_test_pairs FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL AND puzzle_id = $3
"""

# The official harness writes the name of the model's configuration into each attempt.
TEST_IDS = """
SELECT DISTINCT left(raw->'metadata'->>'test_id', 100) AS test_id
FROM explanations, jsonb_array_elements(
    CASE jsonb_typeof(provider_raw_response) WHEN 'array' THEN provider_raw_response ELSE '[]' END) AS raw
WHERE hf_dataset = $1 AND model_name = ANY($2) AND removed_upstream_at IS NULL
    AND jsonb_typeof(raw->'metadata'->'test_id') = 'string'
ORDER BY test_id LIMIT $3
"""

# What is staged for this version: an earlier delivery may have staged blobs that the folder does not hold any more.
CREATE_WANTED = """
CREATE TEMP TABLE wanted ON COMMIT DROP AS
SELECT $1::integer AS run_id, w.* FROM unnest($2::text[], $3::text[]) AS w (puzzle_id, hf_blob_oid)
"""

# What was answered, what of it is right, and what it took: all that the existing app counts of a row.
VERDICT_COLUMNS = (
    "predicted_output_grid",
    "is_prediction_correct",
    "multiple_predicted_outputs",
    "multi_test_prediction_grids",
    "multi_test_results",
    "multi_test_all_correct",
    "multi_test_average_accuracy",
)
COUNTED_COLUMNS = (*VERDICT_COLUMNS, *Usage._fields)

# The existing app's rows carry no dataset. The newest row of each attempt at a task that is read anew is taken over,
# unless the app wrote it during a run over another dataset: the same folder name, and six tasks, are in both task sets.
# A run of the app that died has no end.
# Attempts that the file does not have are taken over, too: the app counts a null attempt_1's second attempt as the
# first.
ADOPT_ROWS = """
UPDATE explanations e SET hf_dataset = $1
FROM (
    SELECT max(u.id) AS id
    FROM explanations u
    JOIN staged_rows s ON s.puzzle_id = u.puzzle_id
    JOIN wanted w ON (w.run_id, w.puzzle_id, w.hf_blob_oid) = (s.run_id, s.puzzle_id, s.hf_blob_oid)
    WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NULL AND s.pairs_total > 0
      AND u.model_name = ANY($3) AND u.hf_dataset IS NULL AND u.prompt_template_id = 'external-huggingface'
      AND NOT EXISTS (
          SELECT FROM ingestion_runs r
          WHERE r.hf_dataset IS NULL AND r.dataset_name = $2
            AND position($1 || '/' IN r.base_url || '/') = 0
            AND u.created_at BETWEEN r.started_at AND coalesce(r.completed_at, (
                SELECT min(next.started_at) FROM ingestion_runs next
                WHERE next.hf_dataset IS NULL AND next.dataset_name = $2 AND next.started_at > r.started_at
            ), 'infinity')
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

# created_at is when this content was written: the app takes the newest row of each task and attempt. Nothing says how
# confident the model was, and without a null the app's default is 50.
UPSERT_ROWS = f"""
INSERT INTO explanations (hf_dataset, model_name, puzzle_id, prompt_template_id, solving_strategy, run_id, ingested_at,
    created_at, hf_revision, confidence, has_reasoning_log, removed_upstream_at, {", ".join(_ANSWER_COLUMNS)})
SELECT DISTINCT ON (s.model_name, s.puzzle_id)
    s.hf_dataset, s.model_name, s.puzzle_id, '{_TEMPLATE_ID}', '', $3, now(), statement_timestamp(), $4, NULL,
    s.reasoning_log IS NOT NULL, NULL, {", ".join(f"s.{column}" for column in _ANSWER_COLUMNS)}
FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NOT NULL
ON CONFLICT (hf_dataset, model_name, puzzle_id) WHERE hf_dataset IS NOT NULL DO UPDATE SET
    run_id = excluded.run_id, ingested_at = excluded.ingested_at, created_at = excluded.created_at,
    hf_revision = excluded.hf_revision, confidence = NULL, has_reasoning_log = excluded.has_reasoning_log,
    removed_upstream_at = NULL, {", ".join(f"{column} = excluded.{column}" for column in _ANSWER_COLUMNS)}
"""  # noqa: S608 - made of the constants above

# A COPY in place of a new submission's UPSERT_ROWS, with the same in every column.
_STAGED_AND_COPIED = ("run_id", "hf_dataset", "model_name", "puzzle_id", *_ANSWER_COLUMNS)
COPIED_COLUMNS = (
    *_STAGED_AND_COPIED,
    *("prompt_template_id", "solving_strategy", "confidence", "has_reasoning_log"),
    *("hf_revision", "ingested_at", "created_at"),
)
# A numeric of the existing app's, or json, is another value when it comes through double precision, or jsonb.
COPIED_TYPES = frozenset(
    (
        *("text", "character varying", "boolean", "integer", "bigint", "double precision"),
        *("jsonb", "timestamp with time zone"),
    )
)
_copied = itemgetter(*map(STAGED_COLUMNS.index, _STAGED_AND_COPIED))
_REASONING_LOG = STAGED_COLUMNS.index("reasoning_log")


def copied(row: StagedRow, revision: str, ingested_at: datetime, created_at: datetime) -> tuple[object, ...]:
    """Return an answer's row as COPY takes it."""
    return (*_copied(row), _TEMPLATE_ID, "", None, row[_REASONING_LOG] is not None, revision, ingested_at, created_at)


INSTANTS = "SELECT now() AS ingested_at, statement_timestamp() AS created_at"

# The existing app's rows are adopted, and where versions were deleted by hand, theirs are overwritten: one by one.
HAS_ROWS = f"""
SELECT EXISTS (
    SELECT FROM explanations WHERE hf_dataset = $1 AND model_name IN ($2 || '-attempt1', $2 || '-attempt2')
) OR EXISTS (
    SELECT FROM explanations
    WHERE hf_dataset IS NULL AND prompt_template_id = '{_TEMPLATE_ID}' AND starts_with(model_name, $2 || '-attempt')
)
"""  # noqa: S608 - made of a constant


def _answer(row: str) -> str:
    """Return the SQL of a row's answers; null where each of them is."""
    both = f"coalesce({row}.multiple_predicted_outputs, {row}.predicted_output_grid)"
    return rf"CASE WHEN {both}::text !~ '^(null|\[null(, null)*\])$' THEN {both} END"


# Whether an answer is new, another one, or gone. What other rules read in the same file is no other answer.
ANSWERS_CHANGE = f"""
WITH came AS (
    SELECT s.model_name, s.puzzle_id, s.hf_blob_oid, {_answer("s")} AS answer
    FROM staged_rows s JOIN wanted w USING (run_id, puzzle_id, hf_blob_oid)
    WHERE s.hf_dataset = $1 AND s.model = $2 AND s.model_name IS NOT NULL
), there AS (
    SELECT e.model_name, e.puzzle_id, e.hf_blob_oid, {_answer("e")} AS answer
    FROM explanations e WHERE e.hf_dataset = $1 AND e.model_name = ANY($3) AND e.removed_upstream_at IS NULL
)
SELECT EXISTS (
    SELECT FROM came FULL JOIN there USING (model_name, puzzle_id)
    WHERE came.answer IS DISTINCT FROM there.answer AND came.hf_blob_oid IS DISTINCT FROM there.hf_blob_oid
        AND NOT EXISTS (
            SELECT FROM wanted w
            WHERE came.model_name IS NULL AND w.puzzle_id = there.puzzle_id AND w.hf_blob_oid = there.hf_blob_oid)
)
"""  # noqa: S608 - made of the constants above

# Rows of what the current version does not hold any more, or could not use: files, and attempts within a file. Kept,
# and marked; what comes back is fetched, and its rows are written anew. The existing app does not know the mark: all
# that it counts becomes null, and provider_raw_response keeps what came.
MARK_REMOVED_ROWS = f"""
UPDATE explanations e SET removed_upstream_at = now(), {", ".join(f"{column} = NULL" for column in COUNTED_COLUMNS)}
WHERE e.hf_dataset = $1 AND e.model_name = ANY($2) AND e.removed_upstream_at IS NULL
  AND (e.puzzle_id, coalesce(e.hf_blob_oid, '')) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))
"""  # noqa: S608 - made of a constant

# One row per attempt: what it submitted, got right and cost, over the current version. An answer of null is none.
SUM_ATTEMPTS = """
SELECT model_name,
    sum(CASE WHEN has_multiple_predictions
        THEN (SELECT count(*) FROM jsonb_array_elements(multi_test_results) r
              WHERE r->'isPredictionCorrect' = 'true'::jsonb)
        ELSE is_prediction_correct::int END)::int AS pairs_correct,
    sum((predicted_output_grid IS NOT NULL)::int
        + (SELECT count(*) FROM jsonb_array_elements(multiple_predicted_outputs) a WHERE a <> 'null'::jsonb)
    )::int AS pairs_submitted,
    coalesce(array_agg(estimated_cost) FILTER (WHERE estimated_cost IS NOT NULL), '{}') AS costs,
    sum(total_tokens) AS tokens, sum(api_processing_time_ms) AS time_ms
FROM explanations
WHERE hf_dataset = $1 AND model_name = ANY($2) AND removed_upstream_at IS NULL
GROUP BY model_name
"""
